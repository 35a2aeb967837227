"""Tabs of one browser refresh at the same moment: all stay signed in, and a stolen token is still found out."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from admin_world import Api

from admin_api.people.domain.session import ACCESS_LIFETIME, REFRESH_GRACE
from gateway_testkit.authenticator import Passkey
from gateway_testkit.clock import FrozenClock
from gateway_testkit.people import PersonAtWork, Send, register

pytestmark = pytest.mark.integration


def sender(client: httpx.AsyncClient, browser: str = "one browser") -> Send:
    async def send(verb: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        return await client.request(verb, f"/api/v1{path}", json=body, headers={"User-Agent": browser, **headers})

    return send


@pytest.fixture
def clock(api: Api) -> FrozenClock:
    clock = FrozenClock(api.tenancy.clock.now())
    object.__setattr__(api.tenancy, "clock", clock)
    object.__setattr__(api.beside, "clock", clock)
    return clock


@pytest_asyncio.fixture
async def person(api: Api, clock: FrozenClock) -> PersonAtWork:
    organization = await api.organization()
    body = {"email": "jane@example.com", "role": "viewer"}
    invited = await api.ask("POST", f"/organizations/{organization}/members", api.system_key, body)
    jane = PersonAtWork(sender(api.http), "viewer", Passkey(origin="https://admin.example"))
    return await register(jane, invited.json()["token"])


async def refresh(person: PersonAtWork) -> httpx.Response:
    answer = await person.ask("POST", "/auth/refresh-token", token="")
    if answer.is_success:
        person.keep(answer)
    return answer


async def is_signed_in(person: PersonAtWork) -> bool:
    return (await person.ask("GET", "/auth/login/check")).status_code == 200


@pytest.mark.parametrize("tabs", [8, 50])
async def test_tabs_that_refresh_at_once_all_stay_signed_in(
    api: Api, clock: FrozenClock, person: PersonAtWork, tabs: int
) -> None:
    clients = (api.http, api.other_instance)
    for _ in range(2):
        browsers = [replace(person, send=sender(clients[n % 2])) for n in range(tabs)]
        answers = await asyncio.gather(*(refresh(browser) for browser in browsers))

        assert [answer.status_code for answer in answers] == [200] * tabs
        assert len({browser.cookie for browser in browsers}) == 1
        assert person.cookie != browsers[0].cookie
        assert all(await asyncio.gather(*(is_signed_in(browser) for browser in browsers)))
        person = browsers[-1]
        clock.advance(ACCESS_LIFETIME)


async def test_a_late_tab_is_led_over_two_refreshes_to_the_newest_token(person: PersonAtWork) -> None:
    late = replace(person)
    for _ in range(2):
        assert (await refresh(person)).status_code == 200

    assert (await refresh(late)).status_code == 200
    assert late.cookie == person.cookie


async def test_after_the_grace_a_second_use_ends_the_session(clock: FrozenClock, person: PersonAtWork) -> None:
    late = replace(person)
    await refresh(person)

    clock.advance(REFRESH_GRACE)

    assert (await refresh(late)).json()["code"] == "REFRESH_TOKEN_REUSED"
    assert (await refresh(person)).status_code == 401
    assert not await is_signed_in(person)


async def test_another_browser_has_no_grace(api: Api, person: PersonAtWork) -> None:
    thief = replace(person, send=sender(api.http, "another browser"))
    await refresh(person)

    assert (await refresh(thief)).json()["code"] == "REFRESH_TOKEN_REUSED"
    assert not await is_signed_in(person)


async def test_a_thief_within_the_grace_is_found_out_by_the_next_refresh(
    clock: FrozenClock, person: PersonAtWork
) -> None:
    thief = replace(person)
    await refresh(person)
    assert (await refresh(thief)).status_code == 200

    clock.advance(ACCESS_LIFETIME)
    assert (await refresh(person)).status_code == 200
    clock.advance(ACCESS_LIFETIME)
    assert (await refresh(thief)).json()["code"] == "REFRESH_TOKEN_REUSED"
    assert not await is_signed_in(person)
