"""The merchant's list of notifications on a real database: filters, pages, and what they cost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.requests.ipn import DeliveryQuery
from gateway_kit.mongo.documents import bind_documents
from gateway_testkit.plugin import TestDatabase
from ipn.domain.delivery import Delivery
from ipn.store.delivery_store import KernelDeliveryStore
from ipn.store.documents import DOCUMENTS

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 15, tzinfo=UTC)
SCOPE = Scope("o", livemode=False)
ROWS = 300
RARE: dict[int, dict[str, Any]] = {
    5: {"state": "exhausted"},
    80: {"state": "set_aside"},
    81: {"state": "blocked"},
    160: {"state": "exhausted"},
    161: {"state": "waiting"},
    162: {"state": "sending"},
    10: {"site_id": "other"},
    200: {"site_id": "other"},
    201: {"site_id": "other"},
    20: {"target": "elsewhere"},
    220: {"target": "elsewhere"},
    221: {"target": "elsewhere"},
}


def delivery(number: int, **changes: Any) -> Delivery:
    values = {
        "id": f"dlv_{number:032x}",
        "organization_id": "o",
        "site_id": "s",
        "livemode": False,
        "lane": str(number),
        "transaction_id": "t",
        "ipn_status": 1,
        "event_version": 2,
        "dialect": 1,
        "body": EncryptedValue(v=1, c=""),
        "url": EncryptedValue(v=1, c=""),
        "target": "shop",
        "state": "delivered",
        "created_at": NOW + timedelta(seconds=number // 2),
    }
    return Delivery.model_validate(values | changes)


@pytest.fixture
async def store(database: TestDatabase) -> KernelDeliveryStore:
    """Few of each filter among many."""
    await bind_documents(database.db, DOCUMENTS)
    store = KernelDeliveryStore()
    await store.add_first([delivery(number, **RARE.get(number, {})) for number in range(ROWS)])
    return store


@pytest.mark.parametrize(
    ("query", "target", "numbers"),
    [
        (DeliveryQuery(state="exhausted", limit=2), None, (160, 80, 5)),
        (DeliveryQuery(state="waiting", limit=2), None, (162, 161, 81)),
        (DeliveryQuery(site_id="other", limit=2), None, (201, 200, 10)),
        (DeliveryQuery(limit=2), "elsewhere", (221, 220, 20)),
        (DeliveryQuery(created_to=NOW + timedelta(seconds=1), created_from=NOW, limit=1), None, (1, 0)),
    ],
    ids=["failed", "waiting", "site", "receiver", "time"],
)
async def test_a_filtered_page_costs_its_rows(
    store: KernelDeliveryStore, database: TestDatabase, query: DeliveryQuery, target: str | None, numbers: tuple[int]
) -> None:
    """Read to the end by cursors, in the order of the list; each index leads to its rows and to no others."""
    await database.db.command("profile", 2)
    found, cursor = list[str](), None
    while True:
        page = await store.page(query.model_copy(update={"cursor": cursor}), SCOPE, target=target)
        found += [one.id for one in page.rows]
        assert page.total == len(numbers)
        if (cursor := page.next_cursor) is None:
            break
    await database.db.command("profile", 0)

    assert found == [f"dlv_{number:032x}" for number in numbers]
    about = {"ns": f"{database.db.name}.deliveries", "op": {"$in": ["query", "command"]}}
    seen = [row async for row in database.db["system.profile"].find(about)]
    assert len(seen) == 4
    for each in seen:
        assert "IXSCAN" in each["planSummary"]
        assert "hasSortStage" not in each
        assert each["docsExamined"] <= 4
        assert each["keysExamined"] <= 12


async def test_a_key_of_one_site_lists_that_site_alone(store: KernelDeliveryStore) -> None:
    own = Scope("o", livemode=False, site_id="other")

    assert (await store.page(DeliveryQuery(), own)).total == 3
    assert (await store.page(DeliveryQuery(site_id="s"), own)).total == 0
    assert (await store.page(DeliveryQuery(), Scope("o", livemode=True))).total == 0
