"""Every row of the table of postings about money that goes back, and what refunds and disputes make of them."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.money import AMOUNT_MINOR_MAX, Money
from gateway_contracts.requests.refund import CREATE_REFUND
from transaction.domain import ledger, reversals
from transaction.domain.checkout import Checkout
from transaction.domain.dispute import Dispute, DisputeStatus, DisputeUpdate, judge
from transaction.domain.ledger import Account, Entry
from transaction.domain.refund import (
    UNDONE,
    Refund,
    RefundState,
    RefundUpdate,
    opening_entry,
    requested_amount,
    require_refundable,
    settle,
)
from transaction.domain.reports import FeeReported, PayoutReported
from transaction.domain.states import Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import transition_of

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PRICE = Money(4900, "EUR")
PART = Money(1900, "EUR")
FEE = Money(1500, "EUR")
SEALED = EncryptedValue(v=1, c="")

ROWS: list[tuple[Entry, dict[Account, int]]] = [
    (reversals.refund_requested(PART, "r"), {Account.REFUNDS: 1900, Account.REFUNDS_PAYABLE: -1900}),
    (
        reversals.refund_succeeded(PART, "p", "r", manual=False),
        {Account.REFUNDS_PAYABLE: 1900, Account.CLEARING: -1900},
    ),
    (reversals.refund_succeeded(PART, "p", "r", manual=True), {Account.REFUNDS_PAYABLE: 1900, Account.BANK: -1900}),
    (reversals.refund_failed(PART, "r"), {Account.REFUNDS_PAYABLE: 1900, Account.REFUNDS: -1900}),
    (
        reversals.refund_failed_late(PART, "p", "r", manual=False),
        {Account.CLEARING: 1900, Account.REFUNDS: -1900},
    ),
    (reversals.refund_at_provider(PART, "p", "r"), {Account.REFUNDS: 1900, Account.CLEARING: -1900}),
    (
        reversals.dispute_opened(PRICE, "p", "d", fee=FEE),
        {Account.DISPUTED: 4900, Account.DISPUTE_FEES: 1500, Account.CLEARING: -6400},
    ),
    (reversals.dispute_opened(PRICE, "p", "d"), {Account.DISPUTED: 4900, Account.CLEARING: -4900}),
    (
        reversals.dispute_won(PRICE, "p", "d", fee=FEE),
        {Account.CLEARING: 6400, Account.DISPUTED: -4900, Account.DISPUTE_FEES: -1500},
    ),
    (reversals.dispute_won(PRICE, "p", "d"), {Account.CLEARING: 4900, Account.DISPUTED: -4900}),
    (reversals.dispute_lost(PRICE, "p", "d"), {Account.DISPUTE_LOSSES: 4900, Account.DISPUTED: -4900}),
    (reversals.immediate_loss(PRICE, "p", "d"), {Account.DISPUTE_LOSSES: 4900, Account.CLEARING: -4900}),
    (reversals.loss_reversed(PRICE, "p", "d"), {Account.CLEARING: 4900, Account.DISPUTE_LOSSES: -4900}),
    (
        reversals.held_refund_accepted(PART, "r"),
        {Account.UNAPPLIED_RECEIPTS: 1900, Account.REFUNDS_PAYABLE: -1900},
    ),
    (
        reversals.held_refund_paid(PART, "p", "r", manual=True),
        {Account.REFUNDS_PAYABLE: 1900, Account.BANK: -1900},
    ),
    (
        reversals.held_refund_paid(PART, "p", "r", manual=False),
        {Account.REFUNDS_PAYABLE: 1900, Account.CLEARING: -1900},
    ),
    (
        reversals.held_refund_failed(PART, "r"),
        {Account.REFUNDS_PAYABLE: 1900, Account.UNAPPLIED_RECEIPTS: -1900},
    ),
    (
        reversals.held_refund_failed_late(PART, "p", "r", manual=False),
        {Account.CLEARING: 1900, Account.UNAPPLIED_RECEIPTS: -1900},
    ),
    (
        reversals.held_refund_at_provider(PART, "p", "r"),
        {Account.UNAPPLIED_RECEIPTS: 1900, Account.CLEARING: -1900},
    ),
    (ledger.payout(PRICE, "p", "po"), {Account.BANK: 4900, Account.CLEARING: -4900}),
    (ledger.provider_fee(PART, "p", "fee"), {Account.PROVIDER_FEES: 1900, Account.CLEARING: -1900}),
    (ledger.manual_payment(PRICE, "manual", "t"), {Account.BANK: 4900, Account.SALES: -4900}),
]


@pytest.mark.parametrize(("entry", "expected"), ROWS, ids=lambda value: getattr(value, "kind", ""))
def test_every_row_of_the_table(entry: Entry, expected: dict[Account, int]) -> None:
    assert {leg.account: leg.amount.amount_minor for leg in entry.postings} == expected


def a_refund(**changes: Any) -> Refund:
    refund = Refund(
        id="r",
        organization_id="o",
        livemode=False,
        transaction_id="t",
        provider_id="p",
        provider_type="stripe",
        state=RefundState.REQUESTED,
        version=1,
        amount=1900,
        currency="EUR",
        created_at=NOW,
        updated_at=NOW,
    )
    return refund.changed(**changes)


def a_transaction(**changes: Any) -> Transaction:
    fields: dict[str, Any] = {
        "id": "t",
        "organization_id": "o",
        "livemode": False,
        "site_id": "s",
        "checkout_id": "c",
        "session_public_id": SEALED,
        "session_hash": "h",
        "provider_id": "p",
        "provider_type": "stripe",
        "status": Status.SUCCEEDED,
        "version": 1,
        "amount": 4900,
        "currency": "EUR",
        "created_at": NOW,
        "updated_at": NOW,
        "captured": 4900,
    }
    return Transaction(**{**fields, **changes})


@pytest.mark.parametrize("funds", ["sale", "held"])
def test_the_whole_life_of_a_refund_balances(funds: str) -> None:
    refund = a_refund(funds=funds)
    kinds = [opening_entry(refund).kind]
    for update in (
        RefundUpdate(RefundState.PENDING, NOW),
        RefundUpdate(RefundState.SUCCEEDED, NOW + timedelta(1)),
        RefundUpdate(RefundState.FAILED, NOW + timedelta(2)),
        RefundUpdate(RefundState.SUCCEEDED, NOW + timedelta(3)),
    ):
        settled = settle(refund, update, NOW)
        assert settled is not None
        refund = settled.refund
        kinds += [entry.kind for entry in settled.entries]
    prefix = "held_" if funds == "held" else ""
    names = ("requested" if not prefix else "accepted", "succeeded" if not prefix else "paid", "failed_late")
    assert kinds == [f"{prefix}refund_{name}" for name in (*names, "at_provider")]


@pytest.mark.parametrize("undone", sorted(UNDONE))
def test_what_was_said_before_a_failure_does_not_undo_it(undone: RefundState) -> None:
    refund = a_refund(state=undone, last_fact_at=NOW)
    assert settle(refund, RefundUpdate(RefundState.SUCCEEDED, NOW), NOW) is None
    assert settle(refund, RefundUpdate(RefundState.SUCCEEDED, NOW - timedelta(1)), NOW) is None
    assert settle(refund, RefundUpdate(RefundState.PENDING, NOW + timedelta(1)), NOW) is None


def test_an_update_without_a_change_keeps_the_providers_id() -> None:
    settled = settle(a_refund(), RefundUpdate(RefundState.REQUESTED, provider_refund_id="re_1"), NOW)
    assert settled is not None
    assert (settled.refund.provider_refund_id, settled.entries) == ("re_1", ())
    assert settle(settled.refund, RefundUpdate(RefundState.REQUESTED, provider_refund_id="re_1"), NOW) is None


def test_the_requested_amount() -> None:
    transaction = a_transaction(refunds_accepted=900)
    assert requested_amount(None, (), transaction) == 4000
    assert requested_amount(100, (), transaction) == 100
    assert requested_amount(None, (RefundLine(line=0, amount=70),), transaction) == 70


@pytest.mark.parametrize("amount", [0, -1])
def test_no_refund_of_nothing(amount: int) -> None:
    with pytest.raises(Invalid, match="amount"):
        CREATE_REFUND.read({"refundId": "65f0" * 6, "transactionId": "t", "reason": "x", "amount": amount})


def test_lines_add_up() -> None:
    with pytest.raises(Invalid) as caught:
        requested_amount(100, (RefundLine(line=0, amount=70),), a_transaction())
    assert caught.value.code == "LINES_SUM_MISMATCH"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": Status.PENDING, "captured": 0}, "TRANSACTION_NOT_REFUNDABLE"),
        ({"open_disputes": 1}, "TRANSACTION_DISPUTED"),
        ({"refunds_accepted": 4800}, "REFUND_EXCEEDS_CAPTURED"),
        ({"disputed": 4800}, "REFUND_EXCEEDS_CAPTURED"),
        ({"status": Status.REFUNDED, "refunds_accepted": 4900}, "REFUND_EXCEEDS_CAPTURED"),
    ],
)
def test_refusals(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Conflict) as caught:
        require_refundable(a_transaction(**changes), 200)
    assert caught.value.code == code


def a_dispute(**changes: Any) -> Dispute:
    dispute = Dispute(
        id="d",
        organization_id="o",
        livemode=False,
        transaction_id="t",
        provider_id="p",
        provider_type="stripe",
        provider_dispute_id="dp_1",
        kind="chargeback",
        status=DisputeStatus.OPEN,
        version=1,
        amount=4900,
        currency="EUR",
        opened_at=NOW,
        updated_at=NOW,
    )
    return dispute.changed(**changes)


def _update(
    status: DisputeStatus | None = None, funds: Any = None, day: int = 0, kind: Any = "chargeback"
) -> DisputeUpdate:
    return DisputeUpdate(kind, status, funds, PRICE, NOW + timedelta(day))


def test_money_moves_only_when_the_provider_moves_it() -> None:
    opened = judge(a_dispute(), _update(DisputeStatus.OPEN), NOW)
    assert (opened.entries, opened.dispute.open) == ((), True)
    withdrawn = judge(opened.dispute, _update(funds="withdrawn"), NOW)
    assert [entry.kind for entry in withdrawn.entries] == ["dispute_opened"]
    won = judge(withdrawn.dispute, _update(DisputeStatus.WON, day=1), NOW)
    assert (won.entries, won.dispute.open) == ((), False)
    reinstated = judge(won.dispute, _update(funds="reinstated", day=1), NOW)
    assert [entry.kind for entry in reinstated.entries] == ["dispute_won"]


def test_a_loss_is_booked_once_whatever_the_order() -> None:
    lost = judge(a_dispute(), _update(DisputeStatus.LOST, day=1), NOW)
    assert [entry.kind for entry in lost.entries] == ["immediate_loss"]
    late = judge(lost.dispute, _update(funds="withdrawn"), NOW)
    assert (late.entries, late.dispute.funds_withdrawn) == ((), True)
    older = judge(late.dispute, _update(DisputeStatus.UNDER_REVIEW), NOW)
    assert older.dispute.status is DisputeStatus.LOST


def test_an_inquiry_moves_no_money_until_it_is_a_chargeback() -> None:
    inquiry = judge(a_dispute(kind="inquiry"), _update(DisputeStatus.OPEN, "withdrawn", kind="inquiry"), NOW)
    assert (inquiry.entries, inquiry.dispute.open) == ((), False)
    grown = judge(inquiry.dispute, _update(DisputeStatus.OPEN, day=1), NOW)
    assert [entry.kind for entry in grown.entries] == ["dispute_opened"]


def _money_update(funds: Any, second: int, withdrawn: int | None = None) -> DisputeUpdate:
    return DisputeUpdate("chargeback", None, funds, PRICE, NOW + timedelta(seconds=second), withdrawn=withdrawn)


LOST_AND_BACK = [
    _update(DisputeStatus.OPEN),
    _money_update("withdrawn", 1, 4900),
    replace(_update(DisputeStatus.LOST), occurred_at=NOW + timedelta(seconds=2)),
    _money_update("reinstated", 3, 0),
    _money_update("reinstated", 3, 0),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(LOST_AND_BACK)))))
def test_money_of_a_lost_dispute_that_came_back_is_booked_in_every_order(order: tuple[int, ...]) -> None:
    dispute, entries = a_dispute(), list[Entry]()
    for place in order:
        judged = judge(dispute, LOST_AND_BACK[place], NOW)
        dispute = judged.dispute
        entries += judged.entries
    assert (dispute.status, dispute.position, dispute.funds_withdrawn) == (DisputeStatus.LOST, "none", False)
    assert ledger.totals(entries, "EUR").disputed == 0
    assert not any(ledger.balances(entries).values())


@pytest.mark.parametrize("status", [None, DisputeStatus.LOST])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_part_that_came_back_leaves_the_rest(order: tuple[int, ...], status: DisputeStatus | None) -> None:
    reported = [
        _money_update("withdrawn", 1, 4900),
        replace(_update(status or DisputeStatus.OPEN), occurred_at=NOW + timedelta(seconds=2)),
        _money_update("reinstated", 3, 3900),
    ]
    dispute, entries = a_dispute(), list[Entry]()
    for place in order:
        judged = judge(dispute, reported[place], NOW)
        dispute = judged.dispute
        entries += judged.entries
    assert (dispute.in_books, ledger.totals(entries, "EUR").disputed) == (3900, 3900)
    assert (dispute.funds_withdrawn, dispute.position) == (True, "lost" if status else "disputed")
    keys = [(entry.kind, entry.reference) for entry in entries]
    assert len(keys) == len(set(keys))


def test_a_record_of_an_earlier_version_holds_its_whole_amount() -> None:
    """It has no ``booked`` yet."""
    stored = a_dispute(status=DisputeStatus.LOST, position="lost", moves=1, funds_withdrawn=True)
    judged = judge(stored, _money_update("reinstated", 3), NOW)
    assert stored.in_books == 4900
    assert [(entry.kind, entry.postings[0].amount.amount_minor) for entry in judged.entries] == [
        ("loss_reversed", 4900)
    ]


AMOUNTS = st.integers(1, AMOUNT_MINOR_MAX) | st.sampled_from([1900, 2**31, AMOUNT_MINOR_MAX])
STATUSES = st.one_of(st.none(), st.sampled_from(list(DisputeStatus)))
FUNDS = st.sampled_from([None, "withdrawn", "reinstated"])


@settings(deadline=None)
@given(st.lists(st.tuples(STATUSES, FUNDS, st.integers(0, 5), st.sampled_from([None, 0, 1, 2])), max_size=12), AMOUNTS)
def test_books_of_a_dispute_agree_with_it_whatever_is_said(
    reported: list[tuple[Any, Any, int, int | None]], amount: int
) -> None:
    dispute, entries = a_dispute(amount=amount), list[Entry]()
    for status, funds, day, halves in reported:
        held = None if halves is None else amount * halves // 2
        update = replace(_update(status, funds, day), amount=Money(amount, "EUR"), withdrawn=held)
        judged = judge(dispute, update, NOW)
        dispute = judged.dispute
        entries += judged.entries
    keys = [(entry.kind, entry.reference) for entry in entries]
    assert len(keys) == len(set(keys))
    totals = ledger.totals(entries, "EUR")
    assert totals.disputed == dispute.in_books <= amount
    assert (dispute.in_books == 0) is (dispute.position == "none")
    assert sum(ledger.balances(entries).values()) == 0


STATES = st.sampled_from(list(RefundState))


@settings(deadline=None)
@given(
    st.lists(st.tuples(STATES, st.integers(0, 5)), max_size=12),
    st.booleans(),
    st.sampled_from(["sale", "held"]),
    AMOUNTS,
)
def test_books_of_a_refund_agree_with_it_whatever_is_said(
    reported: list[tuple[RefundState, int]], manual: bool, funds: Any, amount: int
) -> None:
    refund = a_refund(manual=manual, funds=funds, amount=amount)
    entries = [opening_entry(refund)]
    for state, day in reported:
        settled = settle(refund, RefundUpdate(state, NOW + timedelta(day)), NOW)
        if settled is not None:
            refund = settled.refund
            entries += settled.entries
    totals = ledger.totals(entries, "EUR")
    is_kept = refund.state not in UNDONE
    if funds == "sale":
        assert totals.refunds_accepted == (amount if is_kept else 0)
        assert totals.refunded == (amount if refund.state is RefundState.SUCCEEDED else 0)
    else:
        assert totals.unapplied == (-amount if is_kept else 0)
        assert (totals.refunded, totals.refunds_accepted) == (0, 0)
    assert sum(ledger.balances(entries).values()) == 0


def test_a_payout_is_no_money_of_the_customer() -> None:
    entries = [ledger.capture(PRICE, "p", "pi_1"), ledger.payout(PRICE, "p", "po_1")]
    assert ledger.totals(entries, "EUR") == ledger.Totals(captured=4900)


def test_what_a_payout_or_fee_posts() -> None:
    shared: dict[str, Any] = {
        "trigger": Trigger.UNKNOWN_FACT,
        "event_type": "paid_out",
        "provider_status": "",
        "occurred_at": NOW,
        "amount": PRICE,
        "provider_payment_id": "PM1",
    }
    transition = transition_of(PayoutReported(**shared), a_transaction(), a_checkout(), source="provider", event_id="e")
    assert [(entry.kind, entry.reference) for entry in transition.entries] == [("payout", "PM1")]
    fee = FeeReported(**shared, provider_object_id="txn_1")
    transition = transition_of(fee, a_transaction(), a_checkout(), source="provider", event_id="e")
    assert [(entry.kind, entry.reference) for entry in transition.entries] == [("provider_fee", "txn_1")]


def a_checkout() -> Checkout:
    return Checkout(
        id="c",
        organization_id="o",
        livemode=False,
        site_id="s",
        session_public_id=SEALED,
        session_hash="h",
        short_code=SEALED,
        short_code_hash="s",
        status="completed",
        version=1,
        amount=4900,
        currency="EUR",
        expires_at=NOW,
        due_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        paid_by="t",
    )
