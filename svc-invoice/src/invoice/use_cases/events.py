"""Events about invoices and credit notes."""

from datetime import datetime
from typing import Any

from gateway_contracts.envelope import EventData
from gateway_contracts.events.invoice import (
    CreditNoteIssuedV1,
    CreditNoteRenderedV1,
    InvoiceDraftedV1,
    InvoiceIssuedV1,
    InvoiceRenderedV1,
)
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice


def emit_drafted(tx: Tx, draft: Invoice) -> None:
    """It cannot be issued until its merchant completes it."""
    assert draft.draft_reason is not None, "a draft has a reason"
    _emit(tx, draft, InvoiceDraftedV1(**_facts(draft, at=draft.created_at), reason=draft.draft_reason))


def emit_issued(tx: Tx, document: Invoice) -> None:
    """It has its number; lines and totals are final."""
    assert document.issued_at is not None, "only issued documents have this event"
    kind = InvoiceIssuedV1 if document.correction is None else CreditNoteIssuedV1
    _emit(tx, document, kind(**_facts(document, at=document.issued_at)))


def emit_rendered(tx: Tx, document: Invoice) -> None:
    """Its PDF is in the document store."""
    kind = InvoiceRenderedV1 if document.correction is None else CreditNoteRenderedV1
    facts = _facts(document, at=tx.now) | {"object_name": document.pdf_object, "sha256": document.pdf_sha256}
    _emit(tx, document, kind(**facts))


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
