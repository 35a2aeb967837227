"""Invoices as they travel in replies."""

import base64

from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.invoice import (
    CreditNoteRecord,
    CustomerDocument,
    DocumentRef,
    InvoiceAllowance,
    InvoiceLine,
    InvoiceRecord,
    VatGroup,
)
from invoice.domain.invoice import Invoice
from invoice.domain.totals import Totals
from invoice.ports import PartyVault


def record_of(invoice: Invoice, buyer: Party | None) -> InvoiceRecord:
    """The merchant's view."""
    totals, payment = invoice.totals, invoice.payment
    return InvoiceRecord(
        id=invoice.id,
        number=invoice.numbering.number if invoice.numbering else None,
        status=invoice.status,
        state=invoice.state,
        site_id=invoice.site_id,
        transaction_id=payment.transaction_id,
        checkout_id=payment.checkout_id,
        livemode=invoice.livemode,
        currency=totals.currency,
        net=totals.net,
        vat=totals.vat,
        total=totals.total,
        settled=payment.settled,
        refunded=payment.refunded,
        credited=payment.credited,
        amount_type=totals.amount_type,
        lines=_lines(totals),
        allowances=_allowances(totals),
        vat_groups=_vat_groups(totals),
        buyer=buyer,
        external_reference=invoice.external_reference,
        draft_reason=invoice.draft_reason,
        pdf_object=invoice.pdf_object,
        pdf_sha256=invoice.pdf_sha256,
        issued_at=invoice.issued_at,
        created_at=invoice.created_at,
    )


def credit_note_of(note: Invoice, buyer: Party | None) -> CreditNoteRecord:
    """The merchant's view of a credit note."""
    assert note.correction is not None, "a credit note corrects an invoice"
    assert note.numbering is not None, "a credit note is issued at once"
    assert note.issued_at is not None, "a credit note is issued at once"
    totals, correction = note.totals, note.correction
    return CreditNoteRecord(
        id=note.id,
        number=note.numbering.number,
        invoice_id=correction.invoice_id,
        invoice_number=correction.invoice_number,
        reason=correction.reason,
        origin_id=correction.origin_id,
        site_id=note.site_id,
        transaction_id=note.payment.transaction_id,
        checkout_id=note.payment.checkout_id,
        livemode=note.livemode,
        currency=totals.currency,
        net=totals.net,
        vat=totals.vat,
        total=totals.total,
        amount_type=totals.amount_type,
        lines=_lines(totals),
        allowances=_allowances(totals),
        vat_groups=_vat_groups(totals),
        buyer=buyer,
        external_reference=note.external_reference,
        pdf_object=note.pdf_object,
        pdf_sha256=note.pdf_sha256,
        issued_at=note.issued_at,
        created_at=note.created_at,
    )


def _lines(totals: Totals) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            total=line.total,
            net=line.net,
            vat_rate=line.vat_rate,
        )
        for line in totals.lines
    )


def _allowances(totals: Totals) -> tuple[InvoiceAllowance, ...]:
    return tuple(InvoiceAllowance(description=a.description, total=a.total) for a in totals.allowances)


def _vat_groups(totals: Totals) -> tuple[VatGroup, ...]:
    return tuple(VatGroup(rate=g.rate, net=g.net, vat=g.vat, gross=g.gross) for g in totals.groups)


def reference_of(invoice: Invoice, vault: PartyVault) -> DocumentRef | None:
    """Where the PDF lies and what opens it; None until it is rendered."""
    if invoice.pdf_object is None or invoice.pdf_sha256 is None or invoice.numbering is None:
        return None
    return DocumentRef(
        object_name=invoice.pdf_object,
        file_name=file_name(invoice.numbering.number),
        sha256=invoice.pdf_sha256,
        key=base64.b64encode(vault.open_document_key(invoice)).decode(),
    )


def file_name(number: str) -> str:
    """The number as a file name: what a file system or a header could misread becomes a dash."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in number) + ".pdf"


def document_of(invoice: Invoice, vault: PartyVault) -> CustomerDocument:
    """The customer's view of an issued invoice."""
    assert invoice.numbering is not None, "drafts are not shown to customers"
    assert invoice.issued_at is not None, "drafts are not shown to customers"
    return CustomerDocument(
        id=invoice.id,
        number=invoice.numbering.number,
        kind=invoice.kind,
        total=invoice.totals.total,
        currency=invoice.totals.currency,
        issued_at=invoice.issued_at,
        document=reference_of(invoice, vault),
    )
