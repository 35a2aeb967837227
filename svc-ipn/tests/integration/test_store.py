"""First deliveries on a real database: one per lane, whoever comes first."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway_contracts.encrypted import EncryptedValue
from gateway_testkit.plugin import TestDatabase
from ipn.domain.delivery import Delivery
from ipn.store.delivery_store import MongoDeliveryStore

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def first_delivery(name: str, lane: str) -> Delivery:
    return Delivery(
        id=f"dlv_{name}",
        organization_id="o",
        site_id="s",
        livemode=False,
        lane=lane,
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
        opens=lane,
        solo=True,
    )


async def test_each_is_told_whether_it_opened_its_lane(database: TestDatabase) -> None:
    store = MongoDeliveryStore(database.db)
    a, b = first_delivery("a", "1"), first_delivery("b", "2")

    assert await store.add_first([a, a, first_delivery("other", "1"), b]) == [True, False, False, True]
    assert await store.add_first([a, first_delivery("c", "3")]) == [False, True]
    assert await database.db["deliveries"].count_documents({}) == 3


async def test_of_many_that_want_a_lane_at_once_one_opens_it(database: TestDatabase) -> None:
    store = MongoDeliveryStore(database.db)

    told = await asyncio.gather(*(store.add_first([first_delivery(str(n), "1")]) for n in range(20)))

    assert sorted(told) == [[False]] * 19 + [[True]]


async def test_first_deliveries_are_found_by_their_index(database: TestDatabase) -> None:
    store = MongoDeliveryStore(database.db)
    await store.add_first([first_delivery(str(n), str(n)) for n in range(50)])

    plan: dict[str, Any] = await database.db.command(
        {
            "explain": {"find": "deliveries", "filter": {"opens": {"$in": ["1", "7", "x"]}}},
            "verbosity": "executionStats",
        }
    )

    assert plan["executionStats"]["totalDocsExamined"] == 2
