"""Settings that the seller's side of electronic invoices lacks."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.invoice_settings import EInvoiceReadiness, FormatReadiness, MissingSetting
from invoice.domain.content import DocumentContent, PaymentFacts
from invoice.domain.example import EXAMPLE_DAY, example_of
from invoice.domain.seller import seller_from_settings
from invoice.einvoice.formats import PROFILES, EInvoiceFormat
from invoice.einvoice.readiness import missing_for
from invoice.einvoice.settings import EInvoiceSettings, e_invoice_settings
from invoice.errors import SettingsUnavailable
from invoice.ports import Organizations, OrganizationSettings
from invoice.use_cases.document_content import seller_party


def check_readiness(*, scope: Scope, organizations: Organizations) -> EInvoiceReadiness:
    """By the rules of every document, over an example that lacks nothing but what the settings do not say.

    Raises:
        SettingsUnavailable: the organization is not known yet.
    """
    organization = organizations.settings(scope.organization_id, livemode=scope.mode)
    if organization is None:
        raise SettingsUnavailable
    settings, content = e_invoice_settings(organization.invoicing), _example(organization)
    formats = tuple(_readiness(format_, content, settings) for format_ in PROFILES)
    return EInvoiceReadiness(enabled=settings.enabled, strict=settings.strict, formats=formats)


def _readiness(format_: EInvoiceFormat, content: DocumentContent, settings: EInvoiceSettings) -> FormatReadiness:
    missing = tuple(
        MissingSetting(code=one.code, field=one.field, sentence=one.sentence)
        for one in missing_for(content, format_, strict=settings.strict)
    )
    is_allowed = settings.enabled and format_ in settings.formats
    return FormatReadiness(format=format_, allowed=is_allowed, ready=not missing, missing=missing)


def _example(organization: OrganizationSettings) -> DocumentContent:
    invoicing = organization.invoicing
    seller = seller_from_settings(organization.name, organization.country, invoicing)
    terms, days = invoicing.get("paymentTerms"), invoicing.get("paymentTermDays")
    payment = PaymentFacts(iban=seller.iban, terms=terms, due_on=None if days is None else EXAMPLE_DAY)
    return example_of(seller_party(seller), payment)
