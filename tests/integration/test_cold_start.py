"""Services start and work from the configuration bucket while svc-admin-api and MongoDB are down; who needs a database
waits for it, alive, and goes on by itself."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_embedded.servers.process import log_tail
from gateway_kit.nats.permissions import ADMIN_USER
from gateway_providers.stripe.webhook import sign
from gateway_testkit.parts import SERVICES_WITH_DATABASE, Parts, parts_in
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

WITHOUT_DATABASE = ("svc-checkout-api", "svc-webhook-ingest")
WORKERS = tuple(name for name in SERVICES_WITH_DATABASE if name != "svc-admin-api")
SECRET = "whsec_" + secrets.token_hex(16)
STRIPE = {
    "type": "stripe",
    "label": "Cards",
    "secretKey": "sk_test_" + "a" * 24,
    "publishableKey": "pk_test_" + "a" * 24,
    "webhookSecret": SECRET,
}
# Seven processes at once on a busy machine.
STARTED_S = 300
SESSION = "cs_" + "A" * 32


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with parts_in(tmp_path_factory.mktemp("cold")) as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def provider_id(parts: Parts) -> str:
    """Made over the admin API, which is gone afterwards, and its database with it."""
    parts.start("svc-admin-api")
    system_key = await parts.system_key()
    async with parts.merchants_api(system_key) as api:
        organization = (await api.post("/organizations", json={"name": "Shop", "country": "DE"})).json()["id"]
        body = {"label": "all", "scopes": ["*:*"]}
        key = (await api.post(f"/organizations/{organization}/api-keys", json=body)).json()["key"]
    async with parts.merchants_api(key) as api:
        made = await api.post("/providers", json=STRIPE)
        assert made.status_code == 201, made.text
    await asyncio.to_thread(parts.stop, "svc-admin-api", "mongod")
    return str(made.json()["id"])


@pytest.fixture(scope="module")
def edge(parts: Parts, provider_id: str) -> str:
    """The two services without a database, started when nothing runs but the broker: the address of the first."""
    parts.start(*WITHOUT_DATABASE)
    return parts.env.http("svc-checkout-api")


@pytest_asyncio.fixture(scope="module")
async def http(edge: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=edge, timeout=120) as client:
        yield client


@pytest_asyncio.fixture(scope="module")
async def bus(parts: Parts) -> AsyncIterator[Client]:
    user = ADMIN_USER
    client = await nats.connect(
        parts.env.nats.url,
        user=user,
        password=parts.env.credentials.nats[user],
        inbox_prefix=f"_INBOX_{user}".encode(),
    )
    yield client
    await client.close()


async def stored(bus: Client) -> list[ReceivedProviderEvent]:
    js = bus.jetstream()
    last = (await js.stream_info("PROVIDER_EVENTS")).state.last_seq
    messages = [await js.get_msg("PROVIDER_EVENTS", number) for number in range(1, last + 1)]
    return [ReceivedProviderEvent.read(message.headers or {}, message.data or b"") for message in messages]


async def send(http: httpx.AsyncClient, provider_id: str, *, secret: str = SECRET) -> httpx.Response:
    intent = {"id": "pi_cold", "object": "payment_intent", "status": "succeeded", "amount": 4900, "currency": "eur"}
    body = json.dumps(
        {
            "id": f"evt_{secrets.token_hex(8)}",
            "object": "event",
            "type": "payment_intent.succeeded",
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": intent},
        }
    ).encode()
    at = int(time.time())
    headers = {"stripe-signature": f"t={at},v1={sign(body, secret, at)}", "content-type": "application/json"}
    return await http.post(f"/hooks/stripe/{provider_id}", content=body, headers=headers)


async def test_a_genuine_webhook_is_stored_and_a_forged_one_refused(
    http: httpx.AsyncClient, bus: Client, provider_id: str
) -> None:
    before = len(await stored(bus))
    accepted = await send(http, provider_id)
    assert (accepted.status_code, accepted.json()) == (200, {"received": True})
    [kept] = (await stored(bus))[before:]
    assert kept.provider_id == provider_id

    forged = await send(http, provider_id, secret="whsec_of_another")
    unknown = await send(http, "65a5000000000000000000ff")
    assert (forged.status_code, forged.json()["code"]) == (400, "WEBHOOK_SIGNATURE_INVALID")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "PROVIDER_NOT_FOUND")
    assert len(await stored(bus)) == before + 1


@pytest.mark.parametrize("path", ["/health", "/internal/health", "/api/v1/openapi.json"])
async def test_what_needs_no_database_is_served(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)

    assert answer.status_code == 200, answer.text


NEEDS_AN_OWNER: list[tuple[str, str, Any]] = [
    ("GET", f"/api/v1/checkouts/{SESSION}", None),
    ("GET", f"/api/v1/checkouts/{SESSION}/documents", None),
    ("GET", "/api/v1/transactions/64b0000000000000000000aa/status", None),
    ("POST", "/api/v1/transactions/create", {"sessionPublicId": SESSION, "providerId": "65a5000000000000000000ff"}),
]


@pytest.mark.parametrize(("verb", "path", "body"), NEEDS_AN_OWNER)
async def test_what_needs_a_database_says_when_to_come_back(
    http: httpx.AsyncClient, edge: str, parts: Parts, verb: str, path: str, body: Any
) -> None:
    headers = {"X-Checkout-Session": SESSION, "Origin": parts.env.origin("MAIN_FRONTEND_DOMAIN")}
    answer = await http.request(verb, path, json=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE"), answer.text
    assert int(answer.headers["retry-after"]) >= 1


async def test_the_hosted_page_says_so_too(http: httpx.AsyncClient, edge: str) -> None:
    page = await http.get("/checkout/AbCdEfGhIj", headers={"accept": "text/html"})

    assert page.status_code == 503
    assert page.headers["content-type"].startswith("text/html")
    assert int(page.headers["retry-after"]) >= 1
    [style] = re.findall(r"/checkout/assets/[^\"]+\.css", page.text)
    assert (await http.get(style)).status_code == 200


@pytest.fixture(scope="module")
def waiting(parts: Parts, edge: str) -> dict[str, int]:
    """Every service with a database, started without it: their process ids."""
    return {service: parts.launch(service).pid for service in SERVICES_WITH_DATABASE}


@pytest.mark.parametrize("service", SERVICES_WITH_DATABASE)
async def test_a_service_waits_alive_for_its_database(parts: Parts, waiting: dict[str, int], service: str) -> None:
    await eventually(lambda: asyncio.to_thread(parts.is_alive, service), STARTED_S)

    path = "/internal/health" if service == "svc-admin-api" else "/readyz"
    async with httpx.AsyncClient(base_url=parts.env.http(service), timeout=120) as client:
        ready = await client.get(path)
        other = await client.get("/api/v1/sites")
    assert ready.status_code == 503
    assert "mongodb" in ready.json()["failing"]
    assert (other.status_code, other.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
    assert int(other.headers["retry-after"]) >= 1
    assert parts.running[service].popen.poll() is None


async def test_the_signal_to_stop_ends_a_service_that_waits(parts: Parts, waiting: dict[str, int]) -> None:
    process = parts.running["svc-ipn"]
    await eventually(lambda: asyncio.to_thread(parts.is_alive, "svc-ipn"), STARTED_S)
    await asyncio.to_thread(process.terminate)
    waiting["svc-ipn"] = parts.launch("svc-ipn").pid
    assert process.popen.returncode == 0
    await eventually(lambda: asyncio.to_thread(parts.is_alive, "svc-ipn"), STARTED_S)


async def test_they_go_on_by_themselves_when_the_database_is_there(
    parts: Parts, waiting: dict[str, int], bus: Client
) -> None:
    await asyncio.to_thread(parts.start_mongod)

    for service in SERVICES_WITH_DATABASE:
        await eventually(lambda service=service: _is_ready(parts, service), STARTED_S)  # type: ignore[misc]  # a default binds it
    assert {name: parts.running[name].pid for name in waiting} == waiting, "no process was started again"

    async def handled() -> bool:
        info = await bus.jetstream().consumer_info("PROVIDER_EVENTS", "transaction-on-provider-events")
        return bool(info.ack_floor is not None and info.ack_floor.stream_seq >= 1)

    await eventually(handled, STARTED_S)


async def test_they_survive_that_the_database_goes_away_and_comes_back(parts: Parts, waiting: dict[str, int]) -> None:
    await asyncio.to_thread(parts.kill, "mongod")
    for service in WORKERS:
        await eventually(lambda service=service: _is_waiting(parts, service), STARTED_S)  # type: ignore[misc]  # a default binds it

    await asyncio.to_thread(parts.start_mongod)
    for service in SERVICES_WITH_DATABASE:
        await eventually(lambda service=service: _is_ready(parts, service), STARTED_S)  # type: ignore[misc]  # a default binds it
    assert {name: parts.running[name].pid for name in waiting} == waiting


async def _is_ready(parts: Parts, service: str) -> bool:
    """Ready; a failure names the service, what it answered and what it logged last."""
    if await asyncio.to_thread(parts.is_ready, service):
        return True
    path = "/internal/health" if service == "svc-admin-api" else "/readyz"
    async with httpx.AsyncClient(base_url=parts.env.http(service), timeout=120) as client:
        try:
            answer = (await client.get(path)).text
        except httpx.TransportError as exc:
            answer = repr(exc)
    raise AssertionError(f"{service} is not ready: {answer}\n{log_tail(parts.log(service))}")


async def _is_waiting(parts: Parts, service: str) -> bool:
    return await asyncio.to_thread(parts.is_alive, service) and not await asyncio.to_thread(parts.is_ready, service)


@pytest.mark.parametrize("service", WORKERS)
async def test_a_service_starts_while_only_the_admin_api_is_down(
    parts: Parts, waiting: dict[str, int], service: str
) -> None:
    for name in ("svc-admin-api", service):
        if name in parts.running:
            await asyncio.to_thread(parts.stop, name)

    await asyncio.to_thread(parts.start, service)

    assert await asyncio.to_thread(parts.is_ready, service)
    assert not await asyncio.to_thread(parts.is_alive, "svc-admin-api")


async def test_wrong_credentials_are_not_waited_for(parts: Parts, waiting: dict[str, int]) -> None:
    if "svc-ipn" in parts.running:
        await asyncio.to_thread(parts.stop, "svc-ipn")
    if "mongod" not in parts.running:
        await asyncio.to_thread(parts.start_mongod)

    process = parts.launch("svc-ipn", MONGODB_URI=parts.env.mongod.uri("svc-ipn", "not-its-password"))

    assert await asyncio.to_thread(process.popen.wait, STARTED_S) == 1
    log = parts.log("svc-ipn").read_text()
    assert "Authentication failed" in log
    assert "not-its-password" not in log
