"""An order whose payment failed in three ways, as the owners of its parts answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_contracts.errors import NotFound
from gateway_contracts.requests import invoice, ipn, trail, transaction
from gateway_contracts.requests.invoice import CreditNotePage, InvoicePage
from gateway_contracts.requests.ipn import Attempt, DeliveryPage, DeliveryRecord
from gateway_contracts.requests.trail import CallTrail, OrderTrail, PaymentTrail
from gateway_contracts.requests.transaction import Failure, TimelineEntry, TransactionPage

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ORDER = "65f0c0ffee65f0c0ffee6500"
REFUSED, DECLINED = "65f0c0ffee65f0c0ffee6501", "65f0c0ffee65f0c0ffee6502"
FIRST_REQUEST, SECOND_REQUEST, WEBHOOK = "req_1", "req_2", "5f" * 16


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def an_entry(seconds: float, kind: str, was: str | None, now: str, **more: Any) -> TimelineEntry:
    """A change; ``effect`` is ``applied``."""
    values = {"effect": "applied", "source": "customer", **more}
    return TimelineEntry(at=after(seconds), type=kind, from_status=was, to_status=now, **values)


def a_refused_payment() -> PaymentTrail:
    """The provider refused the call that makes it."""
    made = an_entry(10, "created", None, "initiated", correlation_id=FIRST_REQUEST)
    refused = an_entry(11.5, "create_refused", "initiated", "failed", correlation_id=FIRST_REQUEST)
    call = CallTrail(
        id="op_1",
        kind="create",
        state="refused",
        correlation_id=FIRST_REQUEST,
        created_at=after(10),
        closed_at=after(11.5),
    )
    return PaymentTrail(
        id=REFUSED,
        status="failed",
        provider_type="mollie",
        failure=Failure(code="CURRENCY_UNSUPPORTED", message="The payment provider refused the payment."),
        created_at=after(10),
        changes=(made, refused),
        calls=(call,),
    )


def a_declined_payment() -> PaymentTrail:
    """The provider accepted it, and reported by webhook that the card was declined."""
    second: dict[str, Any] = {"correlation_id": SECOND_REQUEST}
    call = CallTrail(id="op_2", kind="create", state="done", created_at=after(60), closed_at=after(60.4), **second)
    return PaymentTrail(
        id=DECLINED,
        status="failed",
        provider_type="stripe",
        failure=Failure(code="CARD_DECLINED", message="The card was declined.", provider_code="insufficient_funds"),
        created_at=after(60),
        changes=(
            an_entry(60, "created", None, "initiated", **second),
            an_entry(60.4, "call_accepted", "initiated", "pending_provider", source="provider", **second),
            an_entry(
                75,
                "declined",
                "pending_provider",
                "failed",
                source="provider",
                event_id=WEBHOOK,
                correlation_id=WEBHOOK,
            ),
        ),
        calls=(call,),
    )


def an_order(*payments: PaymentTrail) -> OrderTrail:
    """Both, unless others are given."""
    given = payments or (a_refused_payment(), a_declined_payment())
    return OrderTrail(checkout_id=ORDER, status="pending", created_at=START, payments=given)


def a_failing_notification() -> DeliveryRecord:
    """The shop's server answers 500."""
    attempts = [Attempt(at=after(seconds), http_status=500, duration_ms=120) for seconds in (76, 106)]
    return DeliveryRecord(
        id="d1",
        transaction_id=DECLINED,
        checkout_id=ORDER,
        ipn_status=2,
        event_version=3,
        dialect=2,
        state="waiting",
        url="https://shop.example/ipn?token=secret",
        attempts=tuple(attempts),
        next_attempt_at=after(166),
        correlation_id=WEBHOOK,
        created_at=after(75.2),
    )


def trail_of(request: Any) -> OrderTrail:
    """The order, for the ids that svc-transaction finds it by."""
    if request.id not in (ORDER, REFUSED, DECLINED, "op_1", "op_2"):
        raise NotFound("no such transaction", code="TRANSACTION_NOT_FOUND")
    return an_order()


def no_such(_: Any) -> Any:
    """An owner that does not know the id."""
    raise NotFound("no such object", code="NOT_FOUND")


def answer_in(answers: dict[str, Any]) -> None:
    """Let owners answer with the order."""
    answers[trail.GET_TRAIL.subject] = trail_of
    for method in (ipn.GET_DELIVERY, invoice.GET_INVOICE, invoice.GET_CREDIT_NOTE):
        answers[method.subject] = no_such
    answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: TransactionPage(
        transactions=(), total=0, page=1, limit=50
    )
    answers[ipn.LIST_DELIVERIES.subject] = _deliveries
    answers[invoice.LIST_INVOICES.subject] = lambda _: InvoicePage(invoices=(), total=0, page=1, limit=20)
    answers[invoice.LIST_CREDIT_NOTES.subject] = lambda _: CreditNotePage(credit_notes=(), total=0, page=1, limit=20)


def _deliveries(query: Any) -> DeliveryPage:
    found = (a_failing_notification(),) if query.transaction_id == DECLINED else ()
    return DeliveryPage(deliveries=found, total=len(found), page=1, limit=20)
