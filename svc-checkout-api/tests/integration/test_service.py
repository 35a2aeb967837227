"""The started process on a real server with authentication; its owners answer on the bus with their own users."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from gateway_contracts.actor import Actor
from gateway_contracts.config import DomainConfig
from gateway_contracts.errors import NotFound
from gateway_contracts.requests import customer, invoice
from gateway_contracts.requests.customer import Session, StatusView
from gateway_contracts.rpc import Call
from gateway_embedded.servers import nats as nats_binary
from gateway_embedded.servers.process import ServerProcess, free_port
from gateway_kit.nats.permissions import ADMIN_USER, render_authorization
from gateway_kit.nats.rpc import RpcServer
from gateway_kit.nats.topology import apply_topology
from gateway_testkit.forking import launch_module
from gateway_testkit.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.integration

PASSWORD = "only-for-this-test"
ORGANIZATION = "64b000000000000000000001"
SESSION = Session(
    id="cs_" + "A" * 32,
    checkout_id="64b000000000000000000003",
    organization_id=ORGANIZATION,
    site_id="64b000000000000000000002",
    short_code="Abc123Def4",
    status="pending",
    amount=4900,
    currency="EUR",
    livemode=False,
    site_name="Example Shop",
    expires_at=datetime(2026, 12, 24, tzinfo=UTC),
)
TRANSACTION = "64b0000000000000000000aa"
OWNER = {"X-Checkout-Session": SESSION.id}


@dataclass
class Bus:
    settings: nats_binary.NatsSettings
    folder: Path
    process: ServerProcess

    async def connect(self, user: str) -> Client:
        return await nats.connect(
            self.settings.url, user=user, password=PASSWORD, inbox_prefix=f"_INBOX_{user}".encode()
        )


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    folder = tmp_path_factory.mktemp("checkout")
    settings = nats_binary.NatsSettings(
        free_port(), free_port(), folder / "js", render_authorization(lambda user: json.dumps(PASSWORD))
    )
    process = nats_binary.start(settings, config_file=folder / "nats.conf", log=folder / "nats.log")
    yield Bus(settings, folder, process)
    process.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(bus: Bus) -> AsyncIterator[Client]:
    client = await bus.connect(ADMIN_USER)
    await apply_topology(client)
    yield client
    await client.close()


@dataclass
class Owners:
    """svc-transaction and svc-invoice, as far as one payment needs them."""

    client: Client
    status: Any = "pending_provider"
    calls: list[tuple[str, Call]] = field(default_factory=list)

    async def get_session(self, request: customer.GetSession, call: Call) -> Session:
        self.calls.append(("session", call))
        if SESSION.short_code != request.short_code and SESSION.id != request.session_public_id:
            raise NotFound("no such checkout", code="CHECKOUT_NOT_FOUND")
        return SESSION

    async def get_status(self, request: customer.OwnedTransaction, call: Call) -> StatusView:
        return StatusView(
            id=request.transaction_id,
            status=self.status,
            amount=4900,
            currency="EUR",
            session_public_id=SESSION.id,
            checkout_status="pending",
            provider_type="stripe",
        )

    async def publish(self) -> None:
        body = json.dumps({"data": {"transactionId": TRANSACTION}}).encode()
        await self.client.publish(f"transaction.failed.v1.{ORGANIZATION}", body)
        await self.client.flush()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owners(bus: Bus, admin: Client) -> AsyncIterator[Owners]:
    client = await bus.connect("svc-transaction")
    server = RpcServer(client, "svc-transaction")
    owners = Owners(client)
    server.add(customer.GET_SESSION, owners.get_session)
    server.add(customer.GET_STATUS, owners.get_status)
    await server.start()
    yield owners
    await server.stop()
    await client.close()


@dataclass
class Service:
    url: str
    process: ServerProcess


@pytest.fixture(scope="module")
def service(bus: Bus, admin: Client) -> Iterator[Service]:
    started = start(bus)
    yield started
    started.process.terminate()


@pytest.fixture
def another(bus: Bus, admin: Client) -> Iterator[Service]:
    """One more, which a test may end."""
    started = start(bus)
    yield started
    started.process.terminate()


def start(bus: Bus) -> Service:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "development",
        "NATS_URL": bus.settings.url,
        "NATS_USER": "svc-checkout-api",
        "NATS_PASSWORD": PASSWORD,
        "SYSTEM_ENCRYPTION_KEY": secrets.token_hex(32),
        "SYSTEM_SEARCH_HASH_KEY": secrets.token_hex(32),
        "HTTP_PORT": str(port),
        "ADMIN_FRONTEND_ORIGIN": "https://admin.test",
        "ADMIN_BACKEND_ORIGIN": "https://api.test",
        "MAIN_FRONTEND_ORIGIN": origin,
        "MAIN_BACKEND_ORIGIN": "https://hooks.test",
    }
    log = bus.folder / f"svc-checkout-api-{port}.log"
    process = launch_module("svc-checkout-api", "checkout_api", log=log, env=environment)
    process.wait_ready(lambda: _is_healthy(origin), timeout_s=240)
    return Service(origin, process)


def _is_healthy(origin: str) -> bool:
    try:
        return httpx.get(f"{origin}/internal/health", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@pytest_asyncio.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as opened:
        yield opened


async def test_checkout_is_read_over_the_bus_with_the_request_id(client: httpx.AsyncClient, owners: Owners) -> None:
    answer = await client.get(f"/checkout/{SESSION.short_code}", headers={"X-Request-ID": "req_of_this_test"})

    assert answer.status_code == 200
    assert "€49.00" in answer.text
    assert answer.headers["x-request-id"] == "req_of_this_test"
    assert owners.calls[-1][1].actor == Actor(kind="customer")


async def test_unknown_checkout_is_the_owners_404(client: httpx.AsyncClient, owners: Owners) -> None:
    assert (await client.get("/checkout/Nowhere001")).status_code == 404


async def test_owner_that_does_not_run_is_503_with_retry_after(client: httpx.AsyncClient, owners: Owners) -> None:
    answer = await client.get(f"/api/v1/checkouts/{SESSION.id}/documents")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert invoice.LIST_OWN_DOCUMENTS.service == "invoice"


async def test_active_domain_in_the_bucket_may_read_the_checkout(
    client: httpx.AsyncClient, owners: Owners, admin: Client
) -> None:
    domain = DomainConfig(
        name="pay.merchant.example",
        organization_id=ORGANIZATION,
        site_id=SESSION.site_id,
        version=1,
        state="active",
    )
    headers = {"Origin": "https://pay.merchant.example"}

    async def status() -> int:
        return (await client.get(f"/api/v1/checkouts/{SESSION.id}", headers=headers)).status_code

    assert await status() == 403
    bucket = await admin.jetstream().key_value("config")
    await bucket.put("domain.pay.merchant.example", domain.wire_json())

    async def is_allowed() -> bool:
        return await status() == 200

    await eventually(is_allowed)


async def test_event_on_the_bus_changes_an_open_stream(client: httpx.AsyncClient, owners: Owners) -> None:
    owners.status = "pending_provider"
    events: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        async with client.stream("GET", f"/api/v1/transactions/{TRANSACTION}/events", headers=OWNER) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                events.append(json.loads(line[6:]).get("status", "end"))
                if events == ["pending_provider"]:
                    owners.status = "failed"
                    await owners.publish()

    assert events == ["pending_provider", "failed", "end"]


async def test_open_stream_does_not_hold_the_shutdown(owners: Owners, another: Service) -> None:
    owners.status = "pending_provider"
    url = f"{another.url}/api/v1/transactions/{TRANSACTION}/events"
    async with httpx.AsyncClient(timeout=60) as client, asyncio.timeout(PATIENCE_S):
        async with client.stream("GET", url, headers=OWNER) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            another.process.popen.terminate()
            # To an orderly end: a stream that is only cut off when the patience of the shutdown ends is an error here.
            async for _ in lines:
                pass
        await eventually(lambda: another.process.popen.poll() is not None)

    assert another.process.popen.returncode == 0
