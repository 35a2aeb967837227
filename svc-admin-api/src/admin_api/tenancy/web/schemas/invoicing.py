"""Invoicing settings of an organization."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from admin_api.shared.web.schemas.base import View
from gateway_contracts.amount_fields import Currency
from gateway_contracts.bodies import Body, ChangeBody, Part
from gateway_contracts.body_shapes import KEEPS_EMPTY
from gateway_contracts.fields import Country, Email, Line, Name, Short, TimeZone
from gateway_contracts.invoice_fields import Footer, PaymentTermDays, PaymentTerms
from gateway_contracts.limits import EXPIRY_HOURS_MAX
from gateway_contracts.numbering import (
    AFFIX_LENGTH_MAX,
    AFFIX_PATTERN,
    SEQUENCE_DIGITS_MAX,
    START_NUMBER_MAX,
    Granularity,
    LabelMode,
    PeriodType,
    ResetPolicy,
    Separator,
)
from gateway_contracts.sale_fields import Locale

Affix = Annotated[
    str,
    StringConstraints(max_length=AFFIX_LENGTH_MAX, pattern=AFFIX_PATTERN),
    KEEPS_EMPTY,
    Field(description="An empty text means none; null or not given: the default."),
]


class CompanyAddressIn(Part):
    """The seller's address."""

    street: Line | None = None
    street2: Line | None = None
    city: Line | None = None
    postal_code: Line | None = None
    state: Line | None = None
    country: Country | None = None


class PlaintextIn(Part):
    """A value that is kept encrypted."""

    plaintext: Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]


class NumberLayoutIn(Part):
    """How numbers of a series are built: prefix, period, infix, sequence, suffix."""

    prefix: Affix | None = None
    period_type: PeriodType | None = None
    period_granularity: Granularity | None = None
    fiscal_year_start_month: int | None = Field(None, ge=1, le=12)
    fiscal_year_label_mode: LabelMode | None = None
    period_separator: Separator | None = None
    infix: Affix | None = None
    sequence_digits: int | None = Field(None, ge=1, le=SEQUENCE_DIGITS_MAX)
    suffix: Affix | None = None
    reset_policy: ResetPolicy | None = None
    start_number: int | None = Field(None, ge=1, le=START_NUMBER_MAX)


_Key = Annotated[str, StringConstraints(max_length=40)]
RoutingAddress = Annotated[
    dict[_Key, Line | Annotated[dict[_Key, Line], Field(max_length=5)]],
    Field(max_length=10),
]


class EInvoiceIn(Part):
    """Settings of electronic invoices."""

    enabled: bool | None = None
    allowed_formats: list[Literal["xrechnung", "peppol", "zugferd"]] | None = Field(None, max_length=3)
    strict_validation: bool | None = None
    seller_peppol_routing_address: RoutingAddress | None = None


class InvoicingFacts(Part):
    """Settings of an organization's invoices."""

    enabled: bool | None = None
    auto_generate_invoice: bool | None = None
    company_name: Name | None = None
    company_address: CompanyAddressIn | None = None
    company_email: Email | None = None
    vat_id: Short | None = None
    tax_number: Short | None = None
    company_register: Line | None = None
    company_representatives: Line | None = None
    company_contact: Line | None = None
    company_phone: Short | None = None
    company_registration_id: Short | None = None
    vat_exemption_note: Line | None = None
    legal_time_zone: TimeZone | None = None
    bank_iban: PlaintextIn | None = Field(None, alias="bankIBAN")
    paper_format: Literal["a4", "letter"] | None = None
    e_invoice: EInvoiceIn | None = None
    invoice_number_layout: NumberLayoutIn | None = None
    credit_note_number_layout: NumberLayoutIn | None = None
    auto_payment_link_expires_in_hours: int | None = Field(None, ge=1, le=EXPIRY_HOURS_MAX)
    locale: Locale | None = Field(None, description="Language of documents where the sale names none, such as de.")
    payment_terms: PaymentTerms | None = Field(None, description="Terms of payment that open invoices are issued with.")
    payment_term_days: PaymentTermDays | None = None
    footer: Footer | None = None
    accounting_currency: Currency | None = None

    def changes(self) -> dict[str, Any]:
        """Given settings by their public names; encrypted ones as their text."""
        given = self.model_dump(by_alias=True, exclude_unset=True)
        if self.bank_iban is not None:
            given["bankIBAN"] = self.bank_iban.plaintext
        return given


class InvoicingView(View):
    """The present settings; those that are not set are null."""

    enabled: bool | None = None
    auto_generate_invoice: bool | None = None
    company_name: str | None = None
    company_address: dict[str, Any] | None = None
    company_email: str | None = None
    vat_id: str | None = None
    tax_number: str | None = None
    company_register: str | None = None
    company_representatives: str | None = None
    company_contact: str | None = None
    company_phone: str | None = None
    company_registration_id: str | None = None
    vat_exemption_note: str | None = None
    legal_time_zone: str | None = None
    legal_time_zone_in_force: str = "UTC"
    bank_iban: dict[str, Any] | None = Field(None, alias="bankIBAN")
    paper_format: str | None = None
    e_invoice: dict[str, Any] | None = None
    invoice_number_layout: dict[str, Any] | None = None
    credit_note_number_layout: dict[str, Any] | None = None
    auto_payment_link_expires_in_hours: int | None = None
    locale: str | None = Field(None, description="Language of documents where the sale names none, such as de.")
    payment_terms: str | None = Field(None, description="Terms of payment that open invoices are issued with.")
    payment_term_days: int | None = None
    footer: str | None = None
    accounting_currency: str | None = None


class InvoicingIn(InvoicingFacts, Body):
    """The complete settings of the calling key's mode."""

    SHOWN_BY = InvoicingView


class InvoicingPatch(InvoicingFacts, ChangeBody):
    """Changes of the settings. Objects are changed field by field; null for one clears all of it."""

    SHOWN_BY = InvoicingView
