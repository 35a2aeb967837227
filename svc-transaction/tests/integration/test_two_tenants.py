"""Actions of merchant A, by mistake or on purpose, do not affect merchant B."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Rejected, Transient
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_kit.mongo.due_rows import MongoDueRows
from gateway_kit.passes import DueRows, Pass, PassLimits
from gateway_providers.ports import Settlement
from gateway_testkit.consumers import handler_of
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from gateway_testkit.waiting import eventually
from transaction.consumers import provider_events
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.provider_operations.fetch_fees import fetch_fees
from transaction.provider_operations.resolve_unknown import resolve_operations, resolve_transactions
from transaction.transitions import open_case as cases
from transaction.use_cases import apply_reports as facts
from transaction.use_cases.expire_sessions import expire_deadlines, expire_sessions
from transaction.use_cases.release_parked import release_parked
from transaction.use_cases.verify import BookCheck, check_transactions, verify_all

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)


async def refund_comes_before_its_payment(merchant: World, transaction_id: str, amount: int) -> None:
    """A refund that the merchant made at its provider, reported before the capture: it is parked."""
    fields: dict[str, Any] = {
        "object": "refund",
        "payment_intent": "pi_later",
        "amount": amount,
        "transaction_id": transaction_id,
    }
    await merchant.deliver(merchant.event("refund.created", f"re_{new_object_id()}", status="succeeded", **fields))


async def paid(merchant: World) -> Transaction:
    started = await merchant.pay(await merchant.checkout())
    transaction = await merchant.transaction(started.transaction_id)
    merchant.providers.set_state(transaction.provider_payment_id, "succeeded", received=Money(4900, "EUR"))
    await merchant.deliver(merchant.event("payment_intent.succeeded", transaction.provider_payment_id))
    return await merchant.transaction(started.transaction_id)


async def test_a_refund_beyond_32_bits_does_not_keep_anothers_refund_from_being_booked(world: World) -> None:
    """As it was found: the pass failed every second at A's row, and B's acknowledged refund was never booked."""
    other = world.other
    await refund_comes_before_its_payment(world, new_object_id(), 2**31)
    theirs = await other.pay(await other.checkout())
    transaction = await other.transaction(theirs.transaction_id)
    fields: dict[str, Any] = {"object": "refund", "payment_intent": transaction.provider_payment_id, "amount": 1000}
    other.providers.fail_next("fetch", Transient("away"))
    await other.deliver(other.event("refund.created", "re_b", status="succeeded", **fields))
    await other.deliver(other.event("payment_intent.succeeded", transaction.provider_payment_id))
    assert (await other.transaction(transaction.id)).refunded == 0

    await release_parked(world.deps).round()

    assert (await other.transaction(transaction.id)).refunded == 1000
    await other.verify()


@dataclass
class Due:
    """One pass, what makes a row of it due, and how the outcome shows."""

    job: Callable[[Deps], Pass[Any]]
    collection: str
    make: Callable[[World], Awaitable[str]]
    is_done: Callable[[World, str], Awaitable[Any]]
    broken: dict[str, Any] = field(default_factory=lambda: {"livemode": "odd"})


async def a_session(merchant: World) -> str:
    return (await merchant.checkout(expire_in_hours=1)).checkout_id


async def an_open_payment(merchant: World) -> str:
    return (await merchant.pay(await merchant.checkout())).transaction_id


async def an_overdue_payment(merchant: World) -> str:
    started = await merchant.pay(await merchant.checkout())
    deadline = {"committed": True, "deadline_at": merchant.clock.now()}
    await merchant.db.transactions.update_one({"_id": started.transaction_id}, {"$set": deadline})
    return started.transaction_id


async def a_call_without_an_answer(merchant: World) -> str:
    started = await merchant.pay(await merchant.checkout())
    call = await merchant.db.provider_calls.find_one({"transaction_id": started.transaction_id})
    now = merchant.clock.now()
    await merchant.db.provider_calls.update_one({"_id": call["_id"]}, {"$set": {"state": "unknown", "due_at": now}})
    return call["_id"]


async def a_named_fee(merchant: World) -> str:
    transaction = await paid(merchant)
    reference = f"txn_{transaction.provider_payment_id}".replace("_pi", "pi")
    merchant.providers.settlements[reference] = Settlement(Money(98, "EUR"))
    fields: dict[str, Any] = {
        "object": "charge",
        "payment_intent": transaction.provider_payment_id,
        "balance_transaction": reference,
    }
    await merchant.deliver(merchant.event("charge.updated", "ch_1", amount_captured=4900, **fields))
    call = await merchant.db.provider_calls.find_one({"transaction_id": transaction.id, "kind": "fee"})
    return call["_id"]


async def a_parked_fact(merchant: World) -> str:
    await refund_comes_before_its_payment(merchant, new_object_id(), 1000)
    row = await merchant.db.parked_events.find_one({"organization_id": merchant.scope.organization_id})
    return row["_id"]


async def field_of(merchant: World, collection: str, row_id: str, name: str) -> Any:
    return (await merchant.db[collection].find_one({"_id": row_id}))[name]


PASSES = {
    "sessions": Due(
        expire_sessions,
        "checkouts",
        a_session,
        lambda m, row_id: field_of(m, "checkouts", row_id, "status"),
    ),
    "deadlines": Due(
        expire_deadlines,
        "transactions",
        an_overdue_payment,
        lambda m, row_id: field_of(m, "transactions", row_id, "status"),
    ),
    "transactions": Due(
        resolve_transactions,
        "transactions",
        an_open_payment,
        lambda m, row_id: field_of(m, "transactions", row_id, "resolve_attempts"),
    ),
    "calls": Due(
        resolve_operations,
        "provider_calls",
        a_call_without_an_answer,
        lambda m, row_id: field_of(m, "provider_calls", row_id, "state"),
    ),
    "fees": Due(
        fetch_fees, "provider_calls", a_named_fee, lambda m, row_id: field_of(m, "provider_calls", row_id, "state")
    ),
    "parked": Due(
        release_parked,
        "parked_events",
        a_parked_fact,
        lambda m, row_id: field_of(m, "parked_events", row_id, "state"),
        broken={"fact": "odd"},
    ),
}
OUTCOMES = {
    "sessions": "expired",
    "deadlines": "canceled",
    "transactions": 1,
    "calls": "done",
    "fees": "done",
    "parked": "unmatched",
}


@pytest.mark.parametrize("name", sorted(PASSES))
async def test_a_row_that_cannot_be_read_is_set_aside_and_the_others_are_done(world: World, name: str) -> None:
    due, other = PASSES[name], world.other
    theirs = await due.make(other)
    broken = await due.make(world)
    row = await world.db[due.collection].find_one({"_id": broken})
    await world.db[due.collection].update_one({"_id": broken}, {"$set": due.broken})
    job = due.job(world.deps)
    # Nothing but these two rows is due.
    world.clock.advance(timedelta(hours=25))

    await job.round()

    assert await due.is_done(other, theirs) == OUTCOMES[name]
    assert world.letters.rows == []
    for _ in range(PassLimits().tries_max):
        world.clock.advance(2 * HOUR)
        await job.round()
    assert [(source, row_id, lane) for source, row_id, lane, _ in world.letters.rows] == [
        (due.collection, broken, TEST_ORGANIZATION)
    ]
    world.clock.advance(timedelta(days=60))
    before = await world.db[due.collection].find_one({"_id": broken})
    await job.round()
    assert await world.db[due.collection].find_one({"_id": broken}) == before, "it is not taken again"

    await world.db[due.collection].update_one({"_id": broken}, {"$set": {key: row[key] for key in due.broken}})
    rows: dict[str, DueRows[object]] = {
        "sessions": world.deps.checkouts.expiring,
        "deadlines": world.deps.transactions.overdue,
        "transactions": world.deps.transactions.unresolved,
        "calls": world.deps.operations.unanswered,
        "fees": world.deps.operations.waiting,
        "parked": world.deps.parked.waiting,
    }
    assert await rows[name].redrive(broken, world.clock.now())
    await job.round()
    assert await due.is_done(world, broken) == OUTCOMES[name]


@pytest.mark.parametrize("name", sorted(PASSES))
async def test_anothers_backlog_is_passed_by_with_the_index(world: World, name: str) -> None:
    due = PASSES[name]
    theirs = await due.make(world.other)
    own = await due.make(world)
    row = await world.db[due.collection].find_one({"_id": own})
    unique = ("session_hash", "short_code_hash", "provider_payment_id")
    copies = [
        {**row, "_id": f"copy-{number}", **{key: f"{number}" for key in unique if key in row}}
        for number in range(2_000)
    ]
    await world.db[due.collection].insert_many(copies)
    world.clock.advance(timedelta(hours=25))
    job = due.job(world.deps)
    rows = job._rows
    assert isinstance(rows, MongoDueRows)
    search = {"find": due.collection, "filter": rows.due_of({"$gt": TEST_ORGANIZATION}, world.clock.now()), "limit": 1}
    claim = {"findAndModify": due.collection, "query": rows.due_of(OTHER_ORGANIZATION, world.clock.now())}

    for command in (
        {**search, "sort": {"organization_id": 1}},
        {**claim, "sort": {rows._due: 1}, "remove": True},
    ):
        explained = await world.db.command("explain", command, verbosity="executionStats")
        stats = explained["executionStats"]
        assert stats["totalKeysExamined"] <= 8, explained
        assert stats["totalDocsExamined"] <= 3
    assert TEST_ORGANIZATION < OTHER_ORGANIZATION
    assert await rows.next_tenant(TEST_ORGANIZATION, world.clock.now()) == OTHER_ORGANIZATION
    assert theirs


async def test_the_check_of_the_books_goes_on_after_a_transaction_that_cannot_be_read(world: World) -> None:
    odd, theirs = await paid(world), await paid(world.other)
    await world.db.transactions.update_one({"_id": odd.id}, {"$set": {"amount": "much"}})
    await world.db.transactions.update_one({"_id": theirs.id}, {"$set": {"captured": 1}})

    found = await verify_all(deps=world.deps)

    assert [each.transaction_id for each in found if each.what.startswith("it cannot be checked")] == [odd.id]
    assert any(each.transaction_id == theirs.id and each.what.startswith("captured is 1") for each in found)


async def test_the_check_of_the_books_goes_on_after_an_odd_entry(world: World) -> None:
    odd, theirs = await paid(world), await paid(world.other)
    await world.db.ledger_entries.update_many({"transaction_id": odd.id}, {"$set": {"postings": [{"amount": "much"}]}})

    found = await check_transactions([odd.id, theirs.id], deps=world.deps)

    assert {each.transaction_id for each in found} == {odd.id}


async def test_the_check_of_the_books_takes_turns(world: World) -> None:
    for _ in range(7):
        await world.pay(await world.checkout())
    theirs = await paid(world.other)
    await world.db.transactions.update_one({"_id": theirs.id}, {"$set": {"captured": 1}})
    check = BookCheck(world.deps, batch=2)

    turns = [await check.turn() for _ in range(2)]

    assert {each.transaction_id for turn in turns for each in turn} == {theirs.id}
    # The tenant with more comes to its end as well, and then begins anew.
    seen: list[str] = []
    ids_of_tenant = world.deps.transactions.ids_of_tenant
    after = None
    for _ in range(4):
        ids, after = await ids_of_tenant(TEST_ORGANIZATION, after, 2)
        seen += ids
    assert (len(seen), len(set(seen)), after) == (7, 7, None)


async def test_an_absurd_amount_is_refused_at_once_and_the_other_payment_succeeds(world: World) -> None:
    """Signed with the merchant's own secret: it would fail the same way every time."""
    ours, theirs = await an_open_payment(world), await an_open_payment(world.other)
    handle = handler_of(provider_events.router(world.deps), provider_events.CONSUMER)
    absurd = [
        world.event("payment_intent.succeeded", "pi_1", amount_received=amount, transaction_id=ours)
        for amount in (2**63, 10**30, -(2**70), 0, -1)
    ]
    absurd.append(world.event("payment_intent.succeeded", "pi_1", currency="xxx", transaction_id=ours))
    absurd.append(world.event("payment_intent.succeeded", "pi_1", created=253_402_300_799, transaction_id=ours))
    absurd.append(world.event("payment_intent.succeeded", "pi_1", created=4_000_000_000, transaction_id=ours))
    good = world.other.event("payment_intent.succeeded", "pi_2")

    outcomes = await asyncio.gather(*(handle(event) for event in [*absurd, good]), return_exceptions=True)

    assert all(isinstance(outcome, Rejected) for outcome in outcomes[:-1]), outcomes
    assert outcomes[-1] is None
    assert (await world.other.transaction(theirs)).status == "succeeded"
    assert (await world.transaction(ours)).captured == 0
    assert await world.db.parked_events.count_documents({}) == 0


async def test_a_flood_of_facts_without_payments_has_a_bound_and_another_merchants_fact_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "PARKED_MAX", 3)
    for _ in range(3):
        await world.deliver(world.event("payment_intent.succeeded", "pi_7", transaction_id=new_object_id()))

    with pytest.raises(Rejected) as refused:
        await world.deliver(world.event("payment_intent.succeeded", "pi_7", transaction_id=new_object_id()))
    await world.other.deliver(world.other.event("payment_intent.succeeded", "pi_8", transaction_id=new_object_id()))

    assert refused.value.code == "TOO_MANY_PARKED"
    lanes = [row["organization_id"] async for row in world.db.parked_events.find({"state": "parked"}).sort("_id", 1)]
    assert sorted(lanes) == [TEST_ORGANIZATION] * 3 + [OTHER_ORGANIZATION]


async def test_cases_without_a_transaction_have_a_bound_and_the_fact_is_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "OPEN_CASES_MAX", 2)
    # One after the other: facts that are given up at the same moment count without each other.
    for number in range(3):
        await world.deliver(world.event("payment_intent.succeeded", "pi_7", transaction_id=new_object_id()))
        if number == 2:
            theirs = world.other.event("payment_intent.succeeded", "pi_8", transaction_id=new_object_id())
            await world.other.deliver(theirs)
        world.clock.advance(timedelta(hours=25))
        await release_parked(world.deps).round()

    opened = [case["organization_id"] for case in await world.cases()]
    assert sorted(opened) == [TEST_ORGANIZATION] * 2 + [OTHER_ORGANIZATION]
    assert [(lane, reason) for _, _, lane, reason in world.letters.rows] == [(TEST_ORGANIZATION, "Conflict")]


async def test_a_tenant_whose_provider_hangs_does_not_keep_another_from_its_session_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, cancel = asyncio.Event(), world.providers.cancel

    async def hanging(provider: Any, *arguments: Any) -> Any:
        if provider.organization_id == TEST_ORGANIZATION:
            await hangs.wait()
        return await cancel(provider, *arguments)

    monkeypatch.setattr(world.providers, "cancel", hanging)
    for _ in range(10):
        await world.pay(await world.checkout(expire_in_hours=1))
    session = await world.other.checkout(expire_in_hours=1)
    started = await world.other.pay(session)
    world.clock.advance(2 * HOUR)
    running = asyncio.create_task(expire_sessions(world.deps).run(0.01))

    async def has_ended() -> bool:
        return (await world.other.transaction(started.transaction_id)).status == "canceled"

    await eventually(has_ended)
    hangs.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
