"""Events that a caller sees, and the order of pages."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from events_world import (
    ORGANIZATION,
    OTHER,
    OTHER_SITE,
    READER,
    SITE,
    START,
    MemoryLog,
    all_pages,
    an_event,
    events_over,
    ids,
)
from hypothesis import given
from hypothesis import strategies as st

from admin_api.events.domain.public_event import read_event
from admin_api.events.domain.query import STREAM_OF, EventFilters, EventQuery
from admin_api.events.use_cases import read_events as reading
from admin_api.events.use_cases.find_place import first_place, last_place
from admin_api.events.use_cases.read_events import READ_MAX, list_events, read_events
from gateway_contracts.errors import Gone


async def test_each_caller_sees_its_own_events_in_its_mode_and_site() -> None:
    log = MemoryLog()
    events = events_over(log)
    mine = log.publish(an_event(site_id=SITE))
    elsewhere = log.publish(an_event(site_id=OTHER_SITE))
    log.publish(an_event(organization_id=OTHER))
    live = log.publish(an_event(livemode=True, site_id=SITE))
    site = log.publish(an_event("tenancy.site_updated.v1", livemode=True))
    key = log.publish(an_event("tenancy.api_key_created.v1", livemode=True))
    domain = log.publish(an_event("domain.activated.v1", livemode=True, site_id=SITE))

    async def seen(**changes: Any) -> list[str]:
        query = EventQuery(READER.model_copy(update=changes))
        return ids(await all_pages(query, events, 10))

    assert await seen() == [mine, elsewhere, site, domain]
    assert await seen(livemode=True) == [live, site, key, domain]
    assert await seen(livemode=True, scopes=("event:read",)) == [live, site, domain]
    assert await seen(site_id=SITE) == [mine, domain]
    assert await seen(site_id=SITE, livemode=True) == [live, domain]


async def test_filters_leave_out_the_others() -> None:
    log = MemoryLog()
    events = events_over(log)
    paid = log.publish(an_event("transaction.succeeded.v1", entityId="a" * 24, time="2026-01-15T12:00:00Z"))
    failed = log.publish(an_event("transaction.failed.v1", entityId="b" * 24, time="2026-01-15T13:00:00Z"))
    refunded = log.publish(
        an_event("refund.succeeded.v1", entityId="c" * 24, site_id=SITE, time="2026-01-15T14:00:00Z")
    )
    issued = log.publish(an_event("invoice.issued.v1", entityId="d" * 24, time="2026-01-15T15:00:00Z"))

    async def seen(**fields: Any) -> list[str]:
        return ids(await all_pages(EventQuery(READER, EventFilters(**fields)), events, 10))

    assert await seen(types=("transaction.*",)) == [paid, failed]
    assert await seen(types=("transaction.failed.v1",)) == [failed]
    assert await seen(types=("refund.*", "invoice.issued.v1")) == [refunded, issued]
    assert await seen(types=("transaction.failed.v1", "refund.*")) == [failed, refunded]
    assert await seen(types=("ipn.*",)) == []
    assert await seen(entity_id="b" * 24) == [failed]
    assert await seen(site_id=SITE) == [refunded]
    assert await seen(since=START + timedelta(hours=1), before=START + timedelta(hours=3)) == [failed, refunded]


async def test_a_period_is_read_to_its_end_and_no_further() -> None:
    log = MemoryLog()
    events = events_over(log)
    found = log.publish(an_event(time=START.isoformat()))
    log.publish(an_event(time=(START + timedelta(days=1)).isoformat()), after=timedelta(days=1))

    [page] = await all_pages(EventQuery(READER, EventFilters(before=START + timedelta(minutes=1))), events, 10)

    assert [item.event.id for item in page.items] == [found]
    assert page.place.positions["IPN"].sequence == 1


async def test_filters_that_match_nothing_cost_a_bounded_read_and_lead_on() -> None:
    log = MemoryLog()
    events = events_over(log)
    for _ in range(2 * READ_MAX + 1):
        log.publish(an_event())
    query = EventQuery(READER, EventFilters(entity_id="f" * 24))

    first = await list_events(query, None, 10, events=events)

    assert (first.items, first.has_more, log.given) == ((), True, READ_MAX)
    pages = await all_pages(query, events, 10)
    assert (ids(pages), len(pages)) == ([], 3)


@pytest.mark.parametrize("fields", [{"entity_id": ORGANIZATION}, {"site_id": ORGANIZATION}, {"entity_id": SITE}])
async def test_filters_by_id_read_no_event_in_full_that_lacks_it(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]
) -> None:
    # The messages have these ids too, in other fields.
    log = MemoryLog()
    events = events_over(log)
    for _ in range(5):
        log.publish(an_event(site_id=SITE))
    read: list[bytes] = []
    monkeypatch.setattr(reading, "read_event", lambda body: read.append(body))

    page = await list_events(EventQuery(READER, EventFilters(**fields)), None, 10, events=events)

    assert (page.items, read, log.given) == ((), [], 5)
    assert page.place.positions["IPN"].sequence == 5


async def test_a_key_of_a_site_reads_no_event_of_another_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog()
    log.publish(an_event(site_id=OTHER_SITE))
    read: list[bytes] = []
    monkeypatch.setattr(reading, "read_event", lambda body: read.append(body))

    query = EventQuery(READER.model_copy(update={"site_id": SITE}))

    assert (ids(await all_pages(query, events_over(log), 10)), read) == ([], [])


KINDS = st.sampled_from(
    ("transaction.succeeded.v1", "invoice.issued.v1", "ipn.delivered.v1", "tenancy.site_created.v1")
)
OWNERS = st.sampled_from((ORGANIZATION, ORGANIZATION, ORGANIZATION, OTHER))
STORED = st.lists(st.tuples(KINDS, st.booleans(), OWNERS, st.integers(0, 2)), min_size=16, max_size=24)


@given(STORED, st.integers(1, 4), st.sampled_from(((), ("transaction.*", "ipn.*"), ("invoice.issued.v1",))))
async def test_pages_have_every_event_once_in_the_order_of_storing(
    stored: list[tuple[str, bool, str, int]], limit: int, types: tuple[str, ...]
) -> None:
    log = MemoryLog()
    events = events_over(log)
    query = EventQuery(READER, EventFilters(types))
    expected = []
    for kind, livemode, organization_id, milliseconds in stored:
        event = an_event(kind, organization_id, livemode=livemode)
        log.publish(event, after=timedelta(milliseconds=milliseconds))
        if query.shows(read_event(json.dumps(event).encode())):
            expected.append((log.now, STREAM_OF[kind.partition(".")[0]], event["id"]))

    pages = await all_pages(query, events, limit)

    in_order = [identifier for _, _, identifier in sorted(expected, key=lambda row: row[:2])]
    assert ids(pages) == in_order
    assert all(len(page.items) <= limit for page in pages)
    # A reader that lost its stream after any event goes on behind it.
    for number, item in enumerate(item for page in pages for item in page.items):
        rest = await read_events(query, item.place, 50, events=events)
        assert [after.event.id for after in rest.items] == in_order[number + 1 :]


async def test_an_event_that_is_stored_later_is_behind_every_cursor() -> None:
    log = MemoryLog()
    events = events_over(log)
    query = EventQuery(READER)
    log.publish(an_event())
    page = await list_events(query, None, 10, events=events)
    assert not page.has_more
    log.publish(an_event(organization_id=OTHER))
    late = log.publish(an_event("invoice.issued.v1"), after=timedelta(seconds=-5))

    again = await read_events(query, page.place, 10, events=events)

    assert ids([again]) == [late]


async def test_a_page_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog()
    monkeypatch.setattr("admin_api.events.use_cases.read_events.PAGE_BYTES_MAX", 1_000)
    for _ in range(3):
        log.publish(an_event())

    pages = await all_pages(EventQuery(READER), events_over(log), 10)

    assert [len(page.items) for page in pages] == [1, 1, 1]


async def test_a_message_that_is_no_event_holds_up_nothing() -> None:
    log = MemoryLog()
    log.publish({**an_event(), "data": None})
    readable = log.publish(an_event())

    assert ids(await all_pages(EventQuery(READER), events_over(log), 10)) == [readable]


@pytest.mark.parametrize("loss", ["recreated", "restored", "removed"])
async def test_a_lost_place_names_where_to_go_on(loss: str) -> None:
    log = MemoryLog()
    events = events_over(log)
    query = EventQuery(READER)
    for _ in range(5):
        log.publish(an_event())
    kept = log.publish(an_event("invoice.issued.v1"))
    page = await list_events(query, None, 2, events=events)
    cursor = events.cursors.write(page.place, READER)
    stream = log.streams["IPN"]
    if loss == "recreated":
        stream.epoch += 1
    elif loss == "restored":
        del stream.messages[1:]
    else:
        stream.removed, stream.messages = 4, stream.messages[4:]
    remaining = [json.loads(message.body)["id"] for _, message in stream.messages]

    with pytest.raises(Gone) as expired:
        await list_events(query, cursor, 10, events=events)

    assert (expired.value.code, expired.value.status) == ("CURSOR_EXPIRED", 410)
    assert expired.value.data["missingFrom"] == "2026-01-15T12:00:00.002Z"
    rest = await list_events(query, expired.value.data["resumeCursor"], 10, events=events)
    assert sorted(ids([rest])) == sorted([*remaining, kept])


async def test_a_quiet_reader_keeps_its_place_while_others_are_busy() -> None:
    log = MemoryLog()
    events = events_over(log)
    query = EventQuery(READER, EventFilters(("ipn.*",)))
    for kind in ("ipn.delivered.v1", "invoice.issued.v1"):
        for _ in range(10):
            log.publish(an_event(kind, OTHER))
    page = await list_events(query, None, 10, events=events)
    for stream in log.streams.values():
        stream.removed, stream.messages = stream.head.last, []

    again = await list_events(query, events.cursors.write(page.place, READER), 10, events=events)

    assert (again.items, again.has_more) == ((), False)


async def test_a_stream_that_became_public_later_is_read_from_its_beginning() -> None:
    log = MemoryLog()
    events = events_over(log)
    found = log.publish(an_event())
    place = await last_place(events)
    older = replace(place, positions={name: at for name, at in place.positions.items() if name != "IPN"})

    assert ids([await read_events(EventQuery(READER), older, 10, events=events)]) == [found]


async def test_a_period_starts_where_it_may_have_events() -> None:
    log = MemoryLog()
    events = events_over(log)
    for hour in range(5):
        log.publish(an_event(time=(START + timedelta(hours=hour)).isoformat()), after=timedelta(hours=1))

    place = await first_place(EventQuery(READER, EventFilters(since=START + timedelta(hours=3))), events)

    assert place.positions["IPN"].sequence == 2
