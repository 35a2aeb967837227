"""Rate limits in front of the merchant API, with the figures that it promises."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio
from admin_world import Api

from admin_api.app import CADDY_PATHS
from admin_api.people.web.session_dependencies import LOGIN_POLICY
from admin_api.web.application import create_application
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.http.edge import edge
from gateway_kit.http.rate_limit import (
    FAILED_POLICY,
    KEY_POLICY,
    OPEN_PATHS,
    AddressLimits,
    AddressRules,
    address_policy,
)
from gateway_kit.limits.buckets import Buckets

pytestmark = pytest.mark.integration

ADDRESS = "203.0.113.9"


class Limited:
    """Two instances of the API that hear each other, and a clock that stands."""

    def __init__(self, api: Api) -> None:
        self.now = 1000.0
        self.api = api
        rules = AddressRules(address_policy(100), is_enabled=True, open_paths=OPEN_PATHS + CADDY_PATHS)
        policies = (rules.policy, FAILED_POLICY, KEY_POLICY, LOGIN_POLICY)
        self.buckets = [Buckets(policies, secret=b"same", monotonic=lambda: self.now) for _ in range(2)]
        self.clients = [self._client(buckets, rules) for buckets in self.buckets]

    def _client(self, buckets: Buckets, rules: AddressRules) -> httpx.AsyncClient:
        inner = create_application(replace(self.api.deps, limits=buckets))
        application = edge(AddressLimits(inner, buckets, rules), trusted_proxies=(), is_https=False)
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False, client=(ADDRESS, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://api")

    def tell(self) -> None:
        for index, spender in enumerate(self.buckets):
            for spending in list(spender.changes(1000)):
                self.buckets[1 - index].absorb(spending, instance=str(index))

    async def ask(self, path: str, key: str | None = None, *, instance: int = 0) -> httpx.Response:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return await self.clients[instance].get(path, headers=headers)


@pytest_asyncio.fixture
async def limited(api: Api) -> AsyncIterator[Limited]:
    world = Limited(api)
    yield world
    for client in world.clients:
        await client.aclose()


async def test_a_key_has_its_own_limit_on_all_instances_together(limited: Limited) -> None:
    organization_id = await limited.api.organization()
    key, other = await limited.api.key(organization_id), await limited.api.key(organization_id)
    for _ in range(KEY_POLICY.capacity // 20):
        for instance in (0, 1):
            for _ in range(10):
                answer = await limited.ask("/api/v1/sites", key, instance=instance)
                assert answer.status_code == 200
        limited.tell()

    assert answer.headers["ratelimit-policy"] == '"key";q=200;w=2'
    for instance in (0, 1):
        refused = await limited.ask("/api/v1/sites", key, instance=instance)
        assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
        assert refused.json()["violated-policies"] == ["key"]
        assert refused.headers["rate-limited-reason"] == "key"
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    assert (await limited.ask("/api/v1/sites", other)).status_code == 200
    limited.now += 1
    assert (await limited.ask("/api/v1/sites", key)).status_code == 200


async def test_wrong_keys_have_a_small_limit_that_stops_no_right_one(limited: Limited) -> None:
    organization_id = await limited.api.organization()
    key = await limited.api.key(organization_id)
    victim = key.split(".")[0].removeprefix("sk_test_")
    answers = [
        (await limited.ask("/api/v1/sites", str(new_api_key("test", victim)))).status_code
        for _ in range(FAILED_POLICY.capacity + 5)
    ]
    assert answers == [401] * FAILED_POLICY.capacity + [429] * 5
    right = await limited.ask("/api/v1/sites", key)
    # A caller that only knows a key's id cannot use up its limit either.
    assert (right.status_code, right.headers["ratelimit"]) == (200, '"key";r=199;t=1')


async def test_who_shows_nothing_is_limited_by_address(limited: Limited) -> None:
    answers = [(await limited.ask("/api/v1/openapi.json")).status_code for _ in range(102)]
    assert answers == [200] * 100 + [429] * 2
    for path in ("/health", "/api/v1/domains/verify?domain=a.example"):
        assert (await limited.ask(path)).status_code != 429


async def test_signing_in_is_limited_by_address(limited: Limited) -> None:
    answers = [await limited.clients[0].post("/api/v1/auth") for _ in range(LOGIN_POLICY.capacity + 1)]
    assert [answer.status_code for answer in answers] == [200] * LOGIN_POLICY.capacity + [429]
    assert answers[-1].headers["rate-limited-reason"] == "login"
