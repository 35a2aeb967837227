"""The suite of due rows: claims, leases and their ends behave the same in MongoDB and in memory."""

import asyncio
from datetime import datetime, timedelta
from typing import ClassVar, Final

import pytest

from gateway_contracts.aggregates import Aggregate, Scope
from gateway_contracts.collection_specs import CollectionSpec
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import Claimed, DueRows
from gateway_testkit.clock import START
from gateway_testkit.store_conformance import StorePlace

LEASE: Final = timedelta(minutes=2)
A, B = "65a00000000000000000000a", "65a00000000000000000000b"


class Job(Aggregate):
    state: str = "open"
    due_at: datetime = START
    label: str = ""


class JobDocument(Job, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "jobs")


class DueConformance:
    """A subclass has a fixture ``place``."""

    @pytest.fixture(params=["state", None])
    def state(self, request: pytest.FixtureRequest) -> str | None:
        """The field that says set aside, where there is one."""
        field: str | None = request.param
        return field

    @pytest.fixture
    def rows(self, place: StorePlace[Job], state: str | None) -> DueRows[Job]:
        return place.store.claim_due("work", due="due_at", where={"state": "open"}, state=state)

    async def test_the_row_that_is_due_longest_is_claimed_first(
        self, place: StorePlace[Job], rows: DueRows[Job]
    ) -> None:
        late, early = await add(place, A, START), await add(place, A, START - LEASE)
        await add(place, A, START + LEASE)
        await add(place, B, START - 2 * LEASE)

        claimed = [await rows.claim(A, START, LEASE) for _ in range(3)]

        assert [one.id if one else None for one in claimed] == [early.id, late.id, None]
        assert rows.source == "jobs"

    async def test_one_of_many_gets_a_row(self, place: StorePlace[Job], rows: DueRows[Job]) -> None:
        await add(place, A, START)

        claimed = await asyncio.gather(*(rows.claim(A, START, LEASE) for _ in range(5)))

        assert [one.tries for one in claimed if one] == [1]

    async def test_tenants_follow_each_other(self, place: StorePlace[Job], rows: DueRows[Job]) -> None:
        for organization_id, due_at in ((B, START), (A, START), (A, START), (new_object_id(), START + LEASE)):
            await add(place, organization_id, due_at)

        assert [await rows.next_tenant(after, START) for after in ("", A, B)] == [A, B, None]

    async def test_a_claim_changes_neither_version_nor_fields(self, place: StorePlace[Job], rows: DueRows[Job]) -> None:
        job = await add(place, A, START)
        claimed = await claim(rows, START)

        assert rows.read(claimed) == job.changed(due_at=START + LEASE)
        assert await stored(place, job) == rows.read(claimed)

    async def test_a_lease_that_ends_is_claimed_again_and_counted(
        self, place: StorePlace[Job], rows: DueRows[Job]
    ) -> None:
        await add(place, A, START)
        first = await claim(rows, START)

        assert await rows.claim(A, START + LEASE / 2, LEASE) is None
        again = await claim(rows, START + LEASE)

        assert (again.id, again.tries) == (first.id, 2)

    @pytest.mark.parametrize(("failed", "tries"), [(True, 2), (False, 1)])
    async def test_a_postponed_row_comes_back_with_its_failures(
        self, place: StorePlace[Job], rows: DueRows[Job], failed: bool, tries: int
    ) -> None:
        await add(place, A, START)
        await rows.postpone(await claim(rows, START), START + 5 * LEASE, failed=failed)

        assert await rows.claim(A, START + 4 * LEASE, LEASE) is None
        assert (await claim(rows, START + 5 * LEASE)).tries == tries

    async def test_what_the_work_decided_stands(self, place: StorePlace[Job], rows: DueRows[Job]) -> None:
        job = await add(place, A, START)
        claimed = await claim(rows, START)
        done = await replace(place, rows.read(claimed), rows.read(claimed).changed(state="done"))

        await rows.postpone(claimed, START + 5 * LEASE, failed=True)
        await rows.set_aside(claimed, ValueError("no"), START)

        assert await stored(place, job) == done

    async def test_a_row_that_was_set_aside_comes_back_when_it_is_redriven(
        self, place: StorePlace[Job], rows: DueRows[Job], state: str | None
    ) -> None:
        job = await add(place, A, START)
        await rows.set_aside(await claim(rows, START), ValueError("no"), START)

        assert await rows.claim(A, START + 100 * LEASE, LEASE) is None
        assert (await stored(place, job)).state == ("open" if state is None else "set_aside")

        assert await rows.redrive(job.id, START + LEASE)
        assert not await rows.redrive(job.id, START + LEASE)
        again = await claim(rows, START + LEASE)
        assert (again.tries, rows.read(again).state) == (1, "open")

    def test_an_unknown_field_is_refused(self, place: StorePlace[Job]) -> None:
        with pytest.raises(ValueError, match="has no field moment"):
            place.store.claim_due("work", due="moment", where={"state": "open"})
        with pytest.raises(ValueError, match="has no field status"):
            place.store.claim_due("work", due="due_at", where={"status": "open"})


async def add(place: StorePlace[Job], organization_id: str, due_at: datetime) -> Job:
    job = Job(id=new_object_id(), organization_id=organization_id, due_at=due_at)

    async def work(tx: Tx) -> Job:
        place.store.insert(tx, job)
        return job

    return await place.uow.run(work)


async def claim(rows: DueRows[Job], now: datetime) -> Claimed:
    claimed = await rows.claim(A, now, LEASE)
    assert claimed is not None
    return claimed


async def stored(place: StorePlace[Job], job: Job) -> Job:
    found = await place.store.get(None, Scope(job.organization_id), job.id)
    assert found is not None
    return found


async def replace(place: StorePlace[Job], before: Job, after: Job) -> Job:
    async def work(tx: Tx) -> Job:
        return place.store.replace(tx, before, after)

    return await place.uow.run(work)
