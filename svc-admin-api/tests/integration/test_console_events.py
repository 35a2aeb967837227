"""The event stream's page over HTTP: its list, and what it follows under the visitor's session."""

import html
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from events_world import OTHER, SITE, MemoryLog, an_event, events_over
from sse_world import reading

from admin_api.console.visitor import ACCESS_COOKIE
from admin_api.console.web import events as page
from admin_api.events.use_cases import follow_events as following

pytestmark = pytest.mark.integration

ENTITY = "a" * 24


@dataclass
class Shop:
    """A member in front of the page, and the organization's events in memory."""

    api: Api
    log: MemoryLog
    organization: str
    visits: Visits

    def publish(self, kind: str = "invoice.issued.v1", of: str | None = None, **changes: Any) -> str:
        return self.log.publish(an_event(kind, of or self.organization, **{"livemode": True, **changes}))

    async def shown(self, query: str = "") -> list[str]:
        """Ids of the events on the page, from top to bottom."""
        answer = await self.visits.get(f"/events{query}")
        assert answer.status_code == 200, answer.text
        return re.findall(r'^ {2}"id": "([^"]+)"', html.unescape(answer.text), re.MULTILINE)

    def following(self, query: str = "", **headers: str) -> Any:
        cookies = "; ".join(f"{name}={value}" for name, value in self.visits.cookies.items())
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return reading(self.api.applications[0], "/events/stream", {"cookie": cookies, **named}, **_parsed(query))


def _parsed(query: str) -> dict[str, str]:
    return dict(part.split("=") for part in query.split("&")) if query else {}


@pytest.fixture
async def shop(api: Api) -> Shop:
    log = MemoryLog()
    api.deps = api.applications[0].state.deps = replace(api.deps, events=events_over(log))
    organization = await api.organization()
    return Shop(api, log, organization, await member(api, organization, "viewer"))


async def test_events_are_shown_newest_first_with_their_json(shop: Shop) -> None:
    first, second = shop.publish(), shop.publish("transaction.succeeded.v1", entityId=ENTITY)
    shop.publish(of=OTHER)
    shop.publish(livemode=False)

    assert await shop.shown() == [second, first]
    answer = await shop.visits.get("/events")
    assert f'href="/events?entityId={ENTITY}"' in answer.text
    assert '<a href="/events" aria-current="page">' in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_filters_stay_in_the_address(shop: Shop) -> None:
    invoice = shop.publish(site_id=SITE)
    paid = shop.publish("transaction.succeeded.v1", entityId=ENTITY)

    assert await shop.shown("?type=invoice.*") == [invoice]
    assert await shop.shown(f"?entityId={ENTITY}&type=&unknown=1") == [paid]
    assert await shop.shown("?from=2026-01-01&to=2026-01-02") == []
    by_site = await shop.visits.get(f"/events?siteId={SITE}&type=invoice.issued.v1")
    assert f'<option value="{SITE}" selected>' in by_site.text
    assert f'data-stream="/events/stream?type=invoice.issued.v1&amp;siteId={SITE}"' in by_site.text


@pytest.mark.parametrize(("query", "field"), [("type=odd", "type"), ("from=yesterday", "from")])
async def test_errors_are_at_their_field(shop: Shop, query: str, field: str) -> None:
    answer = await shop.visits.get(f"/events?{query}")

    assert answer.status_code == 422
    assert f'aria-describedby="filter-{field}-error"' in answer.text
    assert "data-tail" not in answer.text


async def test_a_page_that_is_full_leads_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "ROWS_MAX", 2)
    first, second, third = [shop.publish() for _ in range(3)]
    answer = await shop.visits.get("/events")
    following_page = re.search(r'rel="next" href="/events([^"]+)"', answer.text)
    assert following_page is not None

    assert await shop.shown() == [second, first]
    assert "data-tail" not in answer.text
    assert await shop.shown(html.unescape(following_page[1])) == [third]
    # Those who do not want to read up to now.
    assert 'href="/events?start=now"' in answer.text
    from_now = await shop.visits.get("/events?start=now")
    assert ('data-cursor=""' in from_now.text, third in from_now.text) == (True, False)


async def test_a_place_that_is_not_kept_says_so(shop: Shop) -> None:
    shop.publish()
    place = re.search(r'data-cursor="([^"]+)"', (await shop.visits.get("/events")).text)
    assert place is not None
    shop.log.streams["INVOICES"].epoch += 1

    answer = await shop.visits.get(f"/events?cursor={place[1]}")

    assert (answer.status_code, "Events may be missing since" in texts(answer)) == (410, True)
    resumed = re.search(r'href="/events([^"]+cursor=[^"]+)"', answer.text.replace("?cursor", "?&cursor"))
    assert resumed is not None
    assert len(await shop.shown(html.unescape(resumed[1]))) == 1


async def test_the_page_goes_over_into_the_stream_without_a_gap(shop: Shop) -> None:
    shop.publish()
    place = re.search(r'data-cursor="([^"]+)"', (await shop.visits.get("/events")).text)
    assert place is not None
    between = shop.publish()

    async with shop.following(last_event_id=place[1]) as reader:
        assert (reader.status, reader.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        event = await reader.event()
        live = shop.publish("domain.activated.v1")
        assert [event.body["id"], (await reader.event()).body["id"]] == [between, live]
    async with shop.following("type=domain.*", last_event_id=event.last_id) as reader:
        assert (await reader.event()).body["id"] == live


async def test_a_stream_brings_renewed_tokens(shop: Shop) -> None:
    shop.visits.cookies.pop(ACCESS_COOKIE)

    async with shop.following() as reader:
        assert reader.status == 200
        assert "HttpOnly" in reader.headers["set-cookie"]


async def test_a_stream_ends_with_the_session(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "RECHECK_S", 0.1)
    async with shop.following() as reader:
        kept = dict(shop.visits.cookies)
        await shop.visits.post("/sign-out")
        last = await reader.event()
        assert await reader.block() is None
    assert (last.name, last.body["code"]) == ("problem", "SESSION_INVALID")

    shop.visits.cookies = kept
    async with shop.following() as reader:
        assert (reader.status, reader.headers["location"]) == (303, "/sign-in?next=%2Fevents%2Fstream")


async def test_a_stream_that_is_refused_has_the_errors_body(shop: Shop) -> None:
    async with shop.following(last_event_id="AAAA") as reader:
        assert reader.status == 400
    assert b'"CURSOR_INVALID"' in reader.content
