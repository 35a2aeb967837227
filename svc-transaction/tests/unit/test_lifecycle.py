"""Every cell of the lifecycle table, written out a second time in the table's own shorthand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.requests.case import CaseKind
from transaction.domain.lifecycle import Circumstances, decide
from transaction.domain.states import CAPTURES, PAID, Action, Effect, Status, Trigger

I, P, U, S, F, C, R = Status  # noqa: E741 - the columns of the table

TABLE = """
call_accepted             rec       rec          P         rec      rec       rec      rec
create_refused            F         F            F         conf     ign       ign      conf
outcome_unknown           U         U            rec       conf     rec       rec      conf
processing                P         ign          P         ign      ign       ign      ign
authorized                P+capture rec+capture  P+capture ign      rec+void  rec+void ign
capture_confirmed         S         S            S         ign      S+late    case     ign
capture_already_paid      C+case    C+case       C+case    conf     case      case     conf
capture_of_another_payment case     case         case      case     case      case     case
capture_mismatch          P+case    P+case       P+case    case     case      case     case
declined                  F+void    F+void       F+void    rec      ign       rec      rec
failed_will_retry         P         rec          P         rec      conf      conf     rec
canceled_at_provider      C         C            C         conf+ask ign       ign      conf+ask
cancel_requested          C+first   C+first      conf      conf     conf      ign      conf
session_expired           C+first   C+first      rec       ign      ign       ign      ign
deadline_passed           C+first   C+first      rec       ign      ign       ign      ign
receipt_partial           P         rec          P         case     case      case     case
receipt_complete          S         S            S         case     case      case     case
marked_paid               S         S            conf      conf     conf      conf     conf
marked_failed             F         F            conf      conf     conf      conf     conf
marked_canceled           C         C            conf      conf     conf      conf     conf
refund_requested          conf      conf         conf      rec      conf      conf     conf
refund_confirmed_partial  rec+ask   rec+ask      rec+ask   rec      rec       rec      ign
refund_confirmed_full     rec+ask   rec+ask      rec+ask   R        rec       rec      ign
refund_failed             rec       rec          rec       rec      rec       rec      S
inquiry_changed           rec       rec          rec       rec      rec       rec      rec
dispute_opened            rec+ask   rec+ask      rec+ask   rec      case+ask  case+ask rec
dispute_changed           rec       rec          rec       rec      rec       rec      rec
late_failure              F         F            F         rec      ign       ign      rec
no_such_payment           rec       rec          rec       conf     ign       ign      conf
case_accepted             conf      S            conf      rec      S+late    S+late   conf
case_refunded             conf      C            conf      rec      rec       rec      rec
unknown_fact              rec       rec          rec       rec      rec       rec      rec
"""
STATUS = {"I": I, "P": P, "U": U, "S": S, "F": F, "C": C, "R": R}
EFFECT = {"rec": Effect.RECORDED, "ign": Effect.IGNORED, "conf": Effect.CONFLICT, "case": Effect.CASE}
CELLS = [
    (status, Trigger(trigger), cell)
    for trigger, *cells in (line.split() for line in TABLE.strip().splitlines())
    for status, cell in zip(Status, cells, strict=True)
]


def test_every_pair_is_covered() -> None:
    assert {(status, trigger) for status, trigger, _ in CELLS} == {(s, t) for s in Status for t in Trigger}


@pytest.mark.parametrize(
    ("status", "trigger", "cell", "by_caller"),
    [
        (status, trigger, cell, by_caller)
        for status, trigger, cell in CELLS
        for by_caller in (False, True)
        # Footnote 1 has its own test.
        if not (by_caller and trigger is Trigger.PROCESSING and status in (F, C))
    ],
)
def test_cell(status: Status, trigger: Trigger, cell: str, by_caller: bool) -> None:
    head, *extras = cell.split("+")

    decision = decide(status, trigger, Circumstances(by_caller=by_caller))

    expected = EFFECT.get(head, Effect.APPLIED)
    if expected is Effect.CONFLICT and not by_caller:
        expected = Effect.CASE
    assert decision.effect is expected
    assert decision.to is STATUS.get(head)
    assert decision.late is ("late" in extras)
    assert (decision.first is Action.CANCEL) is ("first" in extras)
    assert decision.then == tuple(Action(extra) for extra in extras if extra in set(Action))
    assert (decision.case is not None) is ("case" in extras or expected is Effect.CASE)


@pytest.mark.parametrize("status", [F, C])
def test_marking_an_ended_transaction_pending_is_the_callers_conflict(status: Status) -> None:
    assert decide(status, Trigger.PROCESSING, Circumstances(by_caller=True)).effect is Effect.CONFLICT


@pytest.mark.parametrize("status", [S, R])
def test_a_capture_under_another_payment_id_is_a_duplicate(status: Status) -> None:
    decision = decide(status, Trigger.CAPTURE_CONFIRMED, Circumstances(same_payment=False))

    assert (decision.effect, decision.case) == (Effect.CASE, CaseKind.DUPLICATE_PAYMENT)


def test_a_late_capture_is_accepted_or_reviewed() -> None:
    accepted = decide(C, Trigger.CAPTURE_CONFIRMED, Circumstances(accept_late=True))
    reviewed = decide(C, Trigger.CAPTURE_CONFIRMED)

    assert (accepted.to, accepted.late) == (S, True)
    assert (reviewed.to, reviewed.case) == (None, CaseKind.LATE_PAYMENT)


def test_a_committed_customer_outlives_the_session() -> None:
    assert decide(P, Trigger.SESSION_EXPIRED, Circumstances(committed=True)).effect is Effect.RECORDED


def test_a_payment_that_cannot_be_released_is_not_canceled() -> None:
    assert decide(P, Trigger.CANCEL_REQUESTED, Circumstances(by_caller=True, releasable=False)).to is None


def test_a_payment_that_does_not_exist_ends_with_session_or_key_window() -> None:
    assert decide(I, Trigger.NO_SUCH_PAYMENT, Circumstances(session_ended=True)).to is C
    assert decide(U, Trigger.NO_SUCH_PAYMENT, Circumstances(key_window_over=True)).to is F


def test_an_exhausted_refund_is_refused() -> None:
    given_ = Circumstances(by_caller=True, refundable=False)

    assert decide(S, Trigger.REFUND_REQUESTED, given_).effect is Effect.CONFLICT


circumstances = st.builds(Circumstances, **{name: st.booleans() for name in Circumstances.__dataclass_fields__})
steps = st.lists(st.tuples(st.sampled_from(Trigger), circumstances), max_size=30)


@given(steps)
def test_a_paid_transaction_leaves_its_state_only_by_a_refund(walk: list[tuple[Trigger, Circumstances]]) -> None:
    status = I
    for trigger, given_ in walk:
        decision = decide(status, trigger, given_)
        if status in PAID and decision.to not in (None, status):
            assert (status, trigger, decision.to) in {
                (S, Trigger.REFUND_CONFIRMED_FULL, R),
                (R, Trigger.REFUND_FAILED, S),
            }
        status = decision.to or status


@given(st.sampled_from(Status), st.sampled_from(Trigger), circumstances)
def test_decisions_are_consistent(status: Status, trigger: Trigger, given_: Circumstances) -> None:
    decision = decide(status, trigger, given_)

    assert (decision.to is not None) is (decision.effect is Effect.APPLIED)
    assert decision.effect is not Effect.CONFLICT or given_.by_caller
    assert decision.effect is not Effect.CASE or decision.case is not None
    assert decision.first is None or decision.to is C


@given(st.sampled_from(Status), st.sampled_from(sorted(set(Trigger) - CAPTURES)), circumstances)
def test_an_outdated_fact_changes_nothing(status: Status, trigger: Trigger, given_: Circumstances) -> None:
    if not given_.by_caller and given_.outdated:
        assert decide(status, trigger, given_).effect is Effect.RECORDED


@given(st.sampled_from([I, P, U, F]), circumstances)
def test_a_proven_exact_capture_always_succeeds(status: Status, given_: Circumstances) -> None:
    assert decide(status, Trigger.CAPTURE_CONFIRMED, given_).to is S
