"""Limits at the HTTP edge: who is counted, and what the answers say."""

from typing import Any

import httpx
import pytest

from gateway_kit.http.asgi import send_json
from gateway_kit.http.edge import edge
from gateway_kit.http.rate_limit import (
    FAILED_POLICY,
    KEY_POLICY,
    AddressLimits,
    AddressRules,
    address_policy,
    admit,
    subject_of,
)
from gateway_kit.limits.buckets import Buckets, Policy
from gateway_kit.settings import HttpSettings

ADDRESS = "203.0.113.9"
KEY = {"authorization": "Bearer sk_test_x"}
LOOPBACK = ("127.0.0.1", "::1")


class World:
    """An application that answers 401 to the key ``wrong``, behind the edge."""

    def __init__(self, *, per_minute: int = 5, is_enabled: bool = True, trusted: tuple[str, ...] = ()) -> None:
        self.tight = Policy("tight", 2, 1.0)
        rules = AddressRules(address_policy(per_minute), is_enabled, exempt=LOOPBACK)
        policies = (rules.policy, FAILED_POLICY, KEY_POLICY, self.tight)
        # Time stands still: nothing drains while a test runs.
        self.buckets = Buckets(policies, secret=b"s", monotonic=lambda: 100.0)
        limited = AddressLimits(self._application, self.buckets, rules)
        self.app = edge(limited, trusted_proxies=trusted, is_https=False)

    async def _application(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/nowhere":
            await send_json(send, 404, {})
            return
        is_wrong = b"wrong" in dict(scope["headers"]).get(b"authorization", b"")
        if scope["path"] == "/tight":
            admit(self.buckets, self.tight, "a caller", scope)
        await send_json(send, 401 if is_wrong else 200, {"ok": not is_wrong})

    async def get(
        self, path: str = "/x", headers: dict[str, str] | None = None, *, times: int = 1, address: str = ADDRESS
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, client=(address, 1), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            for _ in range(times - 1):
                await client.get(path, headers=headers)
            return await client.get(path, headers=headers)


async def test_callers_without_credentials_are_limited_by_address() -> None:
    world = World()
    last = await world.get(times=5)
    refused = await world.get()
    elsewhere = await world.get(address="203.0.113.10")

    assert (last.status_code, last.headers["ratelimit"]) == (200, '"address";r=0;t=60')
    assert last.headers["ratelimit-policy"] == '"address";q=5;w=60'
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "12"
    assert refused.headers["rate-limited-reason"] == "address"
    assert refused.headers["x-request-id"] == refused.json()["requestId"]
    assert refused.json() | {"requestId": "", "error": ""} == {
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "limiter": "address",
        "violated-policies": ["address"],
        "error": "",
        "code": "RATE_LIMITED",
        "requestId": "",
        "details": [],
    }
    assert elsewhere.status_code == 200


async def test_credentials_probes_and_preflights_do_not_count() -> None:
    world = World(per_minute=1)
    assert (await world.get(headers=KEY, times=5)).status_code == 200
    assert (await world.get("/health", times=5)).status_code == 200
    transport = httpx.ASGITransport(app=world.app, client=(ADDRESS, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        assert [(await client.options("/x")).status_code for _ in range(3)] == [200] * 3
    assert (await world.get()).status_code == 200
    assert (await world.get()).status_code == 429


@pytest.mark.parametrize("address", [*LOOPBACK, "::ffff:127.0.0.1"])
async def test_exempt_addresses_are_not_limited(address: str) -> None:
    assert (await World(per_minute=1).get(times=5, address=address)).status_code == 200


async def test_it_can_be_switched_off() -> None:
    assert (await World(per_minute=1, is_enabled=False).get(times=5)).status_code == 200


async def test_failing_callers_have_a_small_bucket_that_stops_no_other() -> None:
    world = World()
    wrong = {"authorization": "Bearer wrong"}
    answers = [(await world.get(headers=wrong)).status_code for _ in range(FAILED_POLICY.capacity + 1)]
    refused = await world.get(headers=wrong)

    assert answers == [401] * FAILED_POLICY.capacity + [429]
    assert refused.headers["rate-limited-reason"] == "failed"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["code"] == "RATE_LIMITED"
    assert (await world.get(headers=KEY)).status_code == 200


async def test_credentials_that_lead_nowhere_are_no_way_around_limits() -> None:
    world = World()
    answers = [(await world.get("/nowhere", KEY)).status_code for _ in range(FAILED_POLICY.capacity + 1)]
    assert answers == [404] * FAILED_POLICY.capacity + [429]
    assert (await world.get(headers=KEY)).status_code == 200


async def test_forwarded_addresses_count_from_trusted_proxies_only() -> None:
    direct = World(per_minute=1)
    await direct.get(headers={"x-real-ip": "198.51.100.1"})
    assert (await direct.get(headers={"x-real-ip": "198.51.100.2"})).status_code == 429

    behind = World(per_minute=1, trusted=("10.0.0.2",))
    answers = [
        (await behind.get(headers={"x-real-ip": real}, address="10.0.0.2")).status_code
        for real in ("198.51.100.1", "198.51.100.2", "198.51.100.1")
    ]
    assert answers == [200, 200, 429]
    # Requests of the proxy itself, for a certificate's permission for instance, count for no caller.
    assert (await behind.get(address="10.0.0.2", times=5)).status_code == 200


async def test_limits_of_the_application_show_in_its_answers() -> None:
    world = World()
    answer = await world.get("/tight", KEY)
    both = await world.get("/tight")
    assert answer.headers["ratelimit"] == '"tight";r=1;t=1'
    assert both.headers["ratelimit-policy"] == '"address";q=5;w=60, "tight";q=2;w=2'


def test_one_customer_of_ipv6_is_a_whole_network() -> None:
    assert subject_of("2001:db8:1:2::5") == subject_of("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert subject_of("::ffff:203.0.113.9") == subject_of("203.0.113.9") == "203.0.113.9"
    assert subject_of("nonsense") == "nonsense"


def test_the_documented_figures() -> None:
    """100 a second and key, 200 at once; 100 a minute and address without credentials by default."""
    assert (KEY_POLICY.capacity, KEY_POLICY.per_s) == (200, 100.0)
    default = HttpSettings.model_fields["mpg_rate_limit_requests_per_min"].default
    assert (default, address_policy(default).capacity, address_policy(default).window_s) == (100, 100, 60)
    assert FAILED_POLICY.capacity < default, "who fails gets less than who shows nothing"
