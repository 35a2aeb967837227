"""A delivery that cannot be processed: set aside with a letter, out of its queue's way, redriven by the operator."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from ipn_bench import Bench

from gateway_contracts.events.transaction import TransactionSubmittedV1, TransactionSucceededV1
from gateway_contracts.requests.ipn import LIST_DELIVERIES, DeliveryQuery
from gateway_kit.nats.dead_letters import DeadLetters
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration


async def until(bench: Bench, delivery_id: str, state: str) -> Any:
    async def reached() -> Any:
        row = await bench.deliveries.find_one({"_id": delivery_id})
        return row if row and row["state"] == state else None

    return await eventually(reached)


async def broken(bench: Bench, **change: Any) -> tuple[str, Any]:
    """A delivery that waits and whose stored body no longer decrypts; its id and the body as it was."""
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    kind = change.pop("kind")
    delivery_id = await bench.change(kind, **change)
    row = await until(bench, delivery_id, "waiting")
    body = row["body"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    await bench.deliveries.update_one({"_id": delivery_id}, {"$set": {"body": row["url"], "next_attempt_at": past}})
    await until(bench, delivery_id, "set_aside")
    return delivery_id, body


async def letters_of(bench: Bench) -> list[Any]:
    letters = DeadLetters(bench.client.jetstream(timeout=60), bench.runtime.rpc)
    return [letter async for letter in letters.all("svc-ipn")]


async def redrive(bench: Bench, letter: Any) -> bool:
    return await DeadLetters(bench.client.jetstream(timeout=60), bench.runtime.rpc).redrive(letter)


@pytest_asyncio.fixture(autouse=True)
async def no_letters(stopped: Bench) -> None:
    await stopped.client.jetstream(timeout=60).purge_stream("DEAD_LETTERS")


async def test_a_delivery_that_does_not_decrypt_is_set_aside_with_a_letter_and_redriven(bench: Bench) -> None:
    delivery_id, body = await broken(bench, kind=TransactionSucceededV1)

    [letter] = await letters_of(bench)
    assert (letter.source, letter.reference, letter.reason) == ("deliveries", delivery_id, "DecryptionFailed")
    assert letter.organization_id == bench.organization_id
    assert len(bench.merchant.requests) == 1

    await bench.deliveries.update_one({"_id": delivery_id}, {"$set": {"body": body}})
    assert await redrive(bench, letter)

    await until(bench, delivery_id, "delivered")
    assert await letters_of(bench) == []
    first, second = bench.merchant.requests
    assert first.body == second.body


async def test_what_comes_behind_a_delivery_that_is_set_aside_is_sent(bench: Bench) -> None:
    await broken(bench, kind=TransactionSubmittedV1, transaction="a" * 24, sequence=2)

    following = await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3)

    await until(bench, following, "delivered")


async def test_a_redriven_delivery_that_a_newer_status_made_pointless_is_superseded(bench: Bench) -> None:
    delivery_id, body = await broken(bench, kind=TransactionSubmittedV1, transaction="a" * 24, sequence=2)
    newer = await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3)
    await until(bench, newer, "delivered")
    await bench.deliveries.update_one({"_id": delivery_id}, {"$set": {"body": body}})
    [letter] = await letters_of(bench)

    assert await redrive(bench, letter)

    await until(bench, delivery_id, "superseded")
    assert len(bench.merchant.requests) == 2


async def test_a_redriven_delivery_waits_behind_what_is_open_in_its_queue(bench: Bench) -> None:
    delivery_id, body = await broken(bench, kind=TransactionSubmittedV1, transaction="a" * 24, sequence=2)
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    other = await bench.change(TransactionSubmittedV1, transaction="b" * 24, sequence=2)
    await until(bench, other, "waiting")
    await bench.deliveries.update_one({"_id": delivery_id}, {"$set": {"body": body}})
    [letter] = await letters_of(bench)

    assert await redrive(bench, letter)

    await until(bench, delivery_id, "blocked")
    past = datetime.now(UTC) - timedelta(seconds=1)
    await bench.deliveries.update_one({"_id": other}, {"$set": {"next_attempt_at": past}})
    await until(bench, delivery_id, "delivered")


async def test_its_merchant_sees_it_as_exhausted(bench: Bench) -> None:
    delivery_id, _ = await broken(bench, kind=TransactionSucceededV1)
    actor = bench.actor("transaction:read")

    page = await bench.runtime.rpc.call(LIST_DELIVERIES, DeliveryQuery(state="exhausted"), actor=actor)

    assert [(found.id, found.state) for found in page.deliveries] == [(delivery_id, "exhausted")]


async def test_a_redrive_of_what_is_not_set_aside_changes_nothing(bench: Bench) -> None:
    delivery_id, body = await broken(bench, kind=TransactionSucceededV1)
    [letter] = await letters_of(bench)
    await bench.deliveries.update_one({"_id": delivery_id}, {"$set": {"body": body, "state": "exhausted"}})

    assert not await redrive(bench, letter)
    assert (await bench.deliveries.find_one({"_id": delivery_id}))["state"] == "exhausted"
