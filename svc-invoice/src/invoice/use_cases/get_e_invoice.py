"""The electronic form of an invoice or credit note: its XML, or the PDF that carries it."""

import hashlib
from dataclasses import dataclass

from gateway_contracts.aggregates import Scope
from invoice.domain.content import DocumentContent
from invoice.domain.invoice import Invoice, Kind
from invoice.domain.seller import seller_from_settings
from invoice.einvoice.formats import EInvoiceFormat
from invoice.einvoice.readiness import missing_for
from invoice.einvoice.settings import EInvoiceSettings, e_invoice_settings
from invoice.errors import (
    DocumentNotRendered,
    EInvoiceDisabled,
    EInvoiceFormatNotAllowed,
    EInvoiceNotReady,
    InvoiceNotIssued,
    SettingsUnavailable,
)
from invoice.field_cipher import FieldCipher
from invoice.ports import Documents, Organizations, OrganizationSettings, Stores, XmlWriter
from invoice.use_cases.document_content import content_of
from invoice.use_cases.get_invoice import get_invoice
from invoice.use_cases.get_invoice_pdf import Shelf, get_invoice_pdf


@dataclass(frozen=True)
class EInvoice:
    """Where the electronic form of an issued document lies."""

    invoice: Invoice
    object_name: str
    sha256: str


async def get_e_invoice(
    document_id: str,
    format_: EInvoiceFormat,
    *,
    kind: Kind,
    scope: Scope,
    organizations: Organizations,
    cipher: FieldCipher,
    xml: XmlWriter,
    documents: Documents,
    stores: Stores,
    shelf: Shelf,
) -> EInvoice:
    """
    Raises:
        InvoiceNotFound: none of this kind with this id in the caller's scope.
        EInvoiceDisabled, EInvoiceFormatNotAllowed: by the organization's settings.
        InvoiceNotIssued: it is a draft.
        EInvoiceNotReady: something is missing; all of it is named.
        EInvoiceFailed: the writer gave none.
        DocumentNotRendered, DocumentSetAside: its PDF is being made, or could not be.
    """
    invoice = await get_invoice(document_id, scope=scope, invoices=stores.invoices, kind=kind)
    organization = organizations.settings(invoice.organization_id, livemode=invoice.livemode)
    if organization is None:
        raise SettingsUnavailable
    settings = _allowed(organization, format_)
    if invoice.status == "draft":
        raise InvoiceNotIssued(invoice.draft_reason)
    content = _content(invoice, organization, cipher, format_)
    if missing := missing_for(content, format_, strict=settings.strict):
        raise EInvoiceNotReady(missing, format_)
    if format_ == "zugferd":
        return await _pdf(invoice, scope=scope, stores=stores, shelf=shelf)
    written = await xml.write(content, format_)
    sha256 = hashlib.sha256(written).hexdigest()
    name = invoice.xml_name(format_, sha256)
    if not await documents.has(name):
        await documents.put(name, written, cipher.open_document_key(invoice))
    return EInvoice(invoice, name, sha256)


def _allowed(organization: OrganizationSettings, format_: EInvoiceFormat) -> EInvoiceSettings:
    settings = e_invoice_settings(organization.invoicing)
    if not settings.enabled:
        raise EInvoiceDisabled
    if format_ not in settings.formats:
        raise EInvoiceFormatNotAllowed(format_)
    return settings


def _content(
    invoice: Invoice, organization: OrganizationSettings, cipher: FieldCipher, format_: EInvoiceFormat
) -> DocumentContent:
    """The content of the document. In its PDF the seller stays as it was printed; an XML of its own has the contact
    and the address in Peppol that the settings name now: they may have been completed since."""
    seller = cipher.open_seller(invoice)
    if format_ != "zugferd":
        present = seller_from_settings(organization.name, organization.country, organization.invoicing)
        seller = seller.reachable_as(present)
    return content_of(invoice, seller, cipher.open_buyer(invoice), cipher.open_ship_to(invoice))


async def _pdf(invoice: Invoice, *, scope: Scope, stores: Stores, shelf: Shelf) -> EInvoice:
    """The PDF with its XML; one from before there was any is made again."""
    if invoice.pdf_object is not None and not invoice.pdf_has_xml:
        await shelf.remake(invoice)
        raise DocumentNotRendered
    found = await get_invoice_pdf(invoice.id, scope=scope, invoices=stores.invoices, shelf=shelf, kind=invoice.kind)
    assert found.pdf_object is not None, "rendered documents have an object"
    assert found.pdf_sha256 is not None, "rendered documents have a hash"
    return EInvoice(found, found.pdf_object, found.pdf_sha256)
