"""One text finds a payment by whatever a person has in hand, with work that does not grow with the payments."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import InsertOne
from transaction_world import World

from gateway_contracts.aggregates import Scope
from gateway_contracts.collections import collection_of
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.transaction import TransactionQuery
from gateway_kit.mongo.indexes import apply_collection
from gateway_kit.telemetry import remote_span
from gateway_testkit.keys import OTHER_ORGANIZATION
from transaction.domain.transaction import Transaction
from transaction.use_cases.list_transactions import list_transactions

pytestmark = pytest.mark.integration

OTHERS = 300
TRACE = "ab" * 16


async def found(world: World, text: str, scope: Scope | None = None, **filters: Any) -> list[str]:
    query = TransactionQuery(q=text, **filters)
    page = await list_transactions(query, scope=scope or world.scope, deps=world.deps)
    assert page.total == len(page.transactions)
    return [row.id for row in page.transactions]


async def a_payment(world: World, **changes: Any) -> Transaction:
    named = {"external_reference": "order-77", "invoice_number": "R-2026-9", "amount": 123_450, "items": ()}
    return await world.transaction((await world.pay(await world.checkout(**{**named, **changes}))).transaction_id)


async def test_by_every_name(world: World) -> None:
    wanted = await a_payment(world)
    await a_payment(
        world, external_reference="order-78", invoice_number=None, amount=123_500, party=Party(email="b@c.de")
    )

    for text in (
        "order-77",
        "R-2026-9",
        wanted.provider_payment_id or "",
        "ada@example.com",
        " ADA@Example.com ",
        "1234.50",
        "1.234,50",
        "1,234.50 EUR",
        wanted.id,
        wanted.id[-6:],
        wanted.id[-9:].upper(),
        wanted.checkout_id,
        wanted.checkout_id[-6:],
    ):
        assert await found(world, text) == [wanted.id], text
    for text in ("order", "order-7", wanted.id[:8], wanted.id[-5:], "1234.51", "1234.50 USD", ".*", "$ne", "x@y.zz"):
        assert await found(world, text) == [], text


async def test_by_the_trace_in_which_it_was_made(world: World) -> None:
    with remote_span("create", f"00-{TRACE}-{'b' * 16}-00"):
        wanted = await a_payment(world)
    await a_payment(world)
    assert await found(world, TRACE) == [wanted.id]
    assert await found(world, TRACE[:-1]) == []


async def test_an_empty_text_is_no_filter_and_others_narrow_it(world: World) -> None:
    ids = [(await a_payment(world, external_reference="twice", amount=amount)).id for amount in (4900, 5000)]
    assert await found(world, " ") == await found(world, "twice") == ids[::-1]
    assert await found(world, "twice", status="initiated", created_from=world.clock.now()) == ids[::-1]
    assert await found(world, "twice", status="failed") == []
    # Page after page, in the order of the list.
    first = await list_transactions(TransactionQuery(q="twice", limit=1), scope=world.scope, deps=world.deps)
    assert (first.transactions[0].id, first.total) == (ids[1], 2)
    assert await found_after(world, first.next_cursor) == [ids[0]]


async def found_after(world: World, cursor: str | None) -> list[str]:
    query = TransactionQuery(q="twice", cursor=cursor)
    page = await list_transactions(query, scope=world.scope, deps=world.deps)
    return [row.id for row in page.transactions]


async def test_payments_of_others_are_not_found(world: World) -> None:
    wanted = await a_payment(world)
    for scope in (Scope(OTHER_ORGANIZATION, False), Scope(world.scope.organization_id, True)):
        for text in ("order-77", wanted.id, wanted.id[-6:], "1234.50", "ada@example.com"):
            assert await found(world, text, scope) == [], text


async def test_a_search_reads_what_it_finds(world: World) -> None:
    wanted = await a_payment(world)
    row = await world.db.transactions.find_one({"_id": wanted.id})
    await world.db.transactions.bulk_write([InsertOne(another(row, number)) for number in range(OTHERS)])

    for text in ("order-77", "1234.50", "ada@example.com", wanted.id[-6:], wanted.id, "123456", "nothing", TRACE):
        async with plans(world) as seen:
            await found(world, text)

        assert {"query", "command"} == {each["op"] for each in seen}
        for each in seen:
            assert "COLLSCAN" not in each["planSummary"]
            assert "IXSCAN" in each["planSummary"]
            assert "hasSortStage" not in each
            assert each["docsExamined"] <= 4, text
            assert each["keysExamined"] <= 20, text


def another(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Another payment of the same organization."""
    own = new_object_id()
    named = {"external_reference": f"other-{number}", "invoice_number": f"I-{number}", "email_hash": f"hash-{number}"}
    keys = [own[-6:], own[-6:], f"{number}/2"]
    return {**row, **named, "_id": own, "provider_payment_id": f"pi_other_{number}", "search_keys": keys}


@asynccontextmanager
async def plans(world: World) -> AsyncIterator[list[dict[str, Any]]]:
    """Plans of the reads of transactions, as the server reports them."""
    seen: list[dict[str, Any]] = []
    await world.db.command("profile", 2)
    yield seen
    await world.db.command("profile", 0)
    about = {"ns": f"{world.db.name}.transactions", "op": {"$in": ["query", "command"]}}
    seen += [row async for row in world.db["system.profile"].find(about)]
    await world.db.drop_collection("system.profile")


@pytest.mark.parametrize(("amount", "currency"), [(4900, "EUR"), (99_999_999_999_999, "JPY"), (4900, "KWD")])
async def test_rows_of_earlier_versions_get_their_keys(world: World, amount: int, currency: str) -> None:
    wanted = await a_payment(world, amount=amount, currency=currency)
    stored = await world.db.transactions.find_one({"_id": wanted.id})
    await world.db.transactions.update_one({"_id": wanted.id}, {"$unset": {"search_keys": ""}})
    assert await found(world, wanted.id[-6:]) == []

    await apply_collection(world.db, collection_of("gw_transaction", "transactions"))

    assert await world.db.transactions.find_one({"_id": wanted.id}) == stored
    assert await found(world, wanted.id[-6:]) == [wanted.id]
