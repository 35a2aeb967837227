"""Events about invoices and credit notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from gateway_contracts.envelope import EventData
from gateway_contracts.events.credit_note import CreditNoteIssuedV2, CreditNoteRenderedV2
from gateway_contracts.events.invoice import (
    CreditNoteIssuedV1,
    CreditNoteRenderedV1,
    InvoiceCorrectedV1,
    InvoiceDraftedV1,
    InvoiceIssuedV1,
    InvoiceRenderedV1,
    InvoiceSettledV1,
    InvoiceVoidedV1,
)
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice
from invoice.domain.settlement import Settlement

OF_VERSION_1: Final = ("refund", "dispute")
"""Reasons that the first version of the events of credit notes knows."""


def emit_drafted(tx: Tx, draft: Invoice) -> None:
    """It cannot be issued until its merchant completes it."""
    assert draft.draft_reason is not None, "a draft has a reason"
    at = draft.created_at if draft.version == 1 else tx.now
    _emit(tx, draft, InvoiceDraftedV1(**_facts(draft, at=at), reason=draft.draft_reason))


def emit_issued(tx: Tx, document: Invoice) -> None:
    """It has its number; lines and totals are final."""
    assert document.issued_at is not None, "only issued documents have this event"
    facts = _facts(document, at=document.issued_at)
    if document.correction is None:
        _emit(tx, document, InvoiceIssuedV1(**facts))
        return
    if document.correction.reason in OF_VERSION_1:
        _emit(tx, document, CreditNoteIssuedV1(**facts))
    _emit(tx, document, CreditNoteIssuedV2(**facts))


def emit_rendered(tx: Tx, document: Invoice) -> None:
    """Its PDF is in the document store."""
    facts = _facts(document, at=tx.now) | {"object_name": document.pdf_object, "sha256": document.pdf_sha256}
    if document.correction is None:
        _emit(tx, document, InvoiceRenderedV1(**facts))
        return
    if document.correction.reason in OF_VERSION_1:
        _emit(tx, document, CreditNoteRenderedV1(**facts))
    _emit(tx, document, CreditNoteRenderedV2(**facts))


def emit_settled(tx: Tx, invoice: Invoice, settlement: Settlement) -> None:
    """A payment of it came."""
    balance = invoice.balance
    facts = _facts(invoice, at=settlement.paid_at) | {
        "transaction_id": settlement.transaction_id,
        "checkout_id": settlement.checkout_id,
        "amount": settlement.settled,
        "settled": balance.settled,
        "outstanding": balance.outstanding,
        "state": invoice.state,
    }
    _emit(tx, invoice, InvoiceSettledV1(**facts))


def emit_voided(tx: Tx, invoice: Invoice, note: Invoice) -> None:
    """It was reversed by the credit note."""
    assert note.numbering is not None, "a credit note is issued at once"
    facts = _facts(invoice, at=tx.now) | {"credit_note_id": note.id, "credit_note_number": note.numbering.number}
    _emit(tx, invoice, InvoiceVoidedV1(**facts))


def emit_corrected(tx: Tx, invoice: Invoice, fields: Sequence[str]) -> None:
    """It says something else beside its amounts."""
    facts = _facts(invoice, at=tx.now) | {"fields": tuple(fields), "times": len(invoice.corrections)}
    _emit(tx, invoice, InvoiceCorrectedV1(**facts))


def _emit(tx: Tx, document: Invoice, event: EventData) -> None:
    tx.emit(
        event,
        organization_id=document.organization_id,
        livemode=document.livemode,
        entity_id=document.id,
        sequence=document.version,
    )


def _facts(document: Invoice, *, at: datetime) -> dict[str, Any]:
    payment = document.payment
    number = {"number": document.numbering.number} if document.numbering else {}
    return _names(document) | {
        **number,
        "site_id": document.site_id,
        "transaction_id": payment.transaction_id if payment else "",
        "checkout_id": payment.checkout_id if payment else "",
        "currency": document.totals.currency,
        "total": document.totals.total,
        "occurred_at": at,
    }


def _names(document: Invoice) -> dict[str, Any]:
    correction = document.correction
    if correction is None:
        return {"invoice_id": document.id}
    return {
        "credit_note_id": document.id,
        "invoice_id": correction.invoice_id,
        "invoice_number": correction.invoice_number,
        "reason": correction.reason,
        "origin_id": correction.origin_id,
    }
