"""Two ways of writing, one order per queue."""

import asyncio

import pytest

from gateway_testkit.waiting import eventually
from ipn.consumers.planner import Planner
from ipn.domain.changes import Change, Facts
from ipn.use_cases.notice import Notice

PENDING, SUCCEEDED, REFUNDED = 0, 1, 3


def notice(status: int, version: int, *, checkout: str = "c", notified: bool = True) -> Notice:
    change = Change(f"{checkout}-{version}", "a", status, version, notified)
    return Notice(change, Facts(None, None, "", None), "o", "s", False, checkout, "https://shop", 1)


class Written:
    """Record of the writes on both ways; each waits until the test releases it."""

    def __init__(self, *, opens: bool = True) -> None:
        self.begun: list[tuple[str, list[int]]] = []
        self.opens = opens
        self.fails = False
        self.quick, self.slow = asyncio.Event(), asyncio.Event()
        self.planner = Planner(self._store_first, self._plan_all)

    async def _store_first(self, notices: list[Notice]) -> list[bool]:
        self.begun.append(("opened", [item.change.event_version for item in notices]))
        await self.quick.wait()
        if self.fails:
            raise ConnectionError
        return [self.opens] * len(notices)

    async def _plan_all(self, notices: list[Notice]) -> list[bool]:
        self.begun.append(("planned", [item.change.event_version for item in notices]))
        await self.slow.wait()
        return [item.change.ipn_status != SUCCEEDED for item in notices]

    def submit(self, item: Notice) -> asyncio.Task[bool]:
        return asyncio.create_task(self.planner.submit(item))


async def test_a_first_success_is_only_inserted() -> None:
    written = Written()
    written.quick.set()

    assert await written.submit(notice(SUCCEEDED, 2))

    assert written.begun == [("opened", [2])]


@pytest.mark.parametrize("other", [notice(PENDING, 2), notice(SUCCEEDED, 2, notified=False)])
async def test_everything_else_is_planned(other: Notice) -> None:
    written = Written()
    written.slow.set()

    made_a_delivery = await written.submit(other)

    assert written.begun == [("planned", [2])]
    assert made_a_delivery is (other.change.ipn_status == PENDING)


async def test_a_success_that_is_refused_is_planned() -> None:
    written = Written(opens=False)
    written.quick.set()
    written.slow.set()

    await written.submit(notice(SUCCEEDED, 2))

    assert written.begun == [("opened", [2]), ("planned", [2])]


async def test_a_success_does_not_overtake_what_is_being_planned() -> None:
    written = Written()
    first = written.submit(notice(PENDING, 2))
    await eventually(lambda: written.begun)
    second = written.submit(notice(SUCCEEDED, 3))
    other = written.submit(notice(SUCCEEDED, 7, checkout="other"))
    await eventually(lambda: len(written.begun) == 2)
    written.quick.set()
    written.slow.set()
    await asyncio.gather(first, second, other)

    assert written.begun == [("planned", [2]), ("opened", [7]), ("planned", [3])]


@pytest.mark.parametrize("opens", [True, False])
async def test_what_follows_waits_until_the_queue_is_started(opens: bool) -> None:
    written = Written(opens=opens)
    written.slow.set()
    tasks = [written.submit(notice(SUCCEEDED, 3))]
    await eventually(lambda: written.begun)
    tasks += [written.submit(notice(REFUNDED, 4)), written.submit(notice(SUCCEEDED, 5))]
    tasks.append(written.submit(notice(PENDING, 7, checkout="other")))
    await tasks[-1]
    assert written.begun == [("opened", [3]), ("planned", [7])]
    written.quick.set()
    await asyncio.gather(*tasks)

    planned = [version for way, versions in written.begun[2:] for version in versions if way == "planned"]
    assert planned == ([4, 5] if opens else [3, 4, 5])


async def test_what_waits_behind_a_failed_write_goes_on() -> None:
    written = Written()
    written.fails = True
    written.slow.set()
    first = written.submit(notice(SUCCEEDED, 3))
    await eventually(lambda: written.begun)
    second = written.submit(notice(REFUNDED, 4))
    written.quick.set()

    with pytest.raises(ConnectionError):
        await first
    await second
    assert written.begun[-1] == ("planned", [4])
