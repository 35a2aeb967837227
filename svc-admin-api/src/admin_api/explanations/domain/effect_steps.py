"""Steps that follow from the events of a payment: notifications of its shop, and documents."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from admin_api.explanations.domain.payment_steps import event_id, is_published
from admin_api.explanations.domain.step import Outcome, Step
from gateway_contracts.requests.invoice import CreditNoteRecord, InvoiceRecord
from gateway_contracts.requests.ipn import Attempt, DeliveryRecord
from gateway_contracts.requests.trail import PaymentTrail
from gateway_contracts.requests.transaction import NUMERIC_STATUS

ATTEMPTS_SHOWN: Final = 10
"""Attempts of one notification; of more the latest."""
REPAIRED: Final = "notification.repaired"
"""It failed at first and is delivered now."""
_STATUS_OF: Final = {number: status for status, number in NUMERIC_STATUS.items()}
_OUTCOMES: Final[dict[str, Outcome]] = {"delivered": "done", "superseded": "done", "exhausted": "failed"}


def notification_steps(payment: PaymentTrail, deliveries: Sequence[DeliveryRecord]) -> Iterator[Step]:
    """Notifications of a payment with their attempts."""
    for delivery in deliveries:
        is_failing = delivery.state == "exhausted" or (delivery.state == "waiting" and bool(delivery.attempts))
        last = delivery.attempts[-1] if delivery.attempts else None
        step = f"notification:{delivery.id}"
        yield Step(
            step,
            "notification",
            delivery.created_at,
            _code(delivery, is_failing=is_failing),
            "svc-ipn",
            cause=_event_of(payment, delivery),
            values={
                "status": _STATUS_OF.get(delivery.ipn_status, str(delivery.ipn_status)),
                "host": urlsplit(delivery.url).hostname or "-",
                "attempts": str(len(delivery.attempts)),
                "answer": _answer(last),
                "because": delivery.reason or "superseded",
            },
            outcome="failed" if is_failing else _OUTCOMES.get(delivery.state, "waiting"),
            is_reason=is_failing,
            subject_id=delivery.id,
            duration_ms=None if last is None else _milliseconds(delivery.created_at, last),
        )
        for number, attempt in list(enumerate(delivery.attempts))[-ATTEMPTS_SHOWN:]:
            yield Step(
                f"attempt:{delivery.id}:{number}",
                "attempt",
                attempt.at,
                "attempt",
                "svc-ipn",
                cause=step,
                values={"answer": _answer(attempt), "number": str(number + 1)},
                outcome="done" if _is_receipt(attempt) else "failed",
                duration_ms=attempt.duration_ms,
            )


def document_steps(payment: PaymentTrail, documents: Sequence[InvoiceRecord | CreditNoteRecord]) -> Iterator[Step]:
    """Invoices and credit notes of a payment, and their PDFs."""
    for document in documents:
        kind = "invoice" if isinstance(document, InvoiceRecord) else "credit_note"
        is_draft = isinstance(document, InvoiceRecord) and document.status == "draft"
        reason = document.draft_reason if isinstance(document, InvoiceRecord) else None
        step = f"document:{document.id}"
        yield Step(
            step,
            "document",
            document.created_at,
            f"{kind}.draft" if is_draft else f"{kind}.issued",
            "svc-invoice",
            cause=_cause_of_document(payment, document),
            values={"number": document.number or "-", "code": reason or "-"},
            outcome="waiting" if is_draft else "done",
            is_reason=is_draft,
            subject_id=document.id,
        )
        if not is_draft:
            # The time of the rendering is not stored: what is known is that it came after the number.
            yield Step(
                f"pdf:{document.id}",
                "document",
                document.issued_at or document.created_at,
                "pdf.stored" if document.pdf_object else "pdf.waiting",
                "svc-invoice",
                cause=step,
                values={"number": document.number or "-"},
                outcome="done" if document.pdf_object else "waiting",
                subject_id=document.id,
            )


def _code(delivery: DeliveryRecord, *, is_failing: bool) -> str:
    if delivery.state == "waiting" and is_failing:
        return "notification.failing"
    if delivery.state == "delivered" and any(not _is_receipt(attempt) for attempt in delivery.attempts):
        return REPAIRED
    return f"notification.{delivery.state}"


def _is_receipt(attempt: Attempt) -> bool:
    return attempt.http_status is not None and 200 <= attempt.http_status < 300


def _answer(attempt: Attempt | None) -> str:
    """The answer: a status, or the word for why there is none."""
    if attempt is None:
        return "no_attempt"
    return f"HTTP {attempt.http_status}" if attempt.http_status is not None else attempt.error or "no_answer"


def _milliseconds(since: datetime, last: Attempt) -> int:
    return max(0, (last.at - since) // timedelta(milliseconds=1)) + last.duration_ms


def _event_of(payment: PaymentTrail, delivery: DeliveryRecord) -> str:
    """The event that it reports: the latest one of its state before it, in the same request or webhook if that is
    known. An id that no step has where the change is not stored any more."""
    status = _STATUS_OF.get(delivery.ipn_status)
    found = [
        number
        for number, entry in enumerate(payment.changes)
        if is_published(entry) and entry.to_status == status and entry.at <= delivery.created_at
    ]
    same = [number for number in found if payment.changes[number].correlation_id == delivery.correlation_id]
    if status == "chargeback" and payment.disputes:
        return f"dispute:{payment.disputes[-1].id}"
    chosen = same or found
    return event_id(payment.id, chosen[-1]) if chosen else f"event:{payment.id}:status-{delivery.ipn_status}"


def _cause_of_document(payment: PaymentTrail, document: InvoiceRecord | CreditNoteRecord) -> str:
    if isinstance(document, CreditNoteRecord):
        return f"{document.reason}:{document.origin_id}"
    paid = [number for number, entry in enumerate(payment.changes) if is_published(entry)]
    paid = [number for number in paid if payment.changes[number].to_status == "succeeded"]
    return event_id(payment.id, paid[0]) if paid else f"event:{payment.id}:succeeded"
