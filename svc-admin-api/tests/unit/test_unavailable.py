"""A dependency that does not answer is 503 with Retry-After, never a bug and never half an answer."""

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pymongo.errors
import pytest

from admin_api.edge.dependencies import Deps, Origins
from admin_api.edge.key_look_ups import BucketLookUps
from admin_api.people.web.session_dependencies import LOGIN_POLICY, REFRESH_POLICY
from admin_api.web.application import create_application
from gateway_contracts.clock import SystemClock
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.health import Health
from gateway_kit.http.edge import edge
from gateway_kit.http.rate_limit import KEY_POLICY
from gateway_kit.limits.buckets import Buckets
from gateway_testkit.keys import new_keyring


class NoDatabase:
    """Every store of a service whose database is down."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        async def fail(*_args: Any, **_options: Any) -> Any:
            raise self._error

        return fail


def application(error: Exception, health: Health) -> Any:
    stores = cast(Any, NoDatabase(error))
    tenancy = SimpleNamespace(api_keys=stores, keyring=new_keyring(), clock=SystemClock())
    limits = Buckets((KEY_POLICY, LOGIN_POLICY, REFRESH_POLICY), secret=b"test")
    deps = Deps(
        tenancy=cast(Any, tenancy),
        rpc=stores,
        documents=stores,
        idempotency=stores,
        domain_config=lambda _name: None,
        health=health,
        origins=Origins("https://pay.example", "https://hooks.example", "https://admin.example"),
        is_development=False,
        pause=stores.pause,
        sessions=stores,
        limits=limits,
        look_ups=BucketLookUps(limits),
        events=stores,
        operations=stores,
    )
    return edge(create_application(deps), trusted_proxies=(), is_https=True)


@pytest.mark.parametrize(
    "error",
    [
        pymongo.errors.ServerSelectionTimeoutError("no primary"),
        pymongo.errors.AutoReconnect("gone"),
        pymongo.errors.NetworkTimeout("slow"),
        pymongo.errors.NotPrimaryError("election"),
    ],
)
async def test_no_database_is_503(error: Exception) -> None:
    transport = httpx.ASGITransport(app=application(error, Health()))
    key = str(new_api_key("test", "65f0c0ffee65f0c0ffee65f0"))

    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        answer = await http.get("/api/v1/sites", headers={"authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1


async def test_health_tells_alive_from_ready() -> None:
    health = Health()

    async def down() -> None:
        raise ConnectionError

    health.add("mongodb", down)
    transport = httpx.ASGITransport(app=application(RuntimeError(), health))

    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        alive, ready = await http.get("/health"), await http.get("/internal/health")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["failing"]) == (503, {"mongodb": "ConnectionError"})


async def test_the_reference_page_needs_nothing_from_elsewhere() -> None:
    transport = httpx.ASGITransport(app=application(RuntimeError(), Health()))

    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        page = await http.get("/api/v1/docs/index.html")

    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")
    assert "checkout:create" in page.text
    assert 'id="ItemIn"' in page.text
