"""Invoices as they travel in replies."""

import base64
from dataclasses import asdict
from typing import Any

from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.invoice import (
    CreditNoteRecord,
    CustomerDocument,
    DocumentRef,
    InvoiceRecord,
)
from invoice.domain.invoice import Invoice
from invoice.field_cipher import FieldCipher


def record_of(invoice: Invoice, buyer: Party | None) -> InvoiceRecord:
    """The merchant's view."""
    number = invoice.numbering.number if invoice.numbering else None
    facts = _facts(invoice) | {"state": invoice.state, "number": number, "buyer": buyer}
    return InvoiceRecord.model_validate(facts, from_attributes=True)


def credit_note_of(note: Invoice, buyer: Party | None) -> CreditNoteRecord:
    """The merchant's view of a credit note."""
    assert note.correction is not None, "a credit note corrects an invoice"
    assert note.numbering is not None, "a credit note is issued at once"
    assert note.issued_at is not None, "a credit note is issued at once"
    facts = _facts(note) | vars(note.correction) | {"number": note.numbering.number, "buyer": buyer}
    return CreditNoteRecord.model_validate(facts, from_attributes=True)


def _facts(document: Invoice) -> dict[str, Any]:
    """Fields of the records; amounts are those of the totals."""
    totals = document.totals
    return {
        **vars(document),
        **vars(document.payment),
        **vars(totals),
        "net": totals.net,
        "vat": totals.vat,
        "total": totals.total,
        "vat_groups": totals.groups,
        **(asdict(document.dates) if document.dates else {}),
    }


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
