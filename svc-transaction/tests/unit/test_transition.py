"""Effect of reports on a transaction and its books, in any order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import Failure
from transaction.domain import ledger
from transaction.domain.checkout import Checkout
from transaction.domain.ledger import Account, Entry
from transaction.domain.lifecycle import Decision, decide
from transaction.domain.provider_states import report_of_state
from transaction.domain.reports import PaymentReported
from transaction.domain.states import Effect, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import (
    Origin,
    Transition,
    case_key,
    changed,
    circumstances,
    classify,
    entries_for,
    transition_of,
)

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PRICE = Money(4900, "EUR")
SEALED = EncryptedValue(v=1, c="")


def a_checkout(**changes: object) -> Checkout:
    checkout = Checkout(
        id="c",
        organization_id="o",
        livemode=False,
        site_id="s",
        session_public_id=SEALED,
        session_hash="h",
        short_code=SEALED,
        short_code_hash="s",
        status="pending",
        version=1,
        amount=PRICE.amount_minor,
        currency=PRICE.currency,
        expires_at=NOW + timedelta(hours=24),
        due_at=NOW + timedelta(hours=24),
        created_at=NOW,
        updated_at=NOW,
    )
    return checkout.changed(**changes)


def a_transaction(**changes: object) -> Transaction:
    transaction = Transaction(
        id="t",
        organization_id="o",
        livemode=False,
        site_id="s",
        checkout_id="c",
        session_public_id=SEALED,
        session_hash="h",
        provider_id="p",
        provider_type="stripe",
        status=Status.INITIATED,
        version=1,
        amount=PRICE.amount_minor,
        currency=PRICE.currency,
        created_at=NOW,
        updated_at=NOW,
        provider_payment_id="pi_1",
    )
    return transaction.changed(**changes)


def a_fact(trigger: Trigger, amount: Money = PRICE, payment_id: str = "pi_1", minute: int = 0) -> PaymentReported:
    return PaymentReported(
        trigger=trigger,
        event_type="test",
        provider_status=trigger.value,
        occurred_at=NOW + timedelta(minutes=minute),
        provider_payment_id=payment_id,
        amount=amount,
    )


class Books:
    """A transaction with its entries, moved in memory as the service moves it in the database."""

    def __init__(self) -> None:
        self.transaction, self.checkout = a_transaction(), a_checkout()
        self.entries: list[Entry] = []
        self.cases: set[str] = set()

    def apply(self, fact: PaymentReported) -> Effect:
        transition = transition_of(fact, self.transaction, self.checkout, source="provider", event_id=None)
        decision = decide(
            self.transaction.status,
            transition.trigger,
            circumstances(transition, self.transaction, self.checkout, NOW, late_payment=None),
        )
        if decision.case is not None:
            key = case_key(decision.case, transition, self.transaction)
            if key in self.cases:
                return Effect.IGNORED
            self.cases.add(key)
        if decision.effect is Effect.IGNORED:
            return decision.effect
        new = entries_for(transition, decision, self.transaction, self.entries)
        self.entries += new
        self.transaction = changed(
            self.transaction, transition, decision, posted=self.entries if new else None, now=NOW, origin=Origin()
        )
        if self.transaction.status is Status.SUCCEEDED and self.checkout.paid_by is None:
            self.checkout = self.checkout.changed(paid_by=self.transaction.id, status="completed")
        return decision.effect


provider_triggers = st.sampled_from(
    [
        Trigger.CAPTURE_CONFIRMED,
        Trigger.PROCESSING,
        Trigger.DECLINED,
        Trigger.CANCELED_AT_PROVIDER,
        Trigger.UNKNOWN_FACT,
        Trigger.DISPUTE_OPENED,
        Trigger.REFUND_CONFIRMED_PARTIAL,
    ]
)
amounts = st.sampled_from([PRICE, Money(4800, "EUR"), Money(4900, "USD")])
facts = st.builds(a_fact, provider_triggers, amounts, st.sampled_from(["pi_1", "pi_2"]), st.integers(0, 5))


@given(st.lists(facts, max_size=15))
def test_books_and_state_agree_whatever_the_order(history: list[PaymentReported]) -> None:
    books = Books()
    paid = False
    for fact in history:
        before = books.transaction.status
        books.apply(fact)
        after = books.transaction
        folded = ledger.totals(books.entries, "EUR")
        assert sum(ledger.balances(books.entries).values()) == 0
        assert (after.captured, after.unapplied) == (folded.captured, folded.unapplied)
        assert after.captured == (PRICE.amount_minor if after.status is Status.SUCCEEDED else 0)
        assert after.unapplied >= 0
        assert not (paid and after.status is not Status.SUCCEEDED)
        assert len(after.timeline) <= len(history)
        paid = paid or before is Status.SUCCEEDED or after.status is Status.SUCCEEDED


@given(facts)
def test_the_same_fact_twice_changes_the_books_once(fact: PaymentReported) -> None:
    once, twice = Books(), Books()
    once.apply(fact)
    twice.apply(fact)
    twice.apply(fact)

    assert (once.entries, once.transaction.status, once.cases) == (
        twice.entries,
        twice.transaction.status,
        twice.cases,
    )


@pytest.mark.parametrize(
    ("paid_by", "status", "amount", "expected"),
    [
        (None, Status.PENDING, PRICE, Trigger.CAPTURE_CONFIRMED),
        ("t", Status.SUCCEEDED, PRICE, Trigger.CAPTURE_CONFIRMED),
        ("other", Status.PENDING, PRICE, Trigger.CAPTURE_ALREADY_PAID),
        ("other", Status.PENDING, Money(1, "EUR"), Trigger.CAPTURE_ALREADY_PAID),
        ("other", Status.SUCCEEDED, PRICE, Trigger.CAPTURE_CONFIRMED),
        (None, Status.PENDING, Money(1, "EUR"), Trigger.CAPTURE_MISMATCH),
        (None, Status.PENDING, Money(4900, "USD"), Trigger.CAPTURE_MISMATCH),
    ],
)
def test_a_capture_is_exact_duplicate_or_wrong(
    paid_by: str | None, status: Status, amount: Money, expected: Trigger
) -> None:
    fact = a_fact(Trigger.CAPTURE_CONFIRMED, amount)

    assert classify(fact, a_transaction(status=status), a_checkout(paid_by=paid_by)) is expected


def test_a_customer_in_the_middle_of_an_authentication_is_not_committed() -> None:
    for label, commits in ((None, True), ("requires_action", False)):
        fact = replace(a_fact(Trigger.PROCESSING), label=label)
        transition = transition_of(fact, a_transaction(), a_checkout(), source="provider", event_id=None)
        assert transition.commits is commits


@pytest.mark.parametrize(
    ("state", "status", "expected"),
    [
        ("pending", Status.INITIATED, None),
        ("pending", Status.UNKNOWN, Trigger.CALL_ACCEPTED),
        ("unknown", Status.PENDING, None),
        ("requires_action", Status.INITIATED, Trigger.PROCESSING),
        ("processing", Status.INITIATED, Trigger.PROCESSING),
        ("succeeded", Status.CANCELED, Trigger.CAPTURE_CONFIRMED),
        ("failed", Status.PENDING, Trigger.DECLINED),
        ("canceled", Status.PENDING, Trigger.CANCELED_AT_PROVIDER),
    ],
)
def test_what_a_look_at_the_payment_proves(state: str, status: Status, expected: Trigger | None) -> None:
    fact = report_of_state(
        state, status, provider_payment_id="pi_1", provider_status=state, amount=PRICE, failure=None, now=NOW
    )

    assert (fact.trigger if fact else None) is expected


def changes_of(
    transaction: Transaction, transition: Transition, decision: Decision, *posted: Entry
) -> dict[str, object]:
    """Fields that a transition changed, besides those that every transition changes."""
    after = changed(transaction, transition, decision, posted=posted or None, now=NOW, origin=Origin())
    names = [name for name in type(after).model_fields if name != "timeline"]
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(transaction, name)}


def test_money_that_came_changes_the_state_and_the_sums_together() -> None:
    failed = Failure(code="card_declined", message="no")
    waiting = a_transaction(
        status=Status.PENDING,
        failure=failed,
        canceled_by="expiry",
        resolve_at=NOW,
        deadline_at=NOW,
        committed=True,
        provider_payment_id=None,
    )
    transition = Transition(
        Trigger.CAPTURE_CONFIRMED, "provider", provider_payment_id="pi_2", provider_status="succeeded", occurred_at=NOW
    )

    assert changes_of(
        waiting, transition, Decision(Effect.APPLIED, Status.SUCCEEDED), ledger.capture(PRICE, "p", "pi_2")
    ) == {
        "status": Status.SUCCEEDED,
        "provider_payment_id": "pi_2",
        "provider_status": "succeeded",
        "captured": PRICE.amount_minor,
        "entry_count": 1,
        "failure": None,
        "canceled_by": None,
        "resolve_at": None,
        "deadline_at": None,
        "last_fact_at": NOW,
    }


def test_what_commits_sets_a_deadline_unless_the_payment_is_over() -> None:
    deadline = NOW + timedelta(days=7)
    transition = Transition(Trigger.PROCESSING, "provider", commits=True, deadline_at=deadline)

    goes_on = changes_of(a_transaction(), transition, Decision(Effect.APPLIED, Status.PENDING))
    over = changes_of(a_transaction(deadline_at=NOW), transition, Decision(Effect.APPLIED, Status.FAILED))

    assert goes_on == {"status": Status.PENDING, "committed": True, "deadline_at": deadline}
    assert over == {"status": Status.FAILED, "committed": True, "deadline_at": None}


def test_what_is_only_recorded_leaves_deadlines_and_reasons() -> None:
    paid = a_transaction(status=Status.SUCCEEDED, resolve_at=NOW, deadline_at=NOW, canceled_by="expiry")
    transition = Transition(Trigger.DECLINED, "provider", provider_payment_id="pi_2", occurred_at=NOW)

    assert changes_of(paid, transition, Decision(Effect.RECORDED)) == {}


@pytest.mark.parametrize(
    ("disputed", "open_disputes", "update", "expected"),
    [(0, 0, 0, False), (0, 0, 1, True), (0, 1, -1, False), (0, 0, -1, False), (5, 0, 0, True), (5, 1, -1, True)],
)
def test_contested_while_a_dispute_is_open_or_holds_money(
    disputed: int, open_disputes: int, update: int, expected: bool
) -> None:
    paid = a_transaction(status=Status.SUCCEEDED, disputed=disputed, open_disputes=open_disputes)
    transition = Transition(Trigger.DISPUTE_CHANGED, "provider", open_disputes=update)

    after = changed(paid, transition, Decision(Effect.RECORDED), posted=None, now=NOW, origin=Origin())

    assert (after.contested, after.open_disputes) == (expected, max(open_disputes + update, 0))


def test_money_withdrawn_by_the_same_move_is_contested() -> None:
    paid = a_transaction(status=Status.SUCCEEDED)
    posted = (
        ledger.capture(PRICE, "p", "pi_1"),
        ledger.transfer("dispute", "dp_1", Account.DISPUTED, Account.CLEARING, PRICE, "p"),
    )

    after = changes_of(paid, Transition(Trigger.DISPUTE_OPENED, "provider"), Decision(Effect.RECORDED), *posted)

    assert (after["disputed"], after["contested"]) == (PRICE.amount_minor, True)
