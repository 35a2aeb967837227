"""Claims of documents: in turns, one worker each, and what a claim that was lost may still change."""

from datetime import timedelta
from typing import Any

import pytest

from gateway_contracts.aggregates import Scope
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import FrozenClock
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from invoice.domain.rendering import LEASE_S, RenderTask
from invoice.ports import Stores
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.render_queue import RenderQueue

FIRST, SECOND = "a" * 24, "b" * 24


class Waiting:
    """Documents that wait, without the invoices around them."""

    def __init__(self, clock: FrozenClock) -> None:
        database = MemoryDatabase(*DOCUMENTS)
        self.clock = clock
        self.stores: Stores = stores_over(database.rows)
        self.uow = MemoryUnitOfWork(database, clock=clock)
        self.queue = RenderQueue(self.stores.render_tasks, clock)

    async def add(self, organization_id: str, **fields: Any) -> RenderTask:
        """One more document that is due."""
        values = {"id": new_object_id(), "organization_id": organization_id, "livemode": True}
        due = {"render_state": "pending", "render_at": self.clock.now()}
        task = RenderTask.model_validate({**values, **due, **fields})

        async def work(tx: Tx) -> None:
            self.stores.render_tasks.insert(tx, task)

        await self.uow.run(work)
        return task

    async def claim(self, after: str = "", without: tuple[str, ...] = ()) -> RenderTask | None:
        return await self.queue.claim(due=self.clock.now(), after=after, without=without)

    async def read(self, task: RenderTask) -> RenderTask:
        found = await self.stores.render_tasks.get(None, Scope(task.organization_id, livemode=True), task.id)
        assert found is not None
        return found


@pytest.fixture
def waiting(frozen_clock: FrozenClock) -> Waiting:
    return Waiting(frozen_clock)


async def test_organizations_take_turns(waiting: Waiting) -> None:
    first, second = await waiting.add(FIRST), await waiting.add(SECOND)
    await waiting.add(FIRST)

    claims = [await waiting.claim(after) for after in ("", FIRST, SECOND, FIRST)]

    assert [claim and claim.organization_id for claim in claims] == [FIRST, SECOND, FIRST, None]
    assert [claim and claim.id for claim in claims[:2]] == [first.id, second.id]


async def test_a_full_organization_is_passed_over(waiting: Waiting) -> None:
    await waiting.add(FIRST)
    second = await waiting.add(SECOND)

    claim = await waiting.claim(without=(FIRST,))

    assert claim is not None
    assert claim.id == second.id


async def test_a_renewed_claim_is_of_no_other_worker(waiting: Waiting) -> None:
    await waiting.add(FIRST)
    claim = await waiting.claim()
    assert claim is not None
    renewed = await waiting.queue.renew(claim, until=waiting.clock.now() + timedelta(seconds=2 * LEASE_S))

    waiting.clock.advance(LEASE_S)
    assert await waiting.claim() is None
    shorter = await waiting.queue.renew(renewed, until=waiting.clock.now())
    assert shorter.render_at == renewed.render_at
    waiting.clock.advance(LEASE_S)
    assert await waiting.claim() is not None


async def test_a_claim_that_was_lost_changes_nothing(waiting: Waiting) -> None:
    await waiting.add(FIRST)
    lost = await waiting.claim()
    waiting.clock.advance(LEASE_S)
    present = await waiting.claim()
    assert lost is not None
    assert present is not None

    await waiting.queue.set_aside(lost, lost.tries.failed())
    await waiting.queue.postpone(lost, lost.tries.failed(), until=waiting.clock.now())
    assert await waiting.queue.renew(lost, until=waiting.clock.now() + timedelta(hours=1)) == lost

    assert await waiting.read(present) == present.changed(render_at=(await waiting.read(present)).render_at)


async def test_a_renewal_after_the_end_of_the_try_does_not_delay_the_next(waiting: Waiting) -> None:
    await waiting.add(FIRST)
    claim = await waiting.claim()
    assert claim is not None

    await waiting.queue.postpone(claim, claim.tries.failed(), until=waiting.clock.now())
    await waiting.queue.renew(claim, until=waiting.clock.now() + timedelta(hours=1))

    again = await waiting.claim()
    assert again is not None
    assert (again.tries.claims, again.tries.failures) == (2, 1)


async def test_set_aside_until_redriven_with_fresh_tries(waiting: Waiting) -> None:
    task = await waiting.add(FIRST, render_failures=4)
    claim = await waiting.claim()
    assert claim is not None

    await waiting.queue.set_aside(claim, claim.tries.failed())
    assert (await waiting.queue.count("set_aside"), await waiting.queue.count("pending")) == (1, 0)
    assert await waiting.claim() is None

    assert await waiting.queue.redrive(task.id)
    assert not await waiting.queue.redrive(task.id)
    again = await waiting.claim()
    assert again is not None
    assert (again.render_attempts, again.tries.claims, again.tries.failures) == (2, 1, 0)
