"""The lifecycle of a transaction as one table: (trigger, state) → decision. Pure; nothing is guessed elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway_contracts.requests.case import CaseKind
from transaction.domain.states import CAPTURES, Action, Effect, Status, Trigger


@dataclass(frozen=True)
class Circumstances:
    """Conditions of a cell besides state and trigger.

    Attributes:
        by_caller: a person or a merchant's server asked (a conflict is theirs); false: a provider or a job reported.
        committed: the customer can no longer just walk away (wire details taken, mandate given, processing).
        releasable: the provider can still cancel the payment.
        same_payment: the fact is about the provider payment that the transaction knows.
        accept_late: the site takes money that arrives after the attempt was canceled.
        session_ended: the checkout session's time is over.
        key_window_over: the provider has forgotten our idempotency key.
        refundable: enough captured, undisputed money remains.
        outdated: the fact is older than the last one applied.
    """

    by_caller: bool = False
    committed: bool = False
    releasable: bool = True
    same_payment: bool = True
    accept_late: bool = False
    session_ended: bool = False
    key_window_over: bool = False
    refundable: bool = True
    outdated: bool = False


@dataclass(frozen=True)
class Decision:
    """Effect of a trigger in a state.

    Attributes:
        to: the new state, if the trigger changes it.
        first: done at the provider before the change is made; its answer may replace the decision.
        then: done at the provider after the change is stored.
        case: the case that is opened.
        late: a success after the transaction had ended otherwise.
    """

    effect: Effect
    to: Status | None = None
    first: Action | None = None
    then: tuple[Action, ...] = ()
    case: CaseKind | None = None
    late: bool = False


Cell = Decision | Callable[[Circumstances], Decision]
Row = Mapping[Status, Cell]

REC: Final = Decision(Effect.RECORDED)
IGN: Final = Decision(Effect.IGNORED)
CONF: Final = Decision(Effect.CONFLICT)
NONE: Final = Decision(Effect.CONFLICT)
ASK: Final = replace(REC, then=(Action.ASK,))
CONF_ASK: Final = replace(CONF, then=(Action.ASK,))


def _to(status: Status, *then: Action, case: CaseKind | None = None, late: bool = False) -> Decision:
    return Decision(Effect.APPLIED, status, then=then, case=case, late=late)


def _case(kind: CaseKind, *then: Action) -> Decision:
    return Decision(Effect.CASE, case=kind, then=then)


def _either(guard: Callable[[Circumstances], bool], yes: Decision, no: Decision) -> Cell:
    return lambda given: yes if guard(given) else no


def _row(
    otherwise: Cell,
    *,
    initiated: Cell | None = None,
    pending: Cell | None = None,
    unknown: Cell | None = None,
    succeeded: Cell | None = None,
    failed: Cell | None = None,
    canceled: Cell | None = None,
    refunded: Cell | None = None,
) -> Row:
    """The cells of one trigger: ``otherwise`` stands in every state that is not named."""
    return {
        Status.INITIATED: initiated or otherwise,
        Status.PENDING: pending or otherwise,
        Status.UNKNOWN: unknown or otherwise,
        Status.SUCCEEDED: succeeded or otherwise,
        Status.FAILED: failed or otherwise,
        Status.CANCELED: canceled or otherwise,
        Status.REFUNDED: refunded or otherwise,
    }


DUPLICATE: Final = _case(CaseKind.DUPLICATE_PAYMENT)
MISMATCH: Final = _case(CaseKind.AMOUNT_MISMATCH)
LATE: Final = _case(CaseKind.LATE_PAYMENT)
UNMATCHED_ASK: Final = _case(CaseKind.UNMATCHED_EVENT, Action.ASK)
TO_PENDING: Final = _to(Status.PENDING)
TO_UNKNOWN: Final = _to(Status.UNKNOWN)
TO_SUCCEEDED: Final = _to(Status.SUCCEEDED)
TO_FAILED: Final = _to(Status.FAILED)
TO_CANCELED: Final = _to(Status.CANCELED)
TO_REFUNDED: Final = _to(Status.REFUNDED)
LATE_SUCCESS: Final = _to(Status.SUCCEEDED, late=True)
# A declined payment may still be payable with the same client secret: it is voided at once.
FAILED_AND_VOID: Final = _to(Status.FAILED, Action.VOID)
PENDING_AND_CAPTURE: Final = _to(Status.PENDING, Action.CAPTURE)
REC_AND_CAPTURE: Final = replace(REC, then=(Action.CAPTURE,))
REC_AND_VOID: Final = replace(REC, then=(Action.VOID,))
# Canceling is done at the provider first: "already paid" there turns the cancellation into a capture.
RELEASE: Final = Decision(Effect.APPLIED, Status.CANCELED, first=Action.CANCEL)
RELEASE_OR_CONF: Final = _either(lambda given: given.releasable, RELEASE, CONF)
RELEASE_UNCOMMITTED: Final = _either(lambda given: given.committed, REC, RELEASE)
LATE_CAPTURE: Final = _either(lambda given: given.accept_late, LATE_SUCCESS, LATE)
KNOWN_CAPTURE: Final = _either(lambda given: given.same_payment, IGN, DUPLICATE)
IGN_OR_CONF: Final = _either(lambda given: given.by_caller, CONF, IGN)
REFUNDABLE: Final = _either(lambda given: given.refundable, REC, CONF)
ENDS_WITH_SESSION: Final = _either(lambda given: given.session_ended, TO_CANCELED, REC)
ENDS_WITH_KEY: Final = _either(lambda given: given.key_window_over, TO_FAILED, REC)
CANCEL_CASE: Final = _to(Status.CANCELED, case=CaseKind.DUPLICATE_PAYMENT)
HOLD: Final = _to(Status.PENDING, case=CaseKind.AMOUNT_MISMATCH)
RETURNED: Final = REC  # money that left again after a capture is kept as a lost dispute, the state stays

TABLE: Final[Mapping[Trigger, Row]] = {
    Trigger.CALL_ACCEPTED: _row(REC, unknown=TO_PENDING),
    Trigger.CREATE_REFUSED: _row(TO_FAILED, succeeded=CONF, failed=IGN, canceled=IGN, refunded=CONF),
    Trigger.OUTCOME_UNKNOWN: _row(REC, initiated=TO_UNKNOWN, pending=TO_UNKNOWN, succeeded=CONF, refunded=CONF),
    Trigger.PROCESSING: _row(IGN, initiated=TO_PENDING, unknown=TO_PENDING, failed=IGN_OR_CONF, canceled=IGN_OR_CONF),
    Trigger.AUTHORIZED: _row(
        IGN,
        initiated=PENDING_AND_CAPTURE,
        pending=REC_AND_CAPTURE,
        unknown=PENDING_AND_CAPTURE,
        failed=REC_AND_VOID,
        canceled=REC_AND_VOID,
    ),
    Trigger.CAPTURE_CONFIRMED: _row(
        TO_SUCCEEDED, succeeded=KNOWN_CAPTURE, failed=LATE_SUCCESS, canceled=LATE_CAPTURE, refunded=KNOWN_CAPTURE
    ),
    Trigger.CAPTURE_ALREADY_PAID: _row(
        CANCEL_CASE, succeeded=NONE, failed=DUPLICATE, canceled=DUPLICATE, refunded=NONE
    ),
    # It carries our marker and is not the transaction's own: its money is held, and pays nothing.
    Trigger.CAPTURE_OF_ANOTHER: _row(DUPLICATE),
    Trigger.CAPTURE_MISMATCH: _row(MISMATCH, initiated=HOLD, pending=HOLD, unknown=HOLD),
    Trigger.DECLINED: _row(FAILED_AND_VOID, succeeded=RETURNED, failed=IGN, canceled=REC, refunded=RETURNED),
    Trigger.FAILED_WILL_RETRY: _row(REC, initiated=TO_PENDING, unknown=TO_PENDING, failed=CONF, canceled=CONF),
    Trigger.CANCELED_AT_PROVIDER: _row(TO_CANCELED, succeeded=CONF_ASK, failed=IGN, canceled=IGN, refunded=CONF_ASK),
    Trigger.CANCEL_REQUESTED: _row(CONF, initiated=RELEASE, pending=RELEASE_OR_CONF, canceled=IGN),
    Trigger.SESSION_EXPIRED: _row(IGN, initiated=RELEASE, pending=RELEASE_UNCOMMITTED, unknown=REC),
    Trigger.DEADLINE_PASSED: _row(IGN, initiated=RELEASE, pending=RELEASE, unknown=REC),
    Trigger.RECEIPT_PARTIAL: _row(LATE, initiated=TO_PENDING, pending=REC, unknown=TO_PENDING, succeeded=MISMATCH),
    Trigger.RECEIPT_COMPLETE: _row(
        LATE, initiated=TO_SUCCEEDED, pending=TO_SUCCEEDED, unknown=TO_SUCCEEDED, succeeded=MISMATCH
    ),
    Trigger.MARKED_PAID: _row(CONF, initiated=TO_SUCCEEDED, pending=TO_SUCCEEDED),
    Trigger.MARKED_FAILED: _row(CONF, initiated=TO_FAILED, pending=TO_FAILED),
    Trigger.MARKED_CANCELED: _row(CONF, initiated=TO_CANCELED, pending=TO_CANCELED),
    Trigger.REFUND_REQUESTED: _row(CONF, succeeded=REFUNDABLE),
    Trigger.REFUND_CONFIRMED_PARTIAL: _row(ASK, succeeded=REC, failed=REC, canceled=REC, refunded=IGN),
    Trigger.REFUND_CONFIRMED_FULL: _row(ASK, succeeded=TO_REFUNDED, failed=REC, canceled=REC, refunded=IGN),
    Trigger.REFUND_FAILED: _row(REC, refunded=TO_SUCCEEDED),
    Trigger.INQUIRY_CHANGED: _row(REC),
    Trigger.DISPUTE_OPENED: _row(ASK, succeeded=REC, failed=UNMATCHED_ASK, canceled=UNMATCHED_ASK, refunded=REC),
    Trigger.DISPUTE_CHANGED: _row(REC),
    Trigger.LATE_FAILURE: _row(TO_FAILED, succeeded=RETURNED, failed=IGN, canceled=IGN, refunded=RETURNED),
    Trigger.NO_SUCH_PAYMENT: _row(
        CONF,
        initiated=ENDS_WITH_SESSION,
        pending=ENDS_WITH_SESSION,
        unknown=ENDS_WITH_KEY,
        failed=IGN,
        canceled=IGN,
    ),
    Trigger.CASE_ACCEPTED: _row(NONE, pending=TO_SUCCEEDED, succeeded=REC, failed=LATE_SUCCESS, canceled=LATE_SUCCESS),
    Trigger.CASE_REFUNDED: _row(REC, initiated=NONE, pending=TO_CANCELED, unknown=NONE),
    Trigger.UNKNOWN_FACT: _row(REC),
}


def decide(status: Status, trigger: Trigger, given: Circumstances | None = None) -> Decision:
    """Decide the effect of the trigger in that state.

    A conflict is an answer for a caller. No caller waits behind an event, so there it becomes a case for a person. A
    fact older than the one applied is only recorded, unless it proves that money moved.
    """
    given = given or Circumstances()
    if given.outdated and not given.by_caller and trigger not in CAPTURES:
        return REC
    cell = TABLE[trigger][status]
    decision = cell if isinstance(cell, Decision) else cell(given)
    if decision.effect is Effect.CONFLICT and not given.by_caller:
        return replace(decision, effect=Effect.CASE, case=CaseKind.UNMATCHED_EVENT)
    return decision
