import asyncio

import pytest

from gateway_contracts.errors import Transient
from webhook_ingest.domain.coalescing import Coalescer


class Store:
    """Counts what it keeps; held back until it is released."""

    def __init__(self) -> None:
        self.puts = 0
        self.fail: Exception | None = None
        self.released = asyncio.Event()
        self.released.set()

    async def put(self) -> None:
        self.puts += 1
        await self.released.wait()
        if self.fail:
            raise self.fail


async def test_hundred_at_once_store_once_and_all_wait_for_it() -> None:
    coalescer, store = Coalescer(), Store()
    store.released.clear()
    calls = [asyncio.create_task(coalescer.once("a", store.put)) for _ in range(100)]
    await asyncio.sleep(0)
    assert not any(call.done() for call in calls)

    store.released.set()

    assert sum(await asyncio.gather(*calls)) == 1
    assert store.puts == 1


async def test_recent_event_is_not_stored_again_until_its_time_is_over() -> None:
    now = 0.0
    coalescer, store = Coalescer(recent_s=600, monotonic=lambda: now), Store()
    assert await coalescer.once("a", store.put)
    now = 599
    assert not await coalescer.once("a", store.put)
    now = 600

    assert await coalescer.once("a", store.put)


async def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    coalescer, store = Coalescer(recent_max=2), Store()
    for event_id in "abc":
        await coalescer.once(event_id, store.put)

    assert not await coalescer.once("c", store.put)
    assert not await coalescer.once("b", store.put)
    assert await coalescer.once("a", store.put)


async def test_failure_reaches_everybody_and_the_next_call_tries_again() -> None:
    coalescer, store = Coalescer(), Store()
    store.released.clear()
    store.fail = Transient("no broker")
    calls = [asyncio.create_task(coalescer.once("a", store.put)) for _ in range(3)]
    await asyncio.sleep(0)
    store.released.set()
    assert [type(outcome) for outcome in await asyncio.gather(*calls, return_exceptions=True)] == [Transient] * 3

    store.fail = None

    assert await coalescer.once("a", store.put)


async def test_cancelled_owner_is_no_success_for_those_who_wait() -> None:
    coalescer, store = Coalescer(), Store()
    store.released.clear()
    owner = asyncio.create_task(coalescer.once("a", store.put))
    waiter = asyncio.create_task(coalescer.once("a", store.put))
    await asyncio.sleep(0)

    owner.cancel()

    with pytest.raises(RuntimeError, match="interrupted"):
        await waiter


async def test_cancelled_waiter_harms_no_other() -> None:
    coalescer, store = Coalescer(), Store()
    store.released.clear()
    owner = asyncio.create_task(coalescer.once("a", store.put))
    impatient = asyncio.create_task(coalescer.once("a", store.put))
    patient = asyncio.create_task(coalescer.once("a", store.put))
    await asyncio.sleep(0)
    impatient.cancel()
    store.released.set()

    assert await owner
    assert not await patient
