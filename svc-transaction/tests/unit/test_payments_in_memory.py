"""Whole payments on collections in memory: the use cases as in production, without servers."""

import pytest
from transaction_world import World

from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from transaction.domain.states import Trigger
from transaction.domain.transaction import Transaction
from transaction.provider_operations.cancel_attempts import cancel_open_attempts, store_cancel
from transaction.provider_operations.execute import execute_operations
from transaction.store.documents import ParkedEventDocument
from transaction.use_cases.verify import BookCheck


def states(world: World) -> list[str]:
    return [row["status"] for row in world.db.stored("transactions")]


async def test_a_payment_from_its_checkout_to_its_refund(memory_world: World) -> None:
    paid = await memory_world.paid()
    await memory_world.refund(paid.id, 900)

    after = await memory_world.transaction(paid.id)
    assert (after.status, after.captured, after.refunded) == ("succeeded", 4900, 900)
    assert after.timeline[0].type == "created"
    events = [row["body"]["type"] for row in memory_world.db.stored("outbox")]
    assert "transaction.succeeded.v1" in events
    assert "refund.succeeded.v1" in events
    await memory_world.verify()


async def test_the_description_of_an_order_is_in_its_page_and_its_events(memory_world: World) -> None:
    session = await memory_world.checkout(description="Annual membership 2027", items=())
    await memory_world.pay(session)
    await memory_world.deliver(memory_world.event("payment_intent.succeeded", "pi_1"))

    assert session.description == "Annual membership 2027"
    events = {row["body"]["type"]: row["body"]["data"] for row in memory_world.db.stored("outbox")}
    for kind in ("checkout.created.v1", "transaction.succeeded.v1"):
        assert events[kind]["description"] == "Annual membership 2027"


async def test_a_webhook_counts_once(memory_world: World) -> None:
    started = await memory_world.pay(await memory_world.checkout())
    event = memory_world.event("payment_intent.succeeded", "pi_1")
    await memory_world.deliver(event)

    with pytest.raises(AlreadyHandled):
        await memory_world.deliver(event)

    assert (await memory_world.transaction(started.transaction_id)).entry_count == 1


async def test_the_same_reference_paid_twice_is_a_case(memory_world: World) -> None:
    for number in (1, 2):
        await memory_world.pay(await memory_world.checkout(external_reference="order-1"))
        await memory_world.deliver(memory_world.event("payment_intent.succeeded", f"pi_{number}"))

    assert [row["kind"] for row in memory_world.db.stored("cases")] == ["duplicate_payment"]
    assert [row["successes"] for row in memory_world.db.stored("paid_references")] == [2]
    assert states(memory_world) == ["succeeded", "succeeded"]


async def test_an_unreadable_parked_row_of_an_earlier_version_stops_no_start(memory_world: World) -> None:
    row = {"_id": "parked-1", "organization_id": "65f0c0ffee65f0c0ffee65f0", "state": "parked", "fact": "unreadable"}
    await memory_world.db.rows(ParkedEventDocument).insert_each([row])

    assert await memory_world.deps.parked.adopt(memory_world.clock.now())
    assert not await memory_world.deps.parked.adopt(memory_world.clock.now())
    assert memory_world.db.stored("parked_events")[0]["due_at"] is not None


async def test_the_check_of_the_books_walks_tenant_by_tenant(memory_world: World) -> None:
    for _ in range(3):
        await memory_world.pay(await memory_world.checkout())
    await memory_world.other.paid()
    check = BookCheck(memory_world.deps, batch=2)

    assert [await check.turn() for _ in range(4)] == [[]] * 4


@pytest.fixture
def lost_race(memory_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change of a transaction loses against another process."""

    def lose(*_: object, **__: object) -> Transaction:
        raise ChangedMeanwhile

    monkeypatch.setattr(memory_world.deps.transactions, "replace", lose)


async def test_an_outcome_that_lost_a_race_stays_stored_for_the_janitor(
    memory_world: World, request: pytest.FixtureRequest
) -> None:
    started = await memory_world.pay(await memory_world.checkout())
    transaction = await memory_world.transaction(started.transaction_id)
    operation = await store_cancel(transaction, Trigger.CANCEL_REQUESTED, deps=memory_world.deps)
    request.getfixturevalue("lost_race")

    await execute_operations([operation], deps=memory_world.deps)

    [row] = [row for row in memory_world.db.stored("provider_calls") if row["_id"] == operation.id]
    assert (row["state"], row["attempts"]) == ("intent", 1)


async def test_a_cancellation_that_lost_a_race_does_not_hold_up_the_next_attempt(
    memory_world: World, request: pytest.FixtureRequest
) -> None:
    started = await memory_world.pay(await memory_world.checkout())
    transaction = await memory_world.transaction(started.transaction_id)
    checkout = await memory_world.deps.checkouts.get(None, memory_world.scope, transaction.checkout_id)
    assert checkout is not None
    request.getfixturevalue("lost_race")

    await cancel_open_attempts(checkout, deps=memory_world.deps)

    assert memory_world.providers.payments["pi_1"].state == "canceled"
