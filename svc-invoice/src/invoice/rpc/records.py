"""Invoices as they travel in replies."""

import base64

from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.invoice import (
    CustomerDocument,
    DocumentRef,
    InvoiceAllowance,
    InvoiceLine,
    InvoiceRecord,
    VatGroup,
)
from invoice.domain.invoice import Invoice
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
        amount_type=totals.amount_type,
        lines=tuple(
            InvoiceLine(
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total=line.total,
                net=line.net,
                vat_rate=line.vat_rate,
            )
            for line in totals.lines
        ),
        allowances=tuple(InvoiceAllowance(description=a.description, total=a.total) for a in totals.allowances),
        vat_groups=tuple(VatGroup(rate=g.rate, net=g.net, vat=g.vat, gross=g.gross) for g in totals.groups),
        buyer=buyer,
        external_reference=invoice.external_reference,
        draft_reason=invoice.draft_reason,
        pdf_object=invoice.pdf_object,
        pdf_sha256=invoice.pdf_sha256,
        issued_at=invoice.issued_at,
        created_at=invoice.created_at,
    )


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
