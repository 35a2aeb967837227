"""First deliveries on a real database: one per queue, from the first writer."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.mongo.documents import bind_documents
from gateway_testkit.plugin import TestDatabase
from ipn.domain.delivery import Delivery
from ipn.store.delivery_store import KernelDeliveryStore
from ipn.store.documents import DOCUMENTS

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 15, tzinfo=UTC)


async def opened(database: TestDatabase) -> KernelDeliveryStore:
    await bind_documents(database.db, DOCUMENTS)
    return KernelDeliveryStore()


def first_delivery(name: str, queue: str) -> Delivery:
    return Delivery(
        id=f"dlv_{name}",
        organization_id="o",
        site_id="s",
        livemode=False,
        lane=queue,
        transaction_id="t",
        ipn_status=1,
        event_version=2,
        dialect=1,
        body=EncryptedValue(v=1, c=""),
        url=EncryptedValue(v=1, c=""),
        target="shop",
        state="sending",
        created_at=NOW,
        lease_until=NOW + timedelta(seconds=25),
        claim="c",
        opens=queue,
        solo=True,
    )


async def test_each_answer_says_whether_it_opened_its_queue(database: TestDatabase) -> None:
    store = await opened(database)
    a, b = first_delivery("a", "1"), first_delivery("b", "2")

    assert await store.add_first([a, a, first_delivery("other", "1"), b]) == [True, False, False, True]
    assert await store.add_first([a, first_delivery("c", "3")]) == [False, True]
    assert await database.db["deliveries"].count_documents({}) == 3


async def test_of_many_that_want_a_queue_at_once_one_opens_it(database: TestDatabase) -> None:
    store = await opened(database)

    are_first = await asyncio.gather(*(store.add_first([first_delivery(str(n), "1")]) for n in range(20)))

    assert sorted(are_first) == [[False]] * 19 + [[True]]


async def test_first_deliveries_are_found_by_their_index(database: TestDatabase) -> None:
    store = await opened(database)
    await store.add_first([first_delivery(str(n), str(n)) for n in range(50)])

    plan: dict[str, Any] = await database.db.command(
        {
            "explain": {"find": "deliveries", "filter": {"opens": {"$in": ["1", "7", "x"]}}},
            "verbosity": "executionStats",
        }
    )

    assert plan["executionStats"]["totalDocsExamined"] == 2


async def test_who_paid_an_order_is_found_by_its_index_however_many_did(database: TestDatabase) -> None:
    """A merchant may give all its checkouts the same reference."""
    store = await opened(database)
    await store.add_first([first_delivery(str(n), str(n)).changed(pays=("order-4",)) for n in range(50)])

    assert await store.is_paid_elsewhere(["order-4"], checkout_id="7")
    assert not await store.is_paid_elsewhere(["order-5"], checkout_id="7")
    wanted = {"pays": {"$in": ["order-4"]}, "lane": {"$ne": "0"}}
    explained = {"find": "deliveries", "filter": wanted, "limit": 1}
    plan = await database.db.command({"explain": explained, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalDocsExamined"] <= 2


@pytest.mark.parametrize("is_noted", [True, False])
async def test_a_checkout_does_not_end_its_own_notifications(database: TestDatabase, is_noted: bool) -> None:
    store = await opened(database)
    if is_noted:
        await store.add_first([first_delivery("a", "1").changed(pays=("order-4",))])
    else:
        await store.mark_paid({"order-4": "1"}, now=NOW)

    assert [await store.is_paid_elsewhere(["order-4"], checkout_id=key) for key in ("1", "2")] == [False, True]


async def test_what_is_open_of_an_order_is_found_by_its_index(database: TestDatabase) -> None:
    store = await opened(database)
    pending = [
        first_delivery(str(n), str(n)).changed(orders=(f"order-{n % 10}", f"invoice-{n}"), state=state)
        for n, state in enumerate(("waiting", "delivered") * 10)
    ]
    await store.add_first(pending)

    siblings = await store.open_of_orders(["order-4"], after="", limit=10)
    assert [sibling.checkout_id for sibling in siblings] == ["14", "4"]
    wanted = {"orders": {"$in": ["order-4"]}, "state": {"$in": ["blocked", "sending", "waiting"]}}
    explained = {"find": "deliveries", "filter": wanted, "sort": {"_id": 1}}
    plan = await database.db.command({"explain": explained, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalDocsExamined"] == 2
