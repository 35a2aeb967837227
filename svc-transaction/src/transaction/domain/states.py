"""The vocabulary of the lifecycle: states, triggers, effects, cases."""

from enum import StrEnum
from typing import Final

from gateway_contracts.requests.case import CaseKind


class Status(StrEnum):
    """State of a transaction. ``unknown`` is internal: the outcome of a call to the provider is not known."""

    INITIATED = "initiated"
    PENDING = "pending_provider"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    REFUNDED = "refunded"

    @property
    def public(self) -> str:
        """The state that merchants and customers see."""
        return Status.PENDING.value if self is Status.UNKNOWN else self.value


OPEN: Final = frozenset({Status.INITIATED, Status.PENDING, Status.UNKNOWN})
"""States from which the payment can still go anywhere."""

PAID: Final = frozenset({Status.SUCCEEDED, Status.REFUNDED})
"""States that follow a proven capture."""


class Trigger(StrEnum):
    """Triggers of a transaction: one per row of the lifecycle table."""

    CALL_ACCEPTED = "call_accepted"
    CREATE_REFUSED = "create_refused"
    OUTCOME_UNKNOWN = "outcome_unknown"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    CAPTURE_CONFIRMED = "capture_confirmed"
    CAPTURE_ALREADY_PAID = "capture_already_paid"
    CAPTURE_OF_ANOTHER = "capture_of_another_payment"
    CAPTURE_MISMATCH = "capture_mismatch"
    DECLINED = "declined"
    FAILED_WILL_RETRY = "failed_will_retry"
    CANCELED_AT_PROVIDER = "canceled_at_provider"
    CANCEL_REQUESTED = "cancel_requested"
    SESSION_EXPIRED = "session_expired"
    DEADLINE_PASSED = "deadline_passed"
    RECEIPT_PARTIAL = "receipt_partial"
    RECEIPT_COMPLETE = "receipt_complete"
    MARKED_PAID = "marked_paid"
    MARKED_FAILED = "marked_failed"
    MARKED_CANCELED = "marked_canceled"
    REFUND_REQUESTED = "refund_requested"
    REFUND_CONFIRMED_PARTIAL = "refund_confirmed_partial"
    REFUND_CONFIRMED_FULL = "refund_confirmed_full"
    REFUND_FAILED = "refund_failed"
    INQUIRY_CHANGED = "inquiry_changed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CHANGED = "dispute_changed"
    LATE_FAILURE = "late_failure"
    NO_SUCH_PAYMENT = "no_such_payment"
    CASE_ACCEPTED = "case_accepted"
    CASE_REFUNDED = "case_refunded"
    UNKNOWN_FACT = "unknown_fact"


CAPTURES: Final = frozenset(
    {
        Trigger.CAPTURE_CONFIRMED,
        Trigger.CAPTURE_ALREADY_PAID,
        Trigger.CAPTURE_OF_ANOTHER,
        Trigger.CAPTURE_MISMATCH,
    }
)
"""Proofs that money moved; they are never outdated by a later fact."""


class Effect(StrEnum):
    """Effect of a trigger."""

    APPLIED = "applied"
    RECORDED = "recorded"
    IGNORED = "ignored"
    CONFLICT = "conflict"
    CASE = "case"


class Action(StrEnum):
    """Request to the provider that follows from a decision."""

    CAPTURE = "capture"
    VOID = "void"
    ASK = "ask"
    CANCEL = "cancel"


WITH_MONEY: Final = frozenset({CaseKind.LATE_PAYMENT, CaseKind.DUPLICATE_PAYMENT, CaseKind.AMOUNT_MISMATCH})
"""Cases about money that may be held; the others only need a person's review."""
