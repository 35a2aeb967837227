"""Wise's simulator on the wire: signatures by an independent check, subscriptions, access, deliveries."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway_embedded.servers.process import free_port
from gateway_simulators.store import Store
from gateway_simulators.wise.app import build_app
from gateway_simulators.wise.keys import SigningKey
from gateway_simulators.wise.settings import Settings
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

TOKEN, OTHER = "token-of-a-merchant", "token-of-another"
CREDITED = "incoming-transfer#credited"


@dataclass
class Wire:
    """The simulator's address and a receiver."""

    url: str
    hook: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, json=body, headers=headers) as response,
        ):
            text = await response.text()
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else text

    async def profile(self, token: str = TOKEN) -> int:
        _, [profile] = await self.ask("GET", "/v1/profiles", token=token)
        return int(profile["id"])

    async def subscribe(self) -> Any:
        path = f"/v3/profiles/{await self.profile()}/subscriptions"
        status, made = await self.ask("POST", path, {"trigger_on": CREDITED, "delivery": {"url": self.hook}})
        assert status == 201, made
        await eventually(lambda: bool(self.received))
        return made

    async def receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append((await request.read(), headers))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    port = free_port()
    settings = Settings(port=port, retry_schedule_s=(0.01, 0.01))
    server = uvicorn.Server(uvicorn.Config(build_app(settings), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    running = Wire(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.router.add_post("/hooks", running.receive)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    running.hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    yield running
    server.should_exit = True
    await serving
    await runner.cleanup()


async def test_a_new_subscription_is_tried_and_everything_is_signed(wire: Wire) -> None:
    await wire.subscribe()
    _, pem = await wire.ask("GET", "/.well-known/wise-webhook-key.pem", token="")
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, RSAPublicKey)

    [(body, headers)] = wire.received

    assert headers["x-test-notification"] == "true"
    signature = base64.b64decode(headers["x-signature-sha256"])
    key.verify(signature, body, PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, body + b" ", PKCS1v15(), SHA256())


async def test_a_failed_delivery_is_tried_again_under_another_delivery_id(wire: Wire) -> None:
    await wire.subscribe()
    wire.received.clear()
    wire.answers = [500, 503]

    await wire.ask("POST", "/_sim/incoming-transfers", {"api_token": TOKEN, "amount": 5})
    await eventually(lambda: len(wire.received) == 3)

    assert len({body for body, _ in wire.received}) == 1
    assert len({headers["x-delivery-id"] for _, headers in wire.received}) == 3
    assert all("x-test-notification" not in headers for _, headers in wire.received)


async def test_transfers_are_their_accounts_own(wire: Wire) -> None:
    _, made = await wire.ask("POST", "/_sim/incoming-transfers", {"api_token": TOKEN, "amount": 5, "reference": "x"})
    path, transfer = f"/v1/incoming-transfers/{made['id']}", f"/v1/transfers/{made['transfer_id']}"

    assert (await wire.ask("GET", path))[1]["amount"] == {"value": 5.0, "currency": "EUR"}
    assert (await wire.ask("GET", transfer))[1]["details"] == {"reference": "x"}
    for url in (path, transfer):
        assert (await wire.ask("GET", url, token=OTHER))[0] == 404
        assert (await wire.ask("GET", url, token=""))[0] == 401
    await wire.ask("POST", "/_sim/access", {"api_token": TOKEN, "granted": False})
    assert (await wire.ask("GET", path))[0] == 403
    assert (await wire.ask("GET", transfer))[0] == 200


async def test_subscriptions_are_listed_removed_and_replaced_by_name(wire: Wire) -> None:
    made = await wire.subscribe()
    path = f"/v3/profiles/{await wire.profile()}/subscriptions"

    assert [entry["id"] for entry in (await wire.ask("GET", path))[1]] == [made["id"]]
    assert (await wire.ask("GET", path, token=OTHER))[0] == 403
    assert (await wire.ask("DELETE", f"{path}/{made['id']}"))[0] == 204
    named = {"api_token": TOKEN, "name": "shop", "trigger_on": CREDITED, "url": wire.hook}
    for _ in range(2):
        await wire.ask("POST", "/_sim/subscriptions", named)
    assert len((await wire.ask("GET", path))[1]) == 1
    for wrong in ({"trigger_on": "x", "url": wire.hook}, {"trigger_on": CREDITED, "url": "ftp://x"}):
        assert (await wire.ask("POST", path, wrong))[0] == 422


@pytest.mark.parametrize("amount", [0, -1, "x", None])
async def test_an_amount_is_positive(wire: Wire, amount: Any) -> None:
    assert (await wire.ask("POST", "/_sim/incoming-transfers", {"api_token": TOKEN, "amount": amount}))[0] == 422


def test_the_key_survives_a_restart(tmp_path: Path) -> None:
    first = SigningKey(Store(tmp_path, "wise")).public_pem

    assert SigningKey(Store(tmp_path, "wise")).public_pem == first


@pytest.mark.parametrize("path", ["/v1/nothing", "/v4/profiles", "/", "/v1/profiles/1/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_unknown_routes_answer_in_json(wire: Wire, method: str, path: str) -> None:
    status, body = await wire.ask(method, path)

    assert status == 404
    assert body["errors"][0]["code"] == "NOT_FOUND"


async def test_wrong_methods_and_bodies_answer_in_json(wire: Wire) -> None:
    path = f"{wire.url}/v3/profiles/{await wire.profile()}/subscriptions"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.put(path) as wrong_method:
            assert (wrong_method.status, (await wrong_method.json())["errors"][0]["code"]) == (
                405,
                "METHOD_NOT_ALLOWED",
            )
        async with session.post(path, data=b"[" * 100_000) as deep:
            assert (deep.status, (await deep.json())["errors"][0]["code"]) == (400, "BAD_REQUEST")


async def test_the_control_api_refuses_what_it_cannot_read(wire: Wire) -> None:
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{wire.url}/_sim/rules", data=b"[" * 100_000, headers=headers) as deep:
            assert deep.status == 400
        async with session.get(f"{wire.url}/_sim/deliveries?limit=many") as many:
            assert many.status == 400
