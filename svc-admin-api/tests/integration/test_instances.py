"""Two real processes of the service behind one database and one broker: what one revokes the other refuses."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway_embedded.servers.process import ServerProcess, free_port
from gateway_testkit.forking import launch_module
from gateway_testkit.parts import Parts, parts_in
from gateway_testkit.stack import fresh_address
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SERVICE = "svc-admin-api"


@dataclass
class Instances:
    """Both processes and the key of their operator."""

    addresses: tuple[str, str]
    http: httpx.AsyncClient
    system_key: str

    async def ask(self, instance: int, verb: str, path: str, key: str, body: Any = None) -> httpx.Response:
        url = f"{self.addresses[instance]}/api/v1{path}"
        # From an address of its own each time: wrong keys of one address are limited, whichever test showed them.
        headers = {"Authorization": f"Bearer {key}", "X-Real-IP": fresh_address()}
        return await self.http.request(verb, url, json=body, headers=headers)

    async def make(self, path: str, key: str, body: Any) -> dict[str, Any]:
        answer = await self.ask(0, "POST", path, key, body)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def statuses(self, key: str) -> list[int]:
        """The present answers of both to this key."""
        answers = await asyncio.gather(*(self.ask(number, "GET", "/sites", key) for number in (0, 1)))
        return [answer.status_code for answer in answers]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with parts_in(tmp_path_factory.mktemp("instances")) as made:
        made.start(SERVICE)
        yield made


def one_more(parts: Parts, folder: Path) -> tuple[ServerProcess, str]:
    """A further process of the service, and its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = parts.env.service(SERVICE) | {"HTTP_PORT": str(port)}
    process = launch_module("more", "admin_api", log=folder / "log", env=environment)
    process.wait_ready(lambda: _answers(address), timeout_s=240)
    return process, address


@pytest.fixture(scope="module")
def second(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, address = one_more(parts, tmp_path_factory.mktemp("second"))
    yield address
    process.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/internal/health", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@pytest_asyncio.fixture(scope="module")
async def instances(parts: Parts, second: str) -> AsyncIterator[Instances]:
    async with httpx.AsyncClient(timeout=120) as http:
        yield Instances((parts.env.http(SERVICE), second), http, await parts.system_key())


@pytest.mark.parametrize("revoking", [0, 1])
async def test_a_key_revoked_at_one_process_is_refused_by_the_next_request_at_the_other(
    instances: Instances, revoking: int
) -> None:
    organization = (await instances.make("/organizations", instances.system_key, {"name": "Shop"}))["id"]
    path = f"/organizations/{organization}/api-keys"
    made = await instances.make(path, instances.system_key, {"label": "k", "scopes": ["site:read"]})
    # Both have used it: whatever they might remember of it, they remember now.
    assert await instances.statuses(made["key"]) == [200, 200]

    revoked = await instances.ask(revoking, "POST", f"{path}/{made['id']}/revoke", instances.system_key)

    assert revoked.status_code == 200, revoked.text
    other = await instances.ask(1 - revoking, "GET", "/sites", made["key"])
    assert (other.status_code, other.json()["code"]) == (401, "INVALID_API_KEY")
    assert await instances.statuses(made["key"]) == [401, 401]


async def test_requests_that_are_on_their_way_meet_the_revocation_too(instances: Instances) -> None:
    organization = (await instances.make("/organizations", instances.system_key, {"name": "Shop"}))["id"]
    path = f"/organizations/{organization}/api-keys"
    made = await instances.make(path, instances.system_key, {"label": "k", "scopes": ["site:read"]})
    began: list[tuple[float, int]] = []
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    async def caller() -> None:
        while not stop.is_set():
            at = loop.time()
            began.append((at, (await instances.ask(1, "GET", "/sites", made["key"])).status_code))

    callers = [asyncio.create_task(caller()) for _ in range(4)]
    await eventually(lambda: len(began) > 10)
    await instances.ask(0, "POST", f"{path}/{made['id']}/revoke", instances.system_key)
    revoked_at, seen = loop.time(), len(began)
    await eventually(lambda: len(began) > seen + 10)
    stop.set()
    await asyncio.gather(*callers)

    after = [status for at, status in began if at > revoked_at]
    assert {status for at, status in began[:5]} == {200}
    assert after
    assert set(after) <= {401, 429}, "no request that began after the answer was let in"


async def test_a_process_that_is_stopped_tells_every_refusal_it_counted(
    instances: Instances, parts: Parts, tmp_path: Path
) -> None:
    organization = (await instances.make("/organizations", instances.system_key, {"name": "Shop"}))["id"]
    path = f"/organizations/{organization}/api-keys"
    reader = await instances.make(path, instances.system_key, {"label": "r", "scopes": ["*:*"]})
    made = await instances.make(path, instances.system_key, {"label": "k", "scopes": ["site:read"]})
    revoked = await instances.ask(0, "POST", f"{path}/{made['id']}/revoke", instances.system_key)
    assert revoked.status_code == 200

    process, address = one_more(parts, tmp_path)
    for _ in range(5):
        refused = await instances.http.get(
            f"{address}/api/v1/sites", headers={"Authorization": f"Bearer {made['key']}"}
        )
        assert refused.status_code == 401
    await asyncio.to_thread(process.terminate, timeout_s=200)

    entries = (await instances.ask(0, "GET", "/audit?action=api_key.refused", reader["key"])).json()["entries"]
    assert {(entry["objectId"], entry["changes"]["reason"]["to"]) for entry in entries} == {(made["id"], "revoked")}
    # In one entry or in two: a report may have been due in between.
    assert sum(entry["changes"]["count"]["to"] for entry in entries) == 5
