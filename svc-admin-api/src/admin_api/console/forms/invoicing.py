"""Invoicing settings of the organization."""

import asyncio
from typing import Any, Final, get_args

from admin_api.console.forms.document_templates import LANGUAGES
from admin_api.console.forms.fields import Field, Row
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.readiness_words import sentence_of
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from gateway_contracts import languages
from gateway_contracts.limits import FOOTER_CHARACTERS_MAX
from gateway_contracts.numbering import (
    AFFIX_LENGTH_MAX,
    DEFAULT_CREDIT_NOTE_LAYOUT,
    DEFAULT_INVOICE_LAYOUT,
    Granularity,
    LabelMode,
    NumberLayout,
    PeriodType,
    ResetPolicy,
    Separator,
)
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX

_INVOICING: Final = "/organizations/{organization_id}/settings/invoicing"
NEXT_NUMBER: Final = "/organizations/settings/invoicing/next-number"
_READINESS: Final = "/organizations/settings/invoicing/e-invoice-readiness"
FORMATS: Final = {"xrechnung": "XRechnung", "peppol": "Peppol", "zugferd": "ZUGFeRD"}
"""Forms of electronic invoices by their names in the API."""
NUMBERS: Final = {
    "invoice-numbers": ("invoice", "invoiceNumberLayout"),
    "credit-note-numbers": ("credit_note", "creditNoteNumberLayout"),
}
"""Forms of layouts: the kind of document, and the setting."""
_EMPTY_NONE: Final = N_("Empty: none.")
_WORDS: Final = {
    "none": N_("None"),
    "calendar": N_("Calendar year"),
    "fiscal": N_("Fiscal year"),
    "year": N_("Year"),
    "year_month": N_("Year and month"),
    "year_month_day": N_("Year, month and day"),
    "start_year": N_("The year it begins in"),
    "end_year": N_("The year it ends in"),
    "dash": N_("Dash"),
    "never": N_("Never"),
    "calendar_year": N_("Every calendar year"),
    "fiscal_year": N_("Every fiscal year"),
}


def _optional(name: str, title: str, *, hint: str = "", group: str = "") -> Field:
    return Field(name, title, is_required=False, hint=hint, group=group)


def _layout(name: str, default: NumberLayout) -> tuple[Field, ...]:
    """The parts of numbers, with those of the default where none is set."""

    def affix(part: str, title: str, start: str) -> Field:
        limit = AFFIX_LENGTH_MAX
        return Field(f"{name}.{part}", title, hint=_EMPTY_NONE, length_max=limit, start=start, keeps_empty=True)

    def choice(part: str, title: str, kind: object, start: str) -> Field:
        return Field(f"{name}.{part}", title, "choice", get_args(kind), words=_WORDS, start=start)

    def number(part: str, title: str, start: int, hint: str = "") -> Field:
        return Field(f"{name}.{part}", title, "number", hint=hint, start=str(start))

    return (
        affix("prefix", N_("Prefix"), default.prefix),
        choice("periodType", N_("Period"), PeriodType, default.period_type),
        choice("periodGranularity", N_("Precision of the period"), Granularity, default.period_granularity),
        choice("periodSeparator", N_("Sign between the parts of the period"), Separator, default.period_separator),
        number("fiscalYearStartMonth", N_("First month of the fiscal year"), default.fiscal_year_start_month),
        choice("fiscalYearLabelMode", N_("Name of the fiscal year"), LabelMode, default.fiscal_year_label_mode),
        affix("infix", N_("Text before the number"), default.infix),
        number("sequenceDigits", N_("Digits of the number"), default.sequence_digits),
        affix("suffix", N_("Suffix"), default.suffix),
        choice("resetPolicy", N_("Count begins again"), ResetPolicy, default.reset_policy),
        number("startNumber", N_("First number"), default.start_number),
    )


_GENERAL: Final = (
    Field("enabled", N_("Invoices are switched on"), "flag", is_required=False, start="on"),
    Field(
        "autoGenerateInvoice",
        N_("Issue an invoice for every successful payment"),
        "flag",
        is_required=False,
        start="on",
    ),
    Field(
        "locale",
        N_("Language of documents"),
        "choice",
        languages.LANGUAGES,
        is_required=False,
        words=LANGUAGES,
        hint=N_("Where the sale names none."),
        group=N_("Documents"),
    ),
    Field(
        "paperFormat",
        N_("Paper"),
        "choice",
        ("a4", "letter"),
        is_required=False,
        words={"a4": "A4", "letter": "Letter"},
        hint=N_("If nothing is chosen: as is usual in the seller's country."),
    ),
    Field(
        "paymentTerms",
        N_("Terms of payment"),
        "long",
        is_required=False,
        hint=N_("Of open invoices."),
        length_max=500,
    ),
    Field("paymentTermDays", N_("Days until an invoice is due"), "number", is_required=False),
    Field(
        "footer",
        N_("Text at the end of each page"),
        "long",
        is_required=False,
        length_max=FOOTER_CHARACTERS_MAX,
    ),
    Field(
        "accountingCurrency",
        N_("Accounting currency"),
        is_required=False,
        hint=N_("Such as PLN. VAT of invoices in other currencies is stated in it as well."),
        length_max=3,
    ),
    _optional("legalTimeZone", N_("Legal time zone"), hint=N_("Such as Europe/Berlin. Empty: that of the country.")),
    Field(
        "autoPaymentLinkExpiresInHours",
        N_("Hours that payment links of invoices are valid"),
        "number",
        is_required=False,
        hint=N_("Empty: the default, 336."),
    ),
)
_COMPANY: Final = (
    _optional("companyName", N_("Company")),
    _optional("companyAddress.street", N_("Street"), group=N_("Address")),
    _optional("companyAddress.street2", N_("Street, second line")),
    _optional("companyAddress.postalCode", N_("Postal code")),
    _optional("companyAddress.city", N_("City")),
    _optional("companyAddress.state", N_("State or province")),
    _optional("companyAddress.country", N_("Country"), hint=N_("Two letters, such as DE.")),
    Field(
        "companyEmail",
        N_("E-mail"),
        "email",
        is_required=False,
        length_max=EMAIL_CHARACTERS_MAX,
        group=N_("Legal details"),
    ),
    _optional("vatId", N_("VAT id")),
    _optional("taxNumber", N_("Tax number")),
    _optional("companyRegister", N_("Commercial register")),
    _optional("companyRepresentatives", N_("Representatives")),
    _optional("companyContact", N_("Contact for invoices"), hint=N_("A person or department; stored encrypted.")),
    _optional("companyPhone", N_("Phone number of the contact"), hint=N_("Stored encrypted.")),
    _optional("companyRegistrationId", N_("Registration number"), hint=N_("Such as HRB 12345.")),
    _optional("vatExemptionNote", N_("Note about a VAT exemption")),
    _optional("bankIBAN.plaintext", N_("IBAN"), hint=N_("Stored encrypted.")),
)
_E_INVOICE: Final = (
    Field("eInvoice.enabled", N_("Electronic invoices are switched on"), "flag", is_required=False),
    Field(
        "eInvoice.allowedFormats",
        N_("Formats"),
        "choices",
        tuple(FORMATS),
        is_required=False,
        words=FORMATS,
    ),
    Field("eInvoice.strictValidation", N_("Strict validation"), "flag", is_required=False),
    _optional("eInvoice.sellerPeppolRoutingAddress.schemeId", N_("Peppol scheme"), hint=N_("Such as 9930.")),
    _optional("eInvoice.sellerPeppolRoutingAddress.value", N_("Peppol address")),
)


def _form(slug: str, title: str, fields: tuple[Field, ...], warning: str = "") -> Form:
    return Form(slug, title, _INVOICING, warning, fields, verb="PATCH")


async def _state(_: Row, visitor: Visitor) -> dict[str, Any]:
    """Numbers to come, and what electronic invoices lack. Settings are shown also while their owner does not answer."""
    asked = [NEXT_NUMBER + f"?kind={kind}" for kind, _ in NUMBERS.values()]
    answers = await asyncio.gather(*(visitor.api.ask("GET", path) for path in (*asked, _READINESS)))
    *numbers, readiness = [answer.data if answer.is_ok else None for answer in answers]
    return {
        "numbers": list(zip(NUMBERS, (kind for kind, _ in NUMBERS.values()), numbers, strict=True)),
        "readiness": readiness,
        "format_words": FORMATS,
        "place_of_field": place_of_field,
        "sentence_of": sentence_of,
    }


def place_of_field(name: str) -> str:
    """The address of a setting's input, in its open form."""
    for form in INVOICING.forms:
        for field in form.fields:
            if field.name == name or field.name.startswith(f"{name}."):
                return f"/settings/invoicing?open={form.slug}#{form.slug}-{field.name}"
    return "/settings/invoicing"


_NUMBERS: Final = N_(
    "A number is prefix, period, text, number and suffix, such as INV-2026-00001. It applies to documents to come."
)

INVOICING: Final = ObjectPage(
    "invoicing",
    N_("Invoicing"),
    _INVOICING,
    facts=(
        Column("companyName", N_("Company")),
        Column("legalTimeZoneInForce", N_("Legal time zone in force")),
    ),
    forms=(
        _form("general", N_("Change invoicing"), _GENERAL),
        _form("company", N_("Change the legal details"), _COMPANY, N_("They stand on invoices and credit notes.")),
        _form(
            "invoice-numbers",
            N_("Change the numbers of invoices"),
            _layout("invoiceNumberLayout", DEFAULT_INVOICE_LAYOUT),
            _NUMBERS,
        ),
        _form(
            "credit-note-numbers",
            N_("Change the numbers of credit notes"),
            _layout("creditNoteNumberLayout", DEFAULT_CREDIT_NOTE_LAYOUT),
            _NUMBERS,
        ),
        _form("e-invoices", N_("Change electronic invoices"), _E_INVOICE),
    ),
    template="invoicing.html",
    load=_state,
)
