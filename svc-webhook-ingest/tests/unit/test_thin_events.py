"""Unsigned thin events: few per address and account, and one for all that come about one object in a short time."""

import asyncio
from collections.abc import Callable

import pytest

from gateway_contracts.errors import RateLimited, Transient
from gateway_kit.limits.buckets import Buckets
from gateway_providers.events import Sender
from gateway_testkit.waiting import eventually
from webhook_ingest.adapters.thin_event_buckets import OF_ACCOUNT, OF_SENDER, POLICIES, ThinEventBuckets
from webhook_ingest.domain.thin_events import WINDOW_S, ThinEventCoalescer

STRANGER, MOLLIE = Sender("203.0.113.66"), Sender("203.0.113.5")
ACCOUNT, OTHER = "65a5000000000000000000ac", "65a5000000000000000000ad"


class World:
    """A coalescer whose clock and pauses the test moves, and what was stored."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.stored: list[str] = []
        self.fault: Exception | None = None
        self._pauses: list[tuple[float, asyncio.Future[None]]] = []
        self.thin_events = ThinEventCoalescer(monotonic=lambda: self.now, pause=self._pause)
        self.limits = ThinEventBuckets(Buckets(POLICIES, secret=b"test", monotonic=lambda: self.now))

    async def _pause(self, seconds: float) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pauses.append((self.now + seconds, ended))
        await ended

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        due = [ended for at, ended in self._pauses if at <= self.now]
        self._pauses = [(at, ended) for at, ended in self._pauses if at > self.now]
        for ended in due:
            ended.set_result(None)

    async def thin_event(self, name: str = "tr_1", *, account: str = ACCOUNT, sender: Sender = MOLLIE) -> bool:
        async def put() -> None:
            if self.fault is not None:
                raise self.fault
            self.stored.append(name)

        return await self.thin_events.store(f"{account} {name}", put, admit=lambda: self.limits.admit(account, sender))

    def start(self, *args: str, sender: Sender = MOLLIE) -> "asyncio.Task[bool]":
        return asyncio.create_task(self.thin_event(*args, sender=sender))


def all_done(tasks: "list[asyncio.Task[bool]]") -> Callable[[], bool]:
    return lambda: all(task.done() for task in tasks)


async def test_the_first_thin_event_is_stored_at_once_and_all_that_follow_are_one() -> None:
    world = World()
    assert await world.thin_event()
    followers = [world.start() for _ in range(1_000)]
    await asyncio.sleep(0)

    assert world.stored == ["tr_1"]
    assert not any(task.done() for task in followers), "no thin event is answered before a later one is stored"
    world.pass_time(WINDOW_S)
    assert sorted(await asyncio.gather(*followers)) == [False] * 999 + [True]
    assert world.stored == ["tr_1"] * 2


async def test_a_thin_event_after_the_collected_one_is_another() -> None:
    world = World()
    await world.thin_event()
    second = world.start()
    await asyncio.sleep(0)
    world.pass_time(WINDOW_S)
    assert await second
    third = world.start()
    await asyncio.sleep(0)
    assert not third.done()
    world.pass_time(WINDOW_S)

    assert await third
    assert len(world.stored) == 3


async def test_thin_events_about_other_objects_wait_for_nothing() -> None:
    world = World()
    assert await world.thin_event("tr_1")
    assert await world.thin_event("tr_2")
    assert await world.thin_event("tr_1", account=OTHER)

    assert world.stored == ["tr_1", "tr_2", "tr_1"]


async def test_what_could_not_be_stored_fails_for_all_who_waited_and_can_come_again() -> None:
    world = World()
    await world.thin_event()
    waiting = [world.start() for _ in range(3)]
    await asyncio.sleep(0)
    world.fault = Transient("the stream is away")
    world.pass_time(WINDOW_S)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Transient] * 3
    world.fault = None
    again = world.start()
    await asyncio.sleep(0)
    world.pass_time(WINDOW_S)
    assert await again


async def test_one_who_goes_away_while_it_collects_is_no_success_for_the_others() -> None:
    world = World()
    await world.thin_event()
    first, second = world.start(), world.start()
    await asyncio.sleep(0)
    first.cancel()

    with pytest.raises(RuntimeError):
        await second
    assert world.thin_events._collecting == {}


async def test_a_flood_of_invented_payments_stores_few_and_leaves_others_theirs() -> None:
    """6,000 in 2.6 seconds became 6,000 events and calls before."""
    world = World()
    outcomes: list[bool | BaseException] = []
    for number in range(6_000):
        world.now += 2.6 / 6_000
        outcomes += await asyncio.gather(world.thin_event(f"tr_{number}", sender=STRANGER), return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, RateLimited)]
    assert len(world.stored) + len(refused) == 6_000
    assert len(world.stored) <= OF_SENDER.capacity + 2.6 * OF_SENDER.per_s + 1
    assert all(one.status == 429 and one.retry_after_s for one in refused)
    # The provider itself about the same account, and everybody about another one.
    assert await world.thin_event("tr_genuine", sender=MOLLIE)
    assert await world.thin_event("tr_genuine", account=OTHER, sender=STRANGER)


async def test_an_account_has_a_limit_from_wherever_thin_events_come() -> None:
    world = World()
    outcomes = await asyncio.gather(
        *(
            world.thin_event(f"tr_{number}", sender=Sender(f"198.51.{number % 250}.1"))
            for number in range(2 * OF_ACCOUNT.capacity)
        ),
        return_exceptions=True,
    )

    assert sum(outcome is True for outcome in outcomes) == OF_ACCOUNT.capacity
    assert await world.thin_event("tr_1", account=OTHER)


async def test_thin_events_that_wait_for_another_cost_nothing() -> None:
    world = World()
    await world.thin_event()
    waiting = [world.start(sender=STRANGER) for _ in range(2 * OF_SENDER.capacity)]
    await asyncio.sleep(0)
    world.pass_time(WINDOW_S)
    await eventually(all_done(waiting))

    assert [task.exception() for task in waiting if task.exception()] == []
    assert len(world.stored) == 2


async def test_objects_are_remembered_for_a_window_only() -> None:
    world = World()
    for number in range(500):
        await world.thin_event(f"tr_{number}", account=str(number))
    world.pass_time(WINDOW_S)
    await world.thin_event("tr_last")

    assert len(world.thin_events._begun) == 1
