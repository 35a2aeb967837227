"""Refunds of which a provider says nothing any more: a person decides, after a bounded time and number of looks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Conflict, Rejected, Transient
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.case import CaseQuery
from gateway_contracts.requests.operation import ResolveCase
from transaction.provider_operations.resolve_unknown import resolve_operations
from transaction.use_cases.list_cases import list_cases
from transaction.use_cases.resolve_case import resolve_case

pytestmark = pytest.mark.integration


async def pending(world: World) -> tuple[Any, Any]:
    """A paid transaction and a refund of it that waits at the provider."""
    paid = await world.paid()
    world.providers.refund_state = "pending"
    return paid, await world.refund(paid.id, 1900)


async def days_pass(world: World, days: int) -> None:
    for _ in range(days):
        world.clock.advance(timedelta(days=1, hours=1))
        await resolve_operations(world.deps).round()


async def missing(world: World) -> tuple[Any, Any, Any]:
    paid, refund = await pending(world)
    world.providers.refunds.clear()
    await days_pass(world, 6)
    [case] = await world.cases()
    return paid, refund, case


async def resolve(world: World, case_id: str, resolution: Any) -> Any:
    request = ResolveCase(case_id=case_id, resolution=resolution, refund_id=new_object_id())
    return await resolve_case(request, scope=world.scope, operation_id=None, deps=world.deps)


async def test_a_refund_that_disappears_becomes_a_case(world: World) -> None:
    paid, refund, case = await missing(world)

    looks = [operation for operation, _ in world.providers.calls if operation == "find_refund"]
    assert len(looks) == 1 + world.deps.timing.refund_missing_looks
    assert (case["kind"], case["refund_id"], case["amount"]) == ("refund_missing", refund.id, 1900)
    assert (await world.transaction(paid.id)).refundable == 3000
    page = await list_cases(CaseQuery(status="open"), scope=world.scope, deps=world.deps)
    assert [(one.kind, one.refund_id) for one in page.cases] == [("refund_missing", refund.id)]
    assert [event["data"]["kind"] for event in await world.events("case.opened.v1")] == ["refund_missing"]
    await days_pass(world, 60)
    assert len([one for one, _ in world.providers.calls if one == "find_refund"]) == len(looks)
    assert len(await world.cases()) == 1
    await world.verify()


@pytest.mark.parametrize(
    ("resolution", "state", "status", "refundable", "refunded"),
    [("accept", "succeeded", "accepted", 3000, 1900), ("dismiss", "failed", "dismissed", 4900, 0)],
)
async def test_a_person_settles_it(
    world: World, resolution: str, state: str, status: str, refundable: int, refunded: int
) -> None:
    paid, refund, case = await missing(world)
    with pytest.raises(Conflict) as caught:
        await resolve(world, case["_id"], "refund")
    assert caught.value.code == "CASE_NOT_APPLICABLE"
    for _ in range(2):
        record = await resolve(world, case["_id"], resolution)
        assert (record.status, record.refund_id) == (status, refund.id)

    after = await world.transaction(paid.id)
    assert (after.refundable, after.refunded, after.status) == (refundable, refunded, "succeeded")
    [settled] = await world.deps.refunds.of_transaction(world.scope, paid.id)
    assert settled.state == state
    assert [event["data"]["resolution"] for event in await world.events("case.closed.v1")] == [status]
    assert len(await world.events(f"refund.{state}.v1")) == 1
    await world.verify()


@pytest.mark.parametrize("state", ["succeeded", "failed"])
async def test_the_provider_tells_after_all(world: World, state: str) -> None:
    """Before a decision: the case is closed automatically."""
    paid, _, case = await missing(world)
    subject: dict[str, Any] = {
        "object": "refund",
        "payment_intent": paid.provider_payment_id,
        "status": state,
        "amount": 1900,
    }
    await world.deliver(world.event("refund.updated", "re_1", **subject))

    [closed] = await world.cases()
    assert closed["status"] == ("accepted" if state == "succeeded" else "dismissed")
    assert (await world.transaction(paid.id)).refunded == (1900 if state == "succeeded" else 0)
    with pytest.raises(Conflict):
        await resolve(world, case["_id"], "dismiss" if state == "succeeded" else "accept")
    await world.verify()


async def test_the_provider_tells_otherwise_than_the_person(world: World) -> None:
    """The money is what counts."""
    paid, _, case = await missing(world)
    await resolve(world, case["_id"], "dismiss")
    later = int(world.clock.now().timestamp()) + 60
    subject: dict[str, Any] = {
        "object": "refund",
        "payment_intent": paid.provider_payment_id,
        "status": "succeeded",
        "amount": 1900,
    }
    await world.deliver(world.event("refund.updated", "re_1", created=later, **subject))

    assert (await world.transaction(paid.id)).refunded == 1900
    await world.verify()


async def test_a_refund_that_is_shown_again_is_no_case(world: World) -> None:
    paid, _ = await pending(world)
    known = dict(world.providers.refunds)
    world.providers.refunds.clear()
    await days_pass(world, 3)
    world.providers.refunds.update(known)
    await days_pass(world, 2)
    world.providers.refunds.clear()
    await days_pass(world, 3)

    assert await world.cases() == []
    world.providers.refunds = {name: replace(one, state="succeeded") for name, one in known.items()}
    await days_pass(world, 1)
    assert (await world.transaction(paid.id)).refunded == 1900
    await world.verify()


async def test_a_refund_made_at_the_provider_that_disappears_becomes_a_case(world: World) -> None:
    """It was not requested here, and reserves its amount all the same."""
    paid = await world.paid()
    subject: dict[str, Any] = {
        "object": "refund",
        "payment_intent": paid.provider_payment_id,
        "status": "pending",
        "amount": 1900,
    }
    await world.deliver(world.event("refund.updated", "re_there", **subject))
    await days_pass(world, 6)

    [case] = await world.cases()
    assert case["kind"] == "refund_missing"
    assert [one for one, _ in world.providers.calls if one == "refund"] == []
    await resolve(world, case["_id"], "dismiss")
    assert (await world.transaction(paid.id)).refundable == 4900
    await world.verify()


@pytest.mark.parametrize("trouble", [Transient("not reached"), Rejected("no access", code="PROVIDER_REFUSED")])
async def test_a_provider_that_does_not_look_decides_nothing(world: World, trouble: Exception) -> None:
    paid, _ = await pending(world)
    for _ in range(200):
        world.providers.fail_next("find_refund", trouble)
    await days_pass(world, 120)

    [case] = await world.cases()
    [refund] = await world.deps.refunds.of_transaction(world.scope, paid.id)
    assert (case["kind"], refund.state) == ("refund_missing", "pending")
    await world.verify()


async def test_a_refund_that_never_ends_becomes_a_case(world: World) -> None:
    await pending(world)
    await days_pass(world, 120)
    assert [case["kind"] for case in await world.cases()] == ["refund_missing"]
