"""Random interleavings of what callers, providers, jobs and crashes do, on a real database: the books always agree.

``pytest --hypothesis-profile nightly`` makes it larger, with other examples every time; ``STATE_MACHINE_EXAMPLES`` and
``STATE_MACHINE_STEPS`` set its size by hand.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from transaction_world import World

from gateway_contracts.errors import GatewayError, OutcomeUnknown, Transient
from gateway_contracts.events.ledger import BookedEntry
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import AMOUNT_MINOR_MAX, Money
from gateway_contracts.requests.customer import Session
from gateway_contracts.requests.transaction import RecordReceipt
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_kit.passes import Pass
from gateway_providers.events import Exchange
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, Settlement
from gateway_testkit.clock import START
from transaction.domain import ledger
from transaction.domain.booked import booked_entries
from transaction.domain.ledger import Entry
from transaction.domain.states import PAID
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.provider_operations.fetch_fees import fetch_fees
from transaction.provider_operations.resolve_unknown import resolve_operations, resolve_transactions
from transaction.use_cases.cancel_transaction import cancel_transaction
from transaction.use_cases.expire_sessions import expire_deadlines, expire_sessions
from transaction.use_cases.mark_pending import mark_pending
from transaction.use_cases.record_receipt import record_receipt
from transaction.use_cases.release_parked import release_parked

pytestmark = pytest.mark.integration

USUAL, NIGHTLY = (16, 20), (2_000, 40)
PERSONAL = ("Ada@Example.com", "ada@example.com", "Ada Lovelace", "shop.example", "pay.example")

JOBS: dict[str, Callable[[Deps], Pass[Any]]] = {
    "expire": expire_sessions,
    "deadlines": expire_deadlines,
    "calls": resolve_operations,
    "fees": fetch_fees,
    "transactions": resolve_transactions,
    "parked": release_parked,
}
FAULTS: dict[str, Callable[[], Exception]] = {
    "crash": lambda: ConnectionResetError("the process died before it called"),
    "unknown": lambda: OutcomeUnknown("the answer was lost"),
    "transient": lambda: Transient("not reached"),
}
CRASHES = (ConnectionResetError,)

# What a step's amounts are multiplied with: ordinary ones, from 2^31 on, and up to the largest that is allowed.
UNITS = (1, 1, 2**31 // 4900 + 1, AMOUNT_MINOR_MAX // 5390)
places = st.integers(0, 7)
amounts = st.sampled_from([4900, 4900, 4900, 100, 5000])
shifts = st.sampled_from([-7200, -1, 0, 0, 1, 7200])


@dataclass
class Story:
    """History of one example."""

    world: World
    sessions: list[Session] = field(default_factory=list)
    attempts: list[tuple[Session, str]] = field(default_factory=list)
    delivered: list[ReceivedProviderEvent] = field(default_factory=list)
    held_back: list[ReceivedProviderEvent] = field(default_factory=list)
    banked: int = 0
    unit: int = 1


class Payments(RuleBasedStateMachine):
    """One merchant, a few sessions, three provider accounts. ``run`` and ``fresh`` belong to the test's own loop."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    fresh: Callable[[], Coroutine[Any, Any, Any]]

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(type(self).run(type(self).fresh()))

    @property
    def world(self) -> World:
        return self.story.world

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Documented refusals and injected crashes are outcomes; everything else is a bug."""

        async def tried() -> Any:
            try:
                return await work
            except (GatewayError, AlreadyHandled, *CRASHES):
                return None

        return type(self).run(tried())

    def transaction(self, place: int) -> Transaction:
        _, transaction_id = self.story.attempts[place % len(self.story.attempts)]
        found: Transaction = type(self).run(self.world.transaction(transaction_id))
        return found

    @initialize(unit=st.sampled_from(UNITS))
    def begin(self, unit: int) -> None:
        self.story.unit = unit
        self.checkout()
        self.pay(0, "stripe", None)

    @precondition(lambda self: len(self.story.sessions) < 3)
    @rule()
    def checkout(self) -> None:
        line = TransactionLine(name="Shirt", quantity=2, unit_price=2450 * self.story.unit)
        session = self.do(self.world.checkout(amount=4900 * self.story.unit, items=(line,)))
        if session is not None:
            self.story.sessions.append(session)

    @rule(
        place=places,
        account=st.sampled_from(["stripe", "other", "wire"]),
        fault=st.sampled_from([None, None, "lost", *FAULTS]),
    )
    def pay(self, place: int, account: str, fault: str | None) -> None:
        """A new attempt; the process may die before the call, after it, or never see its answer."""
        session = self.story.sessions[place % len(self.story.sessions)]
        world, transaction_id = self.world, new_object_id()
        provider_id = {"stripe": world.stripe_id, "other": world.other_stripe_id, "wire": world.wire_id}[account]
        if fault == "lost":
            world.providers.lost_answers = 1
        elif fault is not None:
            world.providers.fail_next("create", FAULTS[fault]())
        self.do(world.pay(session, provider_id, transaction_id=transaction_id))
        world.providers.lost_answers = 0
        world.providers.failures.clear()
        if type(self).run(world.deps.transactions.get(None, world.scope, transaction_id)) is not None:
            self.story.attempts.append((session, transaction_id))

    @rule(place=places, fault=st.sampled_from([None, None, *FAULTS]))
    def cancel(self, place: int, fault: str | None) -> None:
        if fault is not None:
            self.world.providers.fail_next("cancel", FAULTS[fault]())
        self.do(cancel_transaction(self.transaction(place), source="customer", deps=self.world.deps))
        self.world.providers.failures.clear()

    @rule(place=places)
    def say_paid(self, place: int) -> None:
        session, transaction_id = self.story.attempts[place % len(self.story.attempts)]
        self.do(mark_pending(self.world.own(session, transaction_id), deps=self.world.deps))

    @rule(place=places, amount=amounts, is_repeated=st.booleans(), is_final=st.booleans())
    def receive(self, place: int, amount: int, is_repeated: bool, is_final: bool) -> None:
        self.story.banked += 0 if is_repeated else 1
        receipt = RecordReceipt(
            transaction_id=self.transaction(place).id,
            amount=amount * self.story.unit,
            currency="EUR",
            received_at=self.world.clock.now(),
            bank_reference=f"bank-{self.story.banked}",
            final=is_final,
        )
        self.do(record_receipt(receipt, scope=self.world.scope, deps=self.world.deps))

    @rule(
        place=places,
        amount=st.sampled_from([None, 1, 1900, 4900]),
        fault=st.sampled_from([None, None, "lost", *FAULTS]),
    )
    def refund(self, place: int, amount: int | None, fault: str | None) -> None:
        providers = self.world.providers
        providers.lost_answers = int(fault == "lost")
        if fault in FAULTS:
            providers.fail_next("refund", FAULTS[fault]())
        requested = None if amount is None else amount * self.story.unit
        self.do(self.world.refund(self.transaction(place).id, requested))
        providers.lost_answers = 0
        providers.failures.clear()

    @rule(state=st.sampled_from(["pending", "succeeded", "failed"]))
    def refunds_will_be(self, state: str) -> None:
        self.world.providers.refund_state = state

    @rule(
        place=places,
        state=st.sampled_from(["succeeded", "succeeded", "payment_failed", "canceled", "processing"]),
        amount=amounts,
        shift=shifts,
        is_now=st.booleans(),
    )
    def provider_says(self, place: int, state: str, amount: int, shift: int, is_now: bool) -> None:
        """True at the provider from now on; the webhook comes at once or waits to come late and out of order."""
        transaction = self.transaction(place)
        payment_id = self._payment(transaction)
        if payment_id is None or self.world.providers.payments[payment_id].state == "succeeded":
            return
        amount *= self.story.unit
        shown = {"payment_failed": "failed"}.get(state, state)
        received = Money(amount, "EUR") if state == "succeeded" else None
        self.world.providers.set_state(payment_id, shown, received)
        self._send(f"payment_intent.{state}", payment_id, transaction, shift, is_now, amount_received=amount)

    @rule(
        place=places,
        amount=st.sampled_from([100, 1900, 4900]),
        state=st.sampled_from(["pending", "succeeded", "failed"]),
        number=st.integers(1, 3),
        is_as_asked=st.sampled_from([True, True, False]),
        shift=shifts,
        is_now=st.booleans(),
    )
    def refund_is_reported(
        self, place: int, amount: int, state: str, number: int, is_as_asked: bool, shift: int, is_now: bool
    ) -> None:
        """About a refund of ours, perhaps of another amount, or about one that was made at the provider."""
        transaction = self.transaction(place)
        payment_id = self._payment(transaction)
        if payment_id is None:
            return
        ours = self.world.providers.refunds.get(f"re_{number}")
        markers = {MARKER_REFUND: ours.refund_id, MARKER_ORGANIZATION: self.world.scope.organization_id} if ours else {}
        fields: dict[str, Any] = {
            "object": "refund",
            "id": f"re_{number}" if ours else f"re_there_{number}",
            "payment_intent": payment_id,
            "status": state,
            "amount": ours.amount.amount_minor if ours and is_as_asked else amount * self.story.unit,
            "metadata": markers,
        }
        self._send("refund.updated", payment_id, transaction, shift, is_now, **fields)

    @rule(
        place=places,
        said=st.sampled_from(
            [
                ("created", "needs_response"),
                ("funds_withdrawn", "needs_response"),
                ("updated", "under_review"),
                ("closed", "won"),
                ("closed", "lost"),
                ("funds_reinstated", "won"),
                ("funds_reinstated", "lost"),
                ("funds_withdrawn", "lost"),
            ]
        ),
        kept=st.sampled_from([None, None, 0, 1900, 4900]),
        name=st.sampled_from(["dp", "dp", "reversal"]),
        shift=shifts,
        is_now=st.booleans(),
    )
    def dispute_is_reported(
        self, place: int, said: tuple[str, str], kept: int | None, name: str, shift: int, is_now: bool
    ) -> None:
        """Perhaps under a second name; ``kept`` is what the provider says that it holds back, where it says so."""
        transaction = self.transaction(place)
        payment_id = self._payment(transaction)
        if payment_id is None:
            return
        fields: dict[str, Any] = {
            "object": "dispute",
            "id": f"{name}_{payment_id}",
            "payment_intent": payment_id,
            "status": said[1],
        }
        if kept is not None:
            fields["balance_transactions"] = [{"amount": -kept * self.story.unit, "currency": "eur"}]
        self._send(f"charge.dispute.{said[0]}", payment_id, transaction, shift, is_now, **fields)

    @rule(place=places, currency=st.sampled_from(["EUR", "USD"]), fee=st.sampled_from([0, 98]), shift=shifts)
    def fee_is_named(self, place: int, currency: str, fee: int, shift: int) -> None:
        """The charge reached the provider's balance, perhaps in another currency."""
        transaction = self.transaction(place)
        payment_id = self._payment(transaction)
        if payment_id is None:
            return
        unit = self.story.unit
        come = Money(5390 * unit, currency)
        settlement = Settlement(
            fee=Money(fee * unit, currency) if fee else None,
            exchange=Exchange(Money(4900 * unit, "EUR"), come) if currency != "EUR" else None,
        )
        self.world.providers.settlements.setdefault(f"txn_{payment_id}", settlement)
        fields = {"object": "charge", "payment_intent": payment_id, "balance_transaction": f"txn_{payment_id}"}
        self._send("charge.updated", payment_id, transaction, shift, True, **fields, amount_captured=4900 * unit)

    def _payment(self, transaction: Transaction) -> str | None:
        """Payment that Stripe has made for it, known to the service or not."""
        made = self.world.providers.payments.values()
        return next((one.provider_payment_id for one in made if one.transaction_id == transaction.id), None)

    def _send(
        self, kind: str, payment_id: str, transaction: Transaction, shift: int, is_now: bool, **fields: Any
    ) -> None:
        created = int(self.world.clock.now().timestamp()) + shift
        about = {"id": payment_id, "amount": 4900 * self.story.unit, **fields}
        event = self.world.event(
            kind,
            str(about.pop("id")),
            provider_id=transaction.provider_id,
            created=created,
            **_marked(about, transaction),
        )
        self._deliver(event) if is_now else self.story.held_back.append(event)

    def _deliver(self, event: ReceivedProviderEvent) -> None:
        self.do(self.world.deliver(event))
        self.story.delivered.append(event)

    @precondition(lambda self: self.story.held_back)
    @rule(place=places)
    def webhook_comes_late(self, place: int) -> None:
        self._deliver(self.story.held_back.pop(place % len(self.story.held_back)))

    @precondition(lambda self: self.story.delivered)
    @rule(place=places)
    def webhook_comes_again(self, place: int) -> None:
        self._deliver(self.story.delivered[place % len(self.story.delivered)])

    @rule(seconds=st.sampled_from([1, 400, 4000, 90_000, 1_500_000]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(job=st.sampled_from(sorted(JOBS)), fault=st.sampled_from([None, None, None, "unknown", "crash"]))
    def job_runs(self, job: str, fault: str | None) -> None:
        if fault is not None:
            for operation in ("fetch", "cancel", "create", "find", "refund", "fetch_settlement"):
                self.world.providers.fail_next(operation, FAULTS[fault]())
        self.do(JOBS[job](self.world.deps).round())
        self.world.providers.failures.clear()

    @invariant()
    def books_agree(self) -> None:
        type(self).run(_check(self.world))

    def teardown(self) -> None:
        """Afterwards everything that waits is worked off: whatever was interrupted ends well."""
        while self.story.held_back:
            self._deliver(self.story.held_back.pop())
        for _ in range(3):
            self.world.clock.advance(timedelta(days=16))
            for job in JOBS.values():
                type(self).run(job(self.world.deps).round())
        type(self).run(_check(self.world))
        type(self).run(_check_outbox(self.world))
        assert self.world.letters.rows == [], "no row of a sound history is set aside"


def _marked(about: dict[str, Any], transaction: Transaction) -> dict[str, Any]:
    if "object" in about:
        return about
    return {**about, "transaction_id": transaction.id}


async def _check(world: World) -> None:
    await world.verify()
    ids = await world.deps.transactions.ids_after(None, 100)
    transactions = await world.deps.transactions.across_tenants.find(None, {"_id": {"$in": ids}}, sort=[("_id", 1)])
    paid: dict[str, int] = {}
    for transaction in transactions:
        paid[transaction.checkout_id] = paid.get(transaction.checkout_id, 0) + (transaction.status in PAID)
        entries = await _entries(world, transaction)
        sums: dict[str, int] = {}
        for (_, _, currency), balance in ledger.balances(entries).items():
            sums[currency] = sums.get(currency, 0) + balance
        assert not any(sums.values()), f"the books do not balance: {sums}"
        reported = await world.db.cases.count_documents({"key": {"$regex": f"^{transaction.id}:double_reversal:"}})
        if not reported:
            assert transaction.refundable >= 0
            assert 0 <= transaction.refunded <= transaction.captured
    assert all(count <= 1 for count in paid.values()), f"a session was paid twice: {paid}"


async def _entries(world: World, transaction: Transaction) -> list[Entry]:
    return await world.deps.uow.run(lambda tx: world.deps.ledger.entries(tx, world.scope, transaction.id))


async def _check_outbox(world: World) -> None:
    seen: dict[str, list[int]] = {}
    booked = Counter[tuple[str, BookedEntry]]()
    states: dict[str, str] = {}
    async for row in world.db.outbox.find({"kind": "event"}).sort([("_id", 1)]):
        seen.setdefault(row["entity_id"], []).append(row["sequence"])
        text = str(row["body"])
        assert not any(secret in text for secret in PERSONAL), "personal data in clear in an event"
        data = row["body"]["data"]
        booked.update((data["transactionId"], BookedEntry.model_validate(each)) for each in data.get("booked", ()))
        if row["subject"].startswith("transaction."):
            states[data["transactionId"]] = data["status"]
    await _check_events(world, booked, states)
    for entity_id, sequences in seen.items():
        assert sequences == sorted(set(sequences)), f"{entity_id}: {sequences}"
    for name in ("checkouts", "transactions", "refunds", "disputes", "cases", "parked_events", "provider_calls"):
        async for row in world.db[name].find():
            assert not any(secret in str(row) for secret in PERSONAL), f"personal data in clear in {name}"


async def _check_events(world: World, booked: Counter[tuple[str, BookedEntry]], states: dict[str, str]) -> None:
    """The events alone say every ledger entry, once, and the present states."""
    stored = Counter[tuple[str, BookedEntry]]()
    async for row in world.db.transactions.find():
        transaction = await world.transaction(row["_id"])
        assert states[transaction.id] == transaction.status.public
        entries = booked_entries(await _entries(world, transaction))
        stored.update((transaction.id, entry) for entry in entries)
        sums = Counter[str]()
        for amounts in (each for entry in entries for each in entry.amounts if each.currency == transaction.currency):
            sums.update({"captured": amounts.captured, "refunded": amounts.refunded, "disputed": amounts.disputed})
        assert sums == Counter({name: getattr(transaction, name) for name in sums})
    assert booked == stored


def _size() -> tuple[int, int]:
    """How many examples, and how many steps each has."""
    examples, steps = NIGHTLY if settings.get_current_profile_name() == "nightly" else USUAL
    given = os.environ.get
    return int(given("STATE_MACHINE_EXAMPLES", examples)), int(given("STATE_MACHINE_STEPS", steps))


@pytest.mark.timeout(8 * 3600)
async def test_no_interleaving_breaks_the_books(world: World) -> None:
    """The machine runs in a thread of its own; everything it does, it does on this test's loop."""
    loop = asyncio.get_running_loop()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(600)

    machine = type(
        "BoundPayments", (Payments,), {"run": staticmethod(run), "fresh": staticmethod(lambda: _renew(world))}
    )
    examples, steps = _size()
    is_usual = (examples, steps) == USUAL
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=is_usual,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,) if is_usual else (Phase.generate, Phase.shrink),
        print_blob=True,
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)


async def _renew(world: World) -> World:
    """An empty database and forgetful providers."""
    for name in await world.db.list_collection_names():
        await world.db[name].delete_many({})
    world.providers.forget()
    world.letters.rows.clear()
    world.clock.set(START)
    return world
