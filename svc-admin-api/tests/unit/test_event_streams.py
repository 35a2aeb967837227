"""Streams of events: how they go on, and how they end."""

import asyncio

import pytest
from events_world import (
    READER,
    MemoryLog,
    an_event,
    events_over,
)

from admin_api.events.domain.place import Place
from admin_api.events.domain.query import EventQuery
from admin_api.events.use_cases import follow_events as following
from admin_api.events.use_cases.find_place import last_place
from admin_api.events.use_cases.follow_events import follow_events
from admin_api.events.use_cases.read_events import Item
from gateway_contracts.errors import Forbidden, Gone, RateLimited, Transient
from gateway_kit.allowance import Lane


async def _allowed() -> None:
    """The credential is as it was."""


async def test_a_follower_gets_what_is_there_and_what_comes_until_the_process_ends() -> None:
    log = MemoryLog()
    events = events_over(log)
    query = EventQuery(READER)
    start = await last_place(events)
    there = [log.publish(an_event()) for _ in range(3)]
    seen: list[str] = []

    with events.streams.watch("o") as watcher:
        async for step in follow_events(query, start, watcher, _allowed, events=events):
            if isinstance(step, Item):
                seen.append(step.event.id)
            if len(seen) == 3 and len(there) == 3:
                there.append(log.publish(an_event("invoice.issued.v1")))
                watcher.nudge()
            if len(seen) == 4:
                events.streams.close()

    assert seen == there
    with pytest.raises(Transient), events.streams.watch("o"):
        pass


async def test_a_refused_credential_ends_the_stream_between_two_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "RECHECK_S", 0.0)
    log = MemoryLog()
    events = events_over(log)
    start = await last_place(events)
    log.publish(an_event())
    log.publish(an_event())
    checks: list[int] = []
    seen: list[object] = []

    async def revoked_after_one() -> None:
        checks.append(1)
        if len(checks) > 1:
            raise Forbidden("revoked")

    with events.streams.watch("o") as watcher:
        steps = follow_events(EventQuery(READER), start, watcher, revoked_after_one, events=events)
        seen += [await anext(steps), await anext(steps)]
        with pytest.raises(Forbidden):
            await anext(steps)

    assert [type(step) for step in seen] == [Place, Item]


async def test_a_lost_stream_ends_its_followers() -> None:
    log = MemoryLog()
    events = events_over(log)
    start = await last_place(events)

    with events.streams.watch("o") as watcher:
        steps = follow_events(EventQuery(READER), start, watcher, _allowed, events=events)
        await anext(steps)
        log.streams["IPN"].epoch += 1
        with pytest.raises(Gone):
            await anext(steps)


async def test_a_follower_without_events_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "HEARTBEAT_S", 0.0)
    events = events_over(MemoryLog())
    start = await last_place(events)
    seen = []

    with events.streams.watch("o") as watcher:
        async for step in follow_events(EventQuery(READER), start, watcher, _allowed, events=events):
            seen.append(step)
            watcher.nudge()
            if len(seen) == 3:
                events.streams.close()

    assert all(isinstance(step, Place) for step in seen)


def test_streams_have_a_number_per_organization_and_in_all() -> None:
    streams = events_over(MemoryLog()).streams
    with streams.watch("a", Lane("a", 1)), streams.watch("b", Lane("b", 2)):
        with pytest.raises(RateLimited), streams.watch("a", Lane("a", 1)):
            pass
        with streams.watch("b", Lane("b", 2)), pytest.raises(Transient), streams.watch("c", Lane("c", 1)):
            pass
    assert streams.held == 0


async def test_a_slow_reader_holds_one_step_and_no_other_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STEP_MAX", 5)
    log = MemoryLog()
    events = events_over(log)
    start = await last_place(events)
    published = [log.publish(an_event()) for _ in range(50)]

    with events.streams.watch("slow") as slow, events.streams.watch("quick") as quick:
        stuck = follow_events(EventQuery(READER), start, slow, _allowed, events=events)
        while not isinstance(await anext(stuck), Item):
            pass
        given = log.given
        seen = []
        async with asyncio.timeout(60):
            async for step in follow_events(EventQuery(READER), start, quick, _allowed, events=events):
                seen += [step.event.id] if isinstance(step, Item) else []
                if len(seen) == len(published):
                    break
        await stuck.aclose()

    assert given == 5
    assert seen == published
