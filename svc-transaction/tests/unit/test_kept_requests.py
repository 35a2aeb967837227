"""Requests to providers and their answers, stored with the operation that they belong to."""

import json
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import OutcomeUnknown, Transient
from gateway_contracts.requests.books import INTERRUPTED, OperationRecord, ProviderRequest
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_providers.errors import ProviderBusy
from gateway_providers.recording import REQUESTS_MAX, record, recording
from transaction.domain.records import ProviderOperation
from transaction.domain.transaction import Transaction
from transaction.provider_operations.keep_requests import postpone_operation
from transaction.provider_operations.resolve_unknown import resolve_operations
from transaction.use_cases.list_operations import REQUESTS_BYTES_MAX, list_operations


async def operations_of(world: World, transaction_id: str) -> list[OperationRecord]:
    return list((await list_operations(transaction_id, scope=world.scope, deps=world.deps)).operations)


async def requests_of(world: World, transaction_id: str) -> dict[str, list[tuple[str | None, str | None]]]:
    listed = await operations_of(world, transaction_id)
    return {each.kind: [(request.path, request.error) for request in each.requests] for each in listed}


async def test_the_request_is_stored_with_the_outcome(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    refund = await world.refund(paid.id, 1000)
    [create] = [each.id for each in await operations_of(world, paid.id) if each.kind == "create"]
    assert await requests_of(world, paid.id) == {
        "create": [(f"/create/{create}", None)],
        "refund": [(f"/refund/{refund.id}", None)],
    }
    [stored] = await world.deps.operations.find(None, world.scope, {"transaction_id": paid.id, "kind": "create"})
    assert stored.requests is not None
    assert "/create" not in json.dumps(stored.model_dump(mode="json"))


async def test_an_outcome_and_its_requests_are_one_update(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    [stored] = await world.deps.operations.find(None, world.scope, {"transaction_id": paid.id})
    assert (stored.state, stored.version) == ("done", 2)


async def test_a_lost_answer_and_its_repetition(memory_world: World) -> None:
    world = memory_world
    world.providers.fail_next("create", OutcomeUnknown("lost"))
    started = await world.pay(await world.checkout())
    world.clock.advance(world.deps.timing.first.total_seconds() * 2)
    await resolve_operations(world.deps).round()
    [create] = await operations_of(world, started.transaction_id)
    assert [request.error for request in create.requests] == ["OutcomeUnknown", None]


async def test_a_process_that_died_before_it_stored_the_answer(memory_world: World) -> None:
    world = memory_world
    world.providers.lost_answers = 1
    session = await world.checkout()
    with pytest.raises(ConnectionResetError):
        await world.pay(session)
    transaction = await only_transaction(world)
    assert await requests_of(world, transaction.id) == {"create": []}
    world.clock.advance(world.deps.timing.first.total_seconds() * 2)
    await resolve_operations(world.deps).round()

    [create] = await operations_of(world, transaction.id)
    interrupted, answered = create.requests
    assert (create.state, interrupted.method, interrupted.status) == ("done", None, None)
    assert interrupted.at == transaction.created_at
    assert interrupted.error == INTERRUPTED
    assert answered.path == f"/create/{create.id}"


async def only_transaction(world: World) -> Transaction:
    [found] = await world.deps.transactions.find(None, world.scope, {})
    return found


async def test_what_was_never_sent_says_so(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    world.providers.fail_next("refund", ProviderBusy("busy with ada@example.com"))
    await world.refund(paid.id, 1000)
    [(path, error)] = (await requests_of(world, paid.id))["refund"]
    assert (path, error) == (None, "No request of this operation was sent: PROVIDER_UNAVAILABLE.")


async def test_the_latest_requests_are_kept(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    for _ in range(REQUESTS_MAX + 2):
        world.providers.fail_next("refund", Transient("not now"))
        world.providers.fail_next("find_refund", Transient("not now"))
    await world.refund(paid.id, 1000)
    for _ in range(REQUESTS_MAX + 1):
        world.clock.advance(timedelta(days=2).total_seconds())
        await resolve_operations(world.deps).round()
    paths = [path for path, _ in (await requests_of(world, paid.id))["refund"]]
    assert len(paths) == REQUESTS_MAX


async def test_what_does_not_fit_into_the_reply_is_left_out(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    long = "x" * (REQUESTS_BYTES_MAX // 4)
    for number in range(4):
        operation = new_operation(world, paid, f"op{number}")
        await store(world, operation, ProviderRequest(at=world.clock.now(), answer=long))
        world.clock.advance(1)
    listed = await operations_of(world, paid.id)
    assert [each.id for each in listed if each.requests_left_out] == ["op0"]
    assert [len(each.requests) for each in listed] == [0, 1, 1, 1, 1]


def new_operation(world: World, paid: Transaction, identifier: str) -> ProviderOperation:
    now = world.clock.now()
    same = {name: getattr(paid, name) for name in ("organization_id", "livemode", "provider_id")}
    return ProviderOperation(
        id=identifier, transaction_id=paid.id, kind="ask", due_at=now, created_at=now, state="unknown", **same
    )


async def store(world: World, operation: ProviderOperation, request: ProviderRequest) -> None:
    async def work(tx: Any) -> None:
        world.deps.operations.insert(tx, operation)
        await postpone_operation(tx, operation, tx.now, deps=world.deps)

    with recording(operation.id):
        record(request)
        await world.deps.uow.run(work)


async def test_an_outcome_is_stored_without_requests_that_cannot_be(
    memory_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = memory_world
    paid = await world.paid()
    operation = new_operation(world, paid, "op")
    await store(world, operation, ProviderRequest(at=world.clock.now(), path="/x"))

    def fail(*_args: object) -> str:
        raise DecryptionFailed("changed")

    monkeypatch.setattr(type(world.deps.cipher), "open", fail)
    listed = {each.id: each for each in await operations_of(world, paid.id)}
    assert (listed["op"].requests, listed["op"].requests_left_out) == ((), True)
