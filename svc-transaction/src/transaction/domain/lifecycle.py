"""The lifecycle of a transaction as one table: (trigger, state) → decision. Pure; nothing is guessed elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from transaction.domain.states import CAPTURES, Action, CaseKind, Effect, Status, Trigger

I, P, U, S, F, C, R = Status  # noqa: E741 - the one-letter names are the columns of the table


@dataclass(frozen=True)
class Circumstances:
    """What a cell may depend on besides state and trigger.

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
    """What a trigger does in a state.

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


DUPLICATE: Final = CaseKind.DUPLICATE_PAYMENT
MISMATCH: Final = CaseKind.AMOUNT_MISMATCH
LATE: Final = CaseKind.LATE_PAYMENT
# Canceling is done at the provider first: "already paid" there turns the cancellation into a capture.
RELEASE: Final = Decision(Effect.APPLIED, C, first=Action.CANCEL)
RELEASE_OR_CONF: Final = _either(lambda given: given.releasable, RELEASE, CONF)
RELEASE_UNCOMMITTED: Final = _either(lambda given: given.committed, REC, RELEASE)
LATE_CAPTURE: Final = _either(lambda given: given.accept_late, _to(S, late=True), _case(LATE))
KNOWN_CAPTURE: Final = _either(lambda given: given.same_payment, IGN, _case(DUPLICATE))
IGN_OR_CONF: Final = _either(lambda given: given.by_caller, CONF, IGN)
REFUNDABLE: Final = _either(lambda given: given.refundable, REC, CONF)
ENDS_WITH_SESSION: Final = _either(lambda given: given.session_ended, _to(C), REC)
ENDS_WITH_KEY: Final = _either(lambda given: given.key_window_over, _to(F), REC)
CANCEL_CASE: Final = _to(C, case=DUPLICATE)
HOLD: Final = _to(P, case=MISMATCH)
RETURNED: Final = REC  # money that left again after a capture is kept as a lost dispute, the state stays

TABLE: Final[Mapping[Trigger, tuple[Cell, ...]]] = {
    # trigger:                         initiated pending unknown succeeded failed canceled refunded
    Trigger.CALL_ACCEPTED: (REC, REC, _to(P), REC, REC, REC, REC),
    Trigger.CREATE_REFUSED: (_to(F), _to(F), _to(F), CONF, IGN, IGN, CONF),
    Trigger.OUTCOME_UNKNOWN: (_to(U), _to(U), REC, CONF, REC, REC, CONF),
    Trigger.PROCESSING: (_to(P), IGN, _to(P), IGN, IGN_OR_CONF, IGN_OR_CONF, IGN),
    Trigger.AUTHORIZED: (
        _to(P, Action.CAPTURE),
        replace(REC, then=(Action.CAPTURE,)),
        _to(P, Action.CAPTURE),
        IGN,
        replace(REC, then=(Action.VOID,)),
        replace(REC, then=(Action.VOID,)),
        IGN,
    ),
    Trigger.CAPTURE_CONFIRMED: (_to(S), _to(S), _to(S), KNOWN_CAPTURE, _to(S, late=True), LATE_CAPTURE, KNOWN_CAPTURE),
    Trigger.CAPTURE_ALREADY_PAID: (
        CANCEL_CASE,
        CANCEL_CASE,
        CANCEL_CASE,
        NONE,
        _case(DUPLICATE),
        _case(DUPLICATE),
        NONE,
    ),
    # It carries our marker and is not the transaction's own: its money is held, and pays nothing.
    Trigger.CAPTURE_OF_ANOTHER: (_case(DUPLICATE),) * 7,
    Trigger.CAPTURE_MISMATCH: (HOLD, HOLD, HOLD, *(_case(MISMATCH),) * 4),
    # A declined payment may still be payable with the same client secret: it is voided at once.
    Trigger.DECLINED: (*(_to(F, Action.VOID),) * 3, RETURNED, IGN, REC, RETURNED),
    Trigger.FAILED_WILL_RETRY: (_to(P), REC, _to(P), REC, CONF, CONF, REC),
    Trigger.CANCELED_AT_PROVIDER: (_to(C), _to(C), _to(C), CONF_ASK, IGN, IGN, CONF_ASK),
    Trigger.CANCEL_REQUESTED: (RELEASE, RELEASE_OR_CONF, CONF, CONF, CONF, IGN, CONF),
    Trigger.SESSION_EXPIRED: (RELEASE, RELEASE_UNCOMMITTED, REC, IGN, IGN, IGN, IGN),
    Trigger.DEADLINE_PASSED: (RELEASE, RELEASE, REC, IGN, IGN, IGN, IGN),
    Trigger.RECEIPT_PARTIAL: (_to(P), REC, _to(P), _case(MISMATCH), _case(LATE), _case(LATE), _case(LATE)),
    Trigger.RECEIPT_COMPLETE: (_to(S), _to(S), _to(S), _case(MISMATCH), _case(LATE), _case(LATE), _case(LATE)),
    Trigger.MARKED_PAID: (_to(S), _to(S), CONF, CONF, CONF, CONF, CONF),
    Trigger.MARKED_FAILED: (_to(F), _to(F), CONF, CONF, CONF, CONF, CONF),
    Trigger.MARKED_CANCELED: (_to(C), _to(C), CONF, CONF, CONF, CONF, CONF),
    Trigger.REFUND_REQUESTED: (CONF, CONF, CONF, REFUNDABLE, CONF, CONF, CONF),
    Trigger.REFUND_CONFIRMED_PARTIAL: (ASK, ASK, ASK, REC, REC, REC, IGN),
    Trigger.REFUND_CONFIRMED_FULL: (ASK, ASK, ASK, _to(R), REC, REC, IGN),
    Trigger.REFUND_FAILED: (REC, REC, REC, REC, REC, REC, _to(S)),
    Trigger.INQUIRY_CHANGED: (REC,) * 7,
    Trigger.DISPUTE_OPENED: (
        ASK,
        ASK,
        ASK,
        REC,
        _case(CaseKind.UNMATCHED_EVENT, Action.ASK),
        _case(CaseKind.UNMATCHED_EVENT, Action.ASK),
        REC,
    ),
    Trigger.DISPUTE_CHANGED: (REC,) * 7,
    Trigger.LATE_FAILURE: (_to(F), _to(F), _to(F), RETURNED, IGN, IGN, RETURNED),
    Trigger.NO_SUCH_PAYMENT: (ENDS_WITH_SESSION, ENDS_WITH_SESSION, ENDS_WITH_KEY, CONF, IGN, IGN, CONF),
    Trigger.CASE_ACCEPTED: (NONE, _to(S), NONE, REC, _to(S, late=True), _to(S, late=True), NONE),
    Trigger.CASE_REFUNDED: (NONE, _to(C), NONE, REC, REC, REC, REC),
    Trigger.UNKNOWN_FACT: (REC,) * 7,
}
_COLUMN: Final = {status: index for index, status in enumerate(Status)}


def decide(status: Status, trigger: Trigger, given: Circumstances | None = None) -> Decision:
    """What the trigger does in that state.

    A conflict is an answer for a caller; nobody waits behind an event, so there it becomes a case for a person. A
    fact older than the one applied is only recorded, unless it proves that money moved.
    """
    given = given or Circumstances()
    if given.outdated and not given.by_caller and trigger not in CAPTURES:
        return REC
    cell = TABLE[trigger][_COLUMN[status]]
    decision = cell if isinstance(cell, Decision) else cell(given)
    if decision.effect is Effect.CONFLICT and not given.by_caller:
        return replace(decision, effect=Effect.CASE, case=CaseKind.UNMATCHED_EVENT)
    return decision
