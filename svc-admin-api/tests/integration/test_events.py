"""Events of an organization, read from a real bus."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from admin_world import Api
from events_world import OTHER_SITE, SITE, an_event, subject_of
from sse_world import Received, reading

from admin_api.events.use_cases import follow_events as following
from admin_api.events.web import events as web
from admin_api.tenancy.domain.api_key import ApiKey
from gateway_contracts.topology import PUBLIC_STREAMS
from gateway_kit.http.event_streams import OpenStreams
from gateway_kit.nats.stream_reader import StreamReader
from gateway_kit.nats.topology import apply_topology
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

STREAM = "/api/v1/events/stream"


@dataclass
class Shop:
    """An organization, its bus and its key for test data."""

    api: Api
    bus: Any
    organization: str
    key: str

    async def publish(self, event_type: str = "ipn.delivered.v1", *, of: str | None = None, **changes: Any) -> str:
        """An event on the bus; its id."""
        event = an_event(event_type, of or self.organization, **changes)
        await self.bus.jetstream(timeout=60).publish(subject_of(event), json.dumps(event).encode())
        return str(event["id"])

    async def page(self, key: str | None = None, **query: Any) -> dict[str, Any]:
        answer = await self.ask(key, **query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def ask(self, key: str | None = None, **query: Any) -> httpx.Response:
        names = {name.rstrip("_"): value for name, value in query.items()}
        return await self.api.ask("GET", f"/events?{httpx.QueryParams(names)}", key or self.key)

    async def all(self, key: str | None = None, **query: Any) -> list[str]:
        """Ids of all events, page by page."""
        found, body = [], await self.page(key, **query)
        while True:
            found += ids(body)
            if not body["hasMore"]:
                return found
            body = await self.page(key, **{**query, "cursor": body["nextCursor"]})

    def reading(self, key: str | None = None, last_id: str | None = None, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        return reading(self.api.applications[0], STREAM, headers, **query)


def ids(body: dict[str, Any]) -> list[str]:
    return [event["id"] for event in body["events"]]


@pytest_asyncio.fixture
async def shop(api: Api, topology: Any, nats_client: Any) -> AsyncIterator[Shop]:
    organization = await api.organization()
    events = replace(api.deps.events, log=StreamReader(nats_client), streams=OpenStreams(total=4))
    api.deps = api.applications[0].state.deps = replace(api.deps, events=events)
    yield Shop(api, nats_client, organization, await api.key(organization, "event:read"))
    assert events.streams.held == 0


async def test_events_are_listed_in_order_with_their_public_form(shop: Shop) -> None:
    published = [await shop.publish(kind) for kind in ("transaction.succeeded.v1", "invoice.rendered.v1")]
    await shop.publish(of="65a5000000000000000000ff")

    body = await shop.page()

    assert (ids(body), body["hasMore"]) == (published, False)
    paid = body["events"][0]
    assert set(paid) == {
        "id", "type", "time", "livemode", "entityId", "siteId", "sequence", "correlationId", "causationId", "data"
    }  # fmt: skip
    assert paid["type"] == "transaction.succeeded.v1"
    assert paid["siteId"] == paid["data"]["siteId"]
    assert not {"party", "ipnUrl", "sessionPublicId", "clientSearchHash"} & set(paid["data"])
    assert "objectName" not in body["events"][1]["data"]


async def test_a_caller_polls_from_the_last_cursor(shop: Shop) -> None:
    empty = await shop.page()
    assert (empty["events"], empty["hasMore"]) == ([], False)
    first = await shop.publish()
    second = await shop.publish("transaction.failed.v1")

    body = await shop.page(cursor=empty["nextCursor"])
    again = await shop.page(cursor=body["nextCursor"])

    assert (ids(body), ids(again)) == ([first, second], [])


async def test_pages_under_concurrent_writes_have_every_event_once(shop: Shop) -> None:
    kinds = ("transaction.succeeded.v1", "invoice.issued.v1", "ipn.delivered.v1", "domain.activated.v1")
    published: list[str] = []

    async def write() -> None:
        for number in range(120):
            published.append(await shop.publish(kinds[number % len(kinds)], sequence=number + 1))

    writing = asyncio.create_task(write())
    found: list[str] = []
    cursor: dict[str, str] = {}
    while not writing.done() or len(found) < len(published):
        body = await shop.page(limit=7, **cursor)
        found += ids(body)
        cursor = {"cursor": body["nextCursor"]}

    assert sorted(found) == sorted(published)
    assert len(set(found)) == len(found)
    # Events of one object lie on one stream.
    for kind in range(len(kinds)):
        of_kind = published[kind :: len(kinds)]
        assert [identifier for identifier in found if identifier in set(of_kind)] == of_kind


async def test_filters_of_the_list(shop: Shop) -> None:
    paid = await shop.publish("transaction.succeeded.v1", entityId="a" * 24, time="2026-01-01T10:00:00Z")
    await shop.publish("transaction.failed.v1", time="2026-01-01T11:00:00Z")
    refunded = await shop.publish("refund.succeeded.v1", site_id=SITE, time="2026-01-01T12:00:00Z")

    assert await shop.all(entityId="a" * 24) == [paid]
    assert await shop.all(siteId=SITE) == [refunded]
    assert await shop.all(type=["transaction.succeeded.v1", "refund.*"]) == [paid, refunded]
    assert await shop.all(type="refund.*", limit=1) == [refunded]
    assert await shop.all(from_="2026-01-01T12:00:00Z") == [refunded]


async def test_a_period_of_the_list(shop: Shop) -> None:
    now = datetime.now(UTC)
    times = [now + timedelta(minutes=minutes) for minutes in (-3, -2, -1)]
    first, second, third = [await shop.publish(time=time.isoformat()) for time in times]
    late = await shop.publish(time=(now - timedelta(days=2)).isoformat())
    # The clock of a publisher may be ahead of the bus.
    ahead = await shop.publish(time=(now + timedelta(minutes=10)).isoformat())

    assert await shop.all(from_=times[1].isoformat(), to=times[2].isoformat()) == [second]
    assert await shop.all(to=times[2].isoformat(), limit=1) == [first, second, late]
    assert await shop.all(from_=times[2].isoformat(), limit=1) == [third, ahead]
    assert await shop.all(from_=(now + timedelta(minutes=9)).isoformat()) == [ahead]
    assert await shop.all(to=(now - timedelta(days=1)).isoformat()) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"type": "invented.*"}, 422, "EVENT_TYPE_UNKNOWN"),
        ({"type": ["ipn.*"] * 21}, 422, "VALIDATION_FAILED"),
        ({"cursor": "AAAA"}, 400, "CURSOR_INVALID"),
        ({"limit": 101}, 422, "VALIDATION_FAILED"),
        ({"page": 2}, 422, "UNKNOWN_PARAMETER"),
    ],
)
async def test_other_questions_are_refused(shop: Shop, query: dict[str, Any], status: int, code: str) -> None:
    answer = await shop.ask(**query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_another_organization_and_the_other_mode_see_nothing_of_it(shop: Shop) -> None:
    await shop.publish()
    live = await shop.publish(livemode=True)
    both = await shop.publish("tenancy.site_created.v1")
    cursor = (await shop.page())["nextCursor"]
    live_key = await shop.api.key(shop.organization, livemode=True)
    stranger = await shop.api.key(await shop.api.organization("Other"))

    assert await shop.all(live_key) == [live, both]
    assert await shop.all(stranger) == []
    for key in (live_key, stranger):
        answer = await shop.ask(key, cursor=cursor)
        assert (answer.status_code, answer.json()["code"]) == (400, "CURSOR_INVALID")
        async with shop.reading(key, last_id=cursor) as reader:
            assert reader.status == 400


async def test_a_caller_of_one_site_sees_its_site_only(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    of_key = ApiKey.actor
    monkeypatch.setattr(ApiKey, "actor", lambda *args: of_key(*args).model_copy(update={"site_id": SITE}))
    mine = await shop.publish(site_id=SITE)
    await shop.publish(site_id=OTHER_SITE)
    await shop.publish("case.opened.v1")

    assert await shop.all() == [mine]
    assert await shop.all(siteId=OTHER_SITE) == []


async def test_without_the_scope_there_is_nothing_to_read(shop: Shop) -> None:
    key = await shop.api.key(shop.organization, "transaction:read")

    answer = await shop.ask(key)
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE")
    async with shop.reading(key) as reader:
        assert reader.status == 403


async def test_a_stream_that_was_made_again_is_an_expired_cursor(shop: Shop) -> None:
    await shop.publish("domain.activated.v1")
    kept = await shop.publish()
    before = await shop.page(limit=1)
    async with shop.reading(last_id=before["nextCursor"]) as reader:
        assert (await reader.event()).body["id"] == kept
        await shop.bus.jetstream().delete_stream("DOMAINS")
        # Nothing can be said while it is away.
        assert (await eventually(lambda: _refused(shop, before), 30)).json()["code"] == "BROKER_UNAVAILABLE"
        await apply_topology(shop.bus)
        made_again = await shop.publish("domain.removed.v1")
        last = await reader.event()

    answer = await shop.ask(cursor=before["nextCursor"])
    assert (answer.status_code, answer.json()["code"]) == (410, "CURSOR_EXPIRED")
    assert answer.json()["missingFrom"].endswith("Z")
    rest = await shop.page(cursor=answer.json()["resumeCursor"])
    assert sorted(ids(rest)) == sorted([kept, made_again])
    # The stream ended while the bus stream was away, or at the first look afterwards.
    assert last.name == "problem"
    assert last.body["code"] in {"BROKER_UNAVAILABLE", "CURSOR_EXPIRED"}


async def _refused(shop: Shop, before: dict[str, Any]) -> httpx.Response | None:
    answer = await shop.ask(cursor=before["nextCursor"])
    return answer if answer.status_code == 503 else None


async def test_a_position_that_is_not_kept_any_more_is_an_expired_cursor(shop: Shop) -> None:
    before = await shop.page()
    await shop.publish("domain.activated.v1")
    second = await shop.publish("domain.removed.v1")
    last = (await shop.bus.jetstream().stream_info("DOMAINS")).state.last_seq
    async with shop.reading(last_id=before["nextCursor"]) as reader:
        assert (await reader.event()).name == "domain.activated.v1"
        await shop.bus.jetstream().purge_stream("DOMAINS", seq=last)

        answer = await shop.ask(cursor=before["nextCursor"])

    assert (answer.status_code, answer.json()["code"]) == (410, "CURSOR_EXPIRED")
    assert ids(await shop.page(cursor=answer.json()["resumeCursor"])) == [second]
    async with shop.reading(last_id=before["nextCursor"]) as refused:
        assert refused.status == 410


async def test_a_stream_expires_while_it_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shop.reading() as reader:
        assert (await reader.block()).retry_ms == 3000
        for event_type in ("domain.activated.v1", "domain.removed.v1"):
            await shop.publish(event_type)
        assert [(await reader.event()).name for _ in range(2)] == ["domain.activated.v1", "domain.removed.v1"]
        monkeypatch.setattr(StreamReader, "_ask_head", _made_again(StreamReader._ask_head))
        expired = await reader.event()
        assert await reader.event() is None

    assert (expired.name, expired.body["code"]) == ("problem", "CURSOR_EXPIRED")
    assert expired.last_id == expired.body["resumeCursor"]
    assert expired.body["missingFrom"].endswith("Z")


def _made_again(ask: Any) -> Any:
    async def head(self: StreamReader, stream: str) -> Any:
        return replace(await ask(self, stream), epoch=1)

    return head


async def test_no_bus_is_503(shop: Shop, nats_client: Any) -> None:
    await nats_client.close()

    answer = await shop.ask()
    assert (answer.status_code, answer.json()["code"]) == (503, "BROKER_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    async with shop.reading() as reader:
        assert (reader.status, json.loads(reader.content)["code"]) == (503, "BROKER_UNAVAILABLE")


async def test_a_stream_has_what_comes_after_it_began(shop: Shop) -> None:
    await shop.publish()
    async with shop.reading(type="invoice.*") as reader:
        assert (reader.status, reader.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert reader.headers["cache-control"] == "no-store"
        assert (await reader.block()).retry_ms == 3000
        begun = await reader.block()
        issued = await shop.publish("invoice.issued.v1")
        await shop.publish("transaction.failed.v1")
        event = await reader.event()

    listed = (await shop.page(type="invoice.*"))["events"]
    assert (event.name, event.body) == ("invoice.issued.v1", listed[0])
    assert event.body["id"] == issued
    # A reader without a single event has a place as well.
    async with shop.reading(last_id=begun.last_id) as again:
        assert (await again.event()).body["id"] == issued
    async with shop.reading(cursor=event.last_id) as rest:
        assert (await rest.event()).name == "transaction.failed.v1"


@pytest.mark.parametrize(
    ("scopes", "code"),
    [(None, "INVALID_API_KEY"), (["site:read"], "MISSING_SCOPE"), (["event:read", "site:read"], "CREDENTIAL_CHANGED")],
)
async def test_a_stream_ends_with_its_key(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, scopes: list[str] | None, code: str
) -> None:
    monkeypatch.setattr(following, "RECHECK_S", 0.1)
    admin = await shop.api.key(shop.organization)
    key_id = shop.key.split("_")[2].split(".")[0]
    path = f"/organizations/{shop.organization}/api-keys/{key_id}"
    async with shop.reading() as reader:
        await reader.block()
        if scopes is None:
            done = await shop.api.ask("POST", f"{path}/revoke", admin, {})
        else:
            done = await shop.api.ask("PATCH", path, admin, {"scopes": scopes})
        assert done.is_success, done.text
        last = await reader.event()
        assert await reader.block() is None

    assert last.name == "problem"
    assert last.body["code"] == code


async def test_streams_of_an_organization_and_of_the_process_have_a_number(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "STREAMS_PER_ORGANIZATION_MAX", 2)
    others = [await shop.api.key(await shop.api.organization(f"Other {number}")) for number in range(2)]
    async with shop.reading() as first, shop.reading() as second:
        await first.block()
        await second.block()
        await second.block()
        async with shop.reading() as third:
            assert (third.status, json.loads(third.content)["code"]) == (429, "TOO_MANY_STREAMS")
            assert third.headers["retry-after"] == "10"
        async with shop.reading(others[0]) as fourth, shop.reading(others[1]) as fifth:
            for reader in (fourth, fifth):
                await reader.block()
                await reader.block()
            last = await shop.api.key(await shop.api.organization("Last"))
            async with shop.reading(last) as refused:
                assert (refused.status, json.loads(refused.content)["code"]) == (503, "TOO_MANY_STREAMS")
                assert refused.headers["retry-after"] == "10"


async def test_streams_end_when_the_process_stops(shop: Shop) -> None:
    async with shop.reading() as reader:
        blocks = [await reader.block(), await reader.block()]
        shop.api.deps.events.streams.close()
        while (block := await reader.block()) is not None:
            blocks.append(block)

    assert blocks[-1].retry_ms == 3000
    assert not [block for block in blocks if block.name]


async def test_reading_leaves_nothing_on_the_server(shop: Shop) -> None:
    async def consumers() -> dict[str, int]:
        js = shop.bus.jetstream()
        return {name: (await js.stream_info(name)).state.consumer_count for name in PUBLIC_STREAMS}

    before = await consumers()
    async with shop.reading() as reader:
        await reader.block()
        await shop.publish()
        found: Received = await reader.event()
        assert found.name == "ipn.delivered.v1"
        assert await consumers() == before
    await shop.page()
    assert await consumers() == before
