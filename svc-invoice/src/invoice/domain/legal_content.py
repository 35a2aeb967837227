"""Content of a document that may never change unseen: its hash stands in the register, once for the issue and once for
each correction."""

from dataclasses import asdict
from typing import Any

from invoice.domain.draft import Terms, known
from invoice.domain.invoice import Invoice
from invoice.domain.register import RegisterRow, sha256_of


def legal_content(document: Invoice, corrections: int = 0) -> dict[str, Any]:
    """Content as of the issue, or after so many corrections of its texts (ADR 0073)."""
    assert document.numbering is not None, "only issued documents have legal content"
    stated = _stated(document.as_corrected(corrections))
    if corrections:
        entry = document.corrections[corrections - 1]
        stated["correction"] = {
            "times": corrections,
            "at": entry.at,
            "by": entry.by,
            "reason": entry.reason.digest,
        }
    return stated


def _stated(document: Invoice) -> dict[str, Any]:
    assert document.numbering is not None, "only issued documents have legal content"
    totals, payment = document.totals, document.payment
    return _later_content(document) | {
        "id": document.id,
        "organization": document.organization_id,
        "livemode": document.livemode,
        "kind": document.kind,
        "number": document.numbering.number,
        "issuedAt": document.issued_at,
        "transaction": payment.transaction_id if payment else None,
        "paidAt": payment.paid_at if payment else None,
        "reference": document.external_reference,
        "buyer": document.buyer.digest if document.buyer else None,
        "seller": document.seller.digest if document.seller else None,
        "amountType": totals.amount_type,
        "currency": totals.currency,
        "lines": [line.legal_content() for line in totals.lines],
        "allowances": [allowance.legal_content() for allowance in totals.allowances],
        "groups": [group.legal_content() for group in totals.groups],
    }


def _later_content(document: Invoice) -> dict[str, Any]:
    """Content that earlier versions did not store; present only where it is known, so that hashes stay."""
    payment = document.payment
    parts = {"corrects": document.correction, "dates": document.dates, "method": payment.method if payment else None}
    content: dict[str, Any] = {
        name: {field: value for field, value in asdict(part).items() if value is not None}
        for name, part in parts.items()
        if part is not None
    }
    if document.vat_notes:
        content["vatNotes"] = list(document.vat_notes)
    if document.order is not None:
        content["order"] = known(document.order)
    if document.terms != Terms():
        content["terms"] = known(document.terms)
    if document.accounting is not None:
        content["accounting"] = asdict(document.accounting)
    if document.ship_to is not None:
        content["shipTo"] = document.ship_to.digest
    further = [[one.transaction_id, one.paid_at] for one in document.settlements if one.at_issue][1:]
    return content | ({"furtherPayments": further} if further else {})


def register_row(document: Invoice, position: int, previous: str, corrections: int | None = None) -> RegisterRow:
    """The document's row behind the one that ``previous`` seals; with ``corrections`` that of so many corrections."""
    assert document.numbering is not None, "only issued documents stand in the register"
    assert document.issued_at is not None, "only issued documents stand in the register"
    totals = document.totals
    return RegisterRow(
        id=f"{document.register}:{position}",
        register=document.register,
        position=position,
        document_id=document.id,
        **vars(document.numbering),
        currency=totals.currency,
        net=totals.net,
        vat=totals.vat,
        total=totals.total,
        issued_at=document.issued_at,
        document_hash=sha256_of(legal_content(document, corrections or 0)),
        previous=previous,
        issued_on=document.dates.issued_on if document.dates else None,
        time_zone=document.dates.time_zone if document.dates else None,
        correction=corrections,
    ).sealed()
