"""Claims on a real database: in turns of organizations, however much one of them has due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.leases import tenants_due_query
from gateway_testkit.clock import FrozenClock
from gateway_testkit.plugin import TestDatabase
from ipn.adapters.places import PlaceLimits, Places
from ipn.domain.delivery import Delivery, Stuck
from ipn.domain.schedule import UNRECORDED_MAX
from ipn.store.delivery_store import LEASES, KernelDeliveryStore
from ipn.store.documents import DOCUMENTS, DeliveryDocument
from ipn.use_cases.claim_due import Turns, claim_due
from ipn.use_cases.take_back_lost import take_back_lost

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 15, tzinfo=UTC)
A, B, C = "a" * 24, "b" * 24, "c" * 24
LIMITS = PlaceLimits(total=64, per_organization=32, per_target=16)


def overdue(name: str, organization_id: str, *, target: str = "host", minutes: int = 60) -> Delivery:
    """A delivery that has waited for its attempt since then."""
    return Delivery(
        id=f"dlv_{name}",
        organization_id=organization_id,
        site_id="s",
        livemode=False,
        lane=name,
        transaction_id="t",
        ipn_status=1,
        event_version=2,
        dialect=1,
        body=EncryptedValue(v=1, c=""),
        url=EncryptedValue(v=1, c=""),
        target=target,
        state="waiting",
        created_at=NOW,
        next_attempt_at=NOW - timedelta(minutes=minutes),
    )


class Bench:
    """A store, and the places of a dispatcher."""

    def __init__(self, database: TestDatabase, limits: PlaceLimits = LIMITS) -> None:
        self.db = database.db
        self.store = KernelDeliveryStore()
        self.clock = FrozenClock(NOW)
        self.moment = 0.0
        self.places = Places(limits, now=lambda: self.moment)
        self.turns = Turns(now=lambda: self.moment)

    async def add(self, *deliveries: Delivery) -> None:
        await self.db["deliveries"].insert_many([DeliveryDocument.row_of(delivery) for delivery in deliveries])

    async def sweep(self) -> list[Delivery]:
        claimed = await claim_due(store=self.store, clock=self.clock, places=self.places, turns=self.turns)
        return claimed.deliveries

    async def explained(self, command: dict[str, Any]) -> str:
        return str(await self.db.command({"explain": command, "verbosity": "executionStats"}))


async def opened(database: TestDatabase, limits: PlaceLimits = LIMITS) -> Bench:
    await bind_documents(database.db, DOCUMENTS)
    return Bench(database, limits)


@pytest_asyncio.fixture
async def bench(database: TestDatabase) -> Bench:
    return await opened(database)


async def test_a_hundred_thousand_overdue_of_one_organization_do_not_stand_before_one_of_another(bench: Bench) -> None:
    row = DeliveryDocument.row_of(overdue("x", A))
    for start in range(0, 100_000, 10_000):
        rows = [{**row, "_id": f"dlv_a{n}", "lane": f"a{n}"} for n in range(start, start + 10_000)]
        await bench.db["deliveries"].insert_many(rows, ordered=False)
    await bench.add(overdue("b", B, minutes=1))

    claimed = await bench.sweep()

    assert "dlv_b" in {delivery.id for delivery in claimed}
    assert len([delivery for delivery in claimed if delivery.organization_id == A]) == LIMITS.per_target
    plan = await bench.explained(
        {
            "aggregate": "deliveries",
            "pipeline": tenants_due_query(LEASES, now=NOW, after="", limit=32),
            "cursor": {},
            "hint": dict(LEASES.index),
        }
    )
    assert "DISTINCT_SCAN" in plan
    assert "COLLSCAN" not in plan
    examined = [int(part.split(",")[0].rstrip("}")) for part in plan.split("'totalKeysExamined': ")[1:]]
    assert max(examined) <= 8


async def test_the_due_of_one_organization_are_read_from_their_index(bench: Bench) -> None:
    await bench.add(*(overdue(f"a{n}", A, minutes=n + 1) for n in range(500)), overdue("b", B))

    wanted = {"state": "waiting", "organization_id": B, "next_attempt_at": {"$lte": NOW}, "target": {"$nin": ["x"]}}
    find = {
        "find": "deliveries",
        "filter": wanted,
        "sort": {"next_attempt_at": 1},
        "limit": 16,
        "hint": dict(LEASES.index),
    }
    plan = await bench.explained(find)

    assert "'totalDocsExamined': 1," in plan
    assert "'SORT'" not in plan
    assert await bench.store.due_of(B, now=NOW, limit=16, without={"x"}) == [("dlv_b", "host")]


async def test_each_organization_gets_its_part_of_too_few_places(database: TestDatabase) -> None:
    bench = await opened(database, PlaceLimits(total=12, per_organization=12, per_target=12))
    for organization_id in (A, B, C):
        await bench.add(*(overdue(f"{organization_id}{n}", organization_id) for n in range(50)))

    claimed = await bench.sweep()

    counts = {key: sum(delivery.organization_id == key for delivery in claimed) for key in (A, B, C)}
    assert max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts.values()) == 12


async def test_an_organization_without_places_is_passed_over_and_keeps_its_turn(bench: Bench) -> None:
    await bench.add(*(overdue(f"a{n}", A) for n in range(5)), overdue("b", B))
    for number in range(LIMITS.per_organization):
        bench.places.take(A, f"host{number}")

    assert [delivery.id for delivery in await bench.sweep()] == ["dlv_b"]
    bench.places.release(A, "host0")
    bench.moment += 1.0
    assert len(await bench.sweep()) == 1


async def test_deliveries_behind_those_of_a_full_receiver_are_found_and_not_looked_for_all_the_time(
    bench: Bench,
) -> None:
    await bench.add(*(overdue(f"dead{n}", A, target="dead") for n in range(200)), overdue("good", A, minutes=1))
    for _ in range(LIMITS.per_target):
        bench.places.take(A, "dead")

    assert [delivery.id for delivery in await bench.sweep()] == ["dlv_good"]
    await bench.add(overdue("good2", A, minutes=1))
    bench.moment += 1.0
    assert await bench.sweep() == []
    bench.moment += 1.0
    assert [delivery.id for delivery in await bench.sweep()] == ["dlv_good2"]


async def test_a_row_that_is_no_delivery_delays_no_other_row(bench: Bench) -> None:
    await bench.add(overdue("bad", A), overdue("b", B))
    await bench.db["deliveries"].update_one({"_id": "dlv_bad"}, {"$set": {"body": "no longer a ciphertext"}})

    claimed = await claim_due(store=bench.store, clock=bench.clock, places=bench.places, turns=bench.turns)

    assert [delivery.id for delivery in claimed.deliveries] == ["dlv_b"]
    [(stuck, _)] = claimed.unreadable
    assert (stuck.id, stuck.organization_id, stuck.checkout_id) == ("dlv_bad", A, "bad")
    assert stuck.size > 100


async def test_a_busy_queue_delays_no_other_queue(bench: Bench) -> None:
    held = {"state": "sending", "next_attempt_at": None, "lease_until": NOW + timedelta(seconds=25)}
    busy = overdue("busy", A).changed(**held, lane="l")
    await bench.add(busy, overdue("second", A).changed(lane="l"), overdue("b", B))

    assert [delivery.id for delivery in await bench.sweep()] == ["dlv_b"]

    row = await bench.db["deliveries"].find_one({"_id": "dlv_second"})
    assert row is not None
    assert row["next_attempt_at"] > NOW


async def test_a_delivery_whose_attempts_are_never_recorded_is_tried_ever_later_and_given_up(bench: Bench) -> None:
    await bench.add(overdue("a", A))
    sends, started = 0, bench.clock.now()
    stuck: list[Stuck] = []
    while not stuck:
        claimed = await bench.sweep()
        sends += len(claimed)
        bench.clock.advance(26)
        bench.moment += 26
        stuck = await take_back_lost(store=bench.store, clock=bench.clock)

    assert sends == UNRECORDED_MAX + 1
    assert bench.clock.now() - started > timedelta(hours=1)
    assert stuck[0].id == "dlv_a"


async def test_one_lost_lease_costs_no_time(bench: Bench) -> None:
    await bench.add(overdue("a", A))
    await bench.sweep()
    bench.clock.advance(26)
    bench.moment += 26

    assert await take_back_lost(store=bench.store, clock=bench.clock) == []
    assert [delivery.unrecorded for delivery in await bench.sweep()] == [1]


async def test_what_could_not_be_set_aside_does_not_stand_before_the_lost_leases_of_another(bench: Bench) -> None:
    lost: dict[str, Any] = {"state": "sending", "next_attempt_at": None, "claim": "dead"}
    bad = overdue("a", A).changed(**lost, lease_until=NOW - timedelta(minutes=5), unrecorded=UNRECORDED_MAX)
    await bench.add(bad, overdue("b", B).changed(**lost, lease_until=NOW))

    assert [stuck.id for stuck in await take_back_lost(store=bench.store, clock=bench.clock)] == ["dlv_a"]
    assert await take_back_lost(store=bench.store, clock=bench.clock) == []
    assert [delivery.id for delivery in await bench.sweep()] == ["dlv_b"]
    bench.clock.advance(26)
    found = await take_back_lost(store=bench.store, clock=bench.clock)
    assert [stuck.id for stuck in found] == ["dlv_a"]
