"""How a payment stands for its customer, from what its owner says of it."""

from enum import StrEnum
from typing import Final

from gateway_contracts.requests.customer import Session, StatusView


class Outcome(StrEnum):
    """Outcome for the customer: the status, and where the money is."""

    INITIATED = "initiated"
    CLOSING = "closing"
    """The checkout's time is over, and the provider has not said yet that nothing was paid."""
    UNCONFIRMED = "unconfirmed"
    """The customer was led to the provider, and no report of their choice has come."""
    PENDING = "pending"
    """The customer has done their part."""
    REVIEW = "review"
    """Money arrived that does not fit; the merchant decides."""
    WIRE = "wire"
    WIRE_WAITING = "wire_waiting"
    """The customer says that the transfer is sent."""
    WIRE_PARTIAL = "wire_partial"
    WIRE_PARTIAL_WAITING = "wire_partial_waiting"
    SUCCEEDED = "succeeded"
    REFUND_PENDING = "refund_pending"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    TAKEN_BACK = "taken_back"
    FAILED = "failed"
    CANCELED = "canceled"
    HELD = "held"
    """Money arrived, in part or late, and the payment has ended without it."""
    SENT_BACK = "sent_back"
    OVERTAKEN = "overtaken"
    """Another payment has paid the order."""


TRANSFER_OPEN: Final = frozenset(
    {Outcome.WIRE, Outcome.WIRE_WAITING, Outcome.WIRE_PARTIAL, Outcome.WIRE_PARTIAL_WAITING}
)
"""A transfer is waited for: where it goes to stays in sight."""


def outcome_of(view: StatusView) -> Outcome:
    """How the payment stands now."""
    if view.status == "succeeded":
        return _paid(view)
    if view.status == "refunded":
        return Outcome.REFUNDED
    if view.status in {"failed", "canceled"}:
        return _ended(view)
    return _open(view)


def _paid(view: StatusView) -> Outcome:
    if view.dispute_open:
        return Outcome.DISPUTED
    if view.disputed:
        return Outcome.TAKEN_BACK
    if view.refund_pending:
        return Outcome.REFUND_PENDING
    return Outcome.PARTLY_REFUNDED if view.refunded else Outcome.SUCCEEDED


def _ended(view: StatusView) -> Outcome:
    if view.held or view.in_review:
        return Outcome.HELD
    if view.sent_back:
        return Outcome.SENT_BACK
    return Outcome.OVERTAKEN if view.checkout_status == "completed" else Outcome(view.status)


def _open(view: StatusView) -> Outcome:
    if view.in_review:
        return Outcome.REVIEW
    if view.checkout_status == "completed":
        return Outcome.OVERTAKEN
    if view.bank_details is not None:
        return _transfer(view)
    if view.checkout_status == "expired" and not view.under_way:
        return Outcome.CLOSING
    if view.under_way:
        return Outcome.PENDING
    return Outcome.INITIATED if view.status == "initiated" else Outcome.UNCONFIRMED


def _transfer(view: StatusView) -> Outcome:
    if view.received:
        return Outcome.WIRE_PARTIAL_WAITING if view.transfer_sent else Outcome.WIRE_PARTIAL
    return Outcome.WIRE_WAITING if view.transfer_sent else Outcome.WIRE


def leads_to_payment(session: Session, *, wants_other: bool) -> bool:
    """Whether the link of a checkout that is not paid shows its payment, instead of asking for one or saying that
    nothing was charged.

    Args:
        wants_other: the customer knows the payment and wants to pay otherwise.
    """
    if session.status != "pending":
        is_open = session.transaction_status in {"initiated", "pending_provider"}
        return is_open or session.committed or session.holds_money
    # The rest of an open one can only follow the first part; money of an ended one is accepted or goes back.
    return session.holds_money or (session.under_way and not wants_other)
