"""Invoices as they travel in replies."""

import base64
from dataclasses import asdict
from typing import Any

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
from invoice.domain.totals import Line
from invoice.ports import FieldCipher


def record_of(invoice: Invoice, buyer: Party | None) -> InvoiceRecord:
    """The merchant's view."""
    payment = invoice.payment
    return InvoiceRecord(
        **_common(invoice, buyer),
        number=invoice.numbering.number if invoice.numbering else None,
        status=invoice.status,
        state=invoice.state,
        settled=payment.settled,
        refunded=payment.refunded,
        credited=payment.credited,
        draft_reason=invoice.draft_reason,
        issued_at=invoice.issued_at,
    )


def credit_note_of(note: Invoice, buyer: Party | None) -> CreditNoteRecord:
    """The merchant's view of a credit note."""
    assert note.correction is not None, "a credit note corrects an invoice"
    assert note.numbering is not None, "a credit note is issued at once"
    assert note.issued_at is not None, "a credit note is issued at once"
    return CreditNoteRecord(
        **_common(note, buyer),
        number=note.numbering.number,
        invoice_id=note.correction.invoice_id,
        invoice_number=note.correction.invoice_number,
        reason=note.correction.reason,
        origin_id=note.correction.origin_id,
        issued_at=note.issued_at,
    )


def _common(document: Invoice, buyer: Party | None) -> dict[str, Any]:
    totals, payment = document.totals, document.payment
    return {
        "id": document.id,
        "site_id": document.site_id,
        "transaction_id": payment.transaction_id,
        "checkout_id": payment.checkout_id,
        "livemode": document.livemode,
        "currency": totals.currency,
        "net": totals.net,
        "vat": totals.vat,
        "total": totals.total,
        "amount_type": totals.amount_type,
        "lines": tuple(_line(line) for line in totals.lines),
        "allowances": tuple(InvoiceAllowance(description=a.description, total=a.total) for a in totals.allowances),
        "vat_groups": tuple(VatGroup(rate=g.rate, net=g.net, vat=g.vat, gross=g.gross) for g in totals.groups),
        "buyer": buyer,
        "external_reference": document.external_reference,
        "pdf_object": document.pdf_object,
        "pdf_sha256": document.pdf_sha256,
        "created_at": document.created_at,
        **(asdict(document.dates) if document.dates else {}),
    }


def _line(line: Line) -> InvoiceLine:
    return InvoiceLine(
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=line.total,
        net=line.net,
        vat_rate=line.vat_rate,
    )


def reference_of(invoice: Invoice, cipher: FieldCipher) -> DocumentRef | None:
    """Where the PDF lies and what opens it; None until it is rendered."""
    if invoice.pdf_object is None or invoice.pdf_sha256 is None or invoice.numbering is None:
        return None
    return DocumentRef(
        object_name=invoice.pdf_object,
        file_name=file_name(invoice.numbering.number),
        sha256=invoice.pdf_sha256,
        key=base64.b64encode(cipher.open_document_key(invoice)).decode(),
    )


def file_name(number: str) -> str:
    """The number as a file name: what a file system or a header could misread becomes a dash."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in number) + ".pdf"


def document_of(invoice: Invoice, cipher: FieldCipher) -> CustomerDocument:
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
        document=reference_of(invoice, cipher),
    )
