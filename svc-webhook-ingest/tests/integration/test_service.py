"""The started process on a real server with authentication: no MongoDB, no other service anywhere."""

import asyncio
import json
import os
import secrets
import signal
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from gateway_contracts.base import Contract
from gateway_contracts.config import ProviderConfig
from gateway_contracts.events.provider import AAD_COLLECTION, AAD_FIELD, ReceivedProviderEvent
from gateway_contracts.requests.ingest import HEADER_CODE, HEADER_STATUS, SUBJECT
from gateway_embedded.servers import nats as nats_binary
from gateway_embedded.servers.process import ServerProcess, free_port
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.nats.permissions import ADMIN_USER, render_authorization
from gateway_kit.nats.topology import apply_topology
from gateway_providers.stripe.webhook import sign
from gateway_testkit.forking import launch_module
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

ORGANIZATION = "65a500000000000000000001"
PROVIDER = "65a5000000000000000000aa"
SECRET = "whsec_of_the_test"
PASSWORD = "only-for-this-test"


@dataclass
class Bus:
    """A server with one user per service, and the keys of its tenants."""

    settings: nats_binary.NatsSettings
    folder: Path
    encryption_key: str
    hash_key: str
    keyring: Keyring
    process: ServerProcess

    async def connect(self, user: str) -> Client:
        return await nats.connect(
            self.settings.url, user=user, password=PASSWORD, inbox_prefix=f"_INBOX_{user}".encode()
        )

    def restart(self) -> None:
        self.process = nats_binary.start(
            self.settings, config_file=self.folder / "nats.conf", log=self.folder / "nats.log"
        )


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    folder = tmp_path_factory.mktemp("ingest")
    settings = nats_binary.NatsSettings(
        free_port(), free_port(), folder / "js", render_authorization(lambda user: json.dumps(PASSWORD))
    )
    encryption_key, hash_key = secrets.token_hex(32), secrets.token_hex(32)
    process = nats_binary.start(settings, config_file=folder / "nats.conf", log=folder / "nats.log")
    bus = Bus(settings, folder, encryption_key, hash_key, Keyring.from_secrets(encryption_key, hash_key), process)
    yield bus
    bus.process.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(bus: Bus) -> AsyncIterator[Client]:
    """All rights; has prepared streams, keys and a provider."""
    client = await bus.connect(ADMIN_USER)
    await apply_topology(client)
    system, organization = (
        bus.keyring.create("system", "", "system"),
        bus.keyring.create("organization", ORGANIZATION, "operational"),
    )
    for dek in (system, organization):
        bus.keyring.load(dek)
        await put_config(client, dek_key(dek), dek)
    await put_config(client, f"provider.{PROVIDER}", provider_config(bus, PROVIDER))
    yield client
    await client.close()


def provider_config(bus: Bus, identifier: str) -> ProviderConfig:
    return ProviderConfig(
        id=identifier,
        organization_id=ORGANIZATION,
        version=1,
        type="stripe",
        label="Card",
        livemode=False,
        secrets={"webhookSecret": (seal_provider_secret(bus.keyring, identifier, "webhookSecret", SECRET),)},
    )


async def put_config(client: Client, key: str, record: Contract) -> None:
    await (await client.jetstream().key_value("config")).put(key, record.wire_json())


class Service:
    """The process under test."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._port = free_port()
        self.log = bus.folder / "svc-webhook-ingest.log"

    def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "ENVIRONMENT": "development",
            "NATS_URL": self._bus.settings.url,
            "NATS_USER": "svc-webhook-ingest",
            "NATS_PASSWORD": PASSWORD,
            "SYSTEM_ENCRYPTION_KEY": self._bus.encryption_key,
            "SYSTEM_SEARCH_HASH_KEY": self._bus.hash_key,
            "LIVEZ_PORT": str(self._port),
        }
        self.process = launch_module("svc-webhook-ingest", "webhook_ingest", log=self.log, env=environment)
        self.process.wait_ready(self.is_ready, timeout_s=240)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.popen.wait()


@pytest.fixture(scope="module")
def service(bus: Bus, admin: Client) -> Iterator[Service]:
    service = Service(bus)
    service.start()
    yield service
    service.process.terminate()


@pytest_asyncio.fixture
async def edge(bus: Bus, service: Service) -> AsyncIterator[Client]:
    """The rights of the service that hands webhooks over."""
    client = await bus.connect("svc-checkout-api")
    yield client
    await client.close()


def event(identifier: str) -> bytes:
    return json.dumps({"id": identifier, "object": "event", "type": "payment_intent.succeeded", "created": 1}).encode()


async def send(
    edge: Client, body: bytes, *, secret: str = SECRET, provider: str = PROVIDER, timeout_s: float = 60
) -> tuple[str, str | None]:
    timestamp = int(time.time())
    headers = {
        "Gw-Provider-Type": "stripe",
        "Gw-Provider-Id": provider,
        "Http-stripe-signature": f"t={timestamp},v1={sign(body, secret, timestamp)}",
    }
    reply = await edge.request(SUBJECT, body, timeout=timeout_s, headers=headers)
    assert reply.headers is not None
    assert reply.data == b""
    return reply.headers[HEADER_STATUS], reply.headers.get(HEADER_CODE)


async def sent(edge: Client, body: bytes, *, provider: str = PROVIDER) -> tuple[str, str | None]:
    """As a provider sends it: again, while the answer is that it should come back. A disk that is slow to say that a
    hundred events are on it is no fault of the service."""

    async def answered() -> tuple[str, str | None] | None:
        answer = await send(edge, body, provider=provider)
        return None if answer[0] == "503" else answer

    return await eventually(answered)


async def stored(admin: Client) -> list[ReceivedProviderEvent]:
    js = admin.jetstream(timeout=60)
    state = (await js.stream_info("PROVIDER_EVENTS")).state
    messages = [await js.get_msg("PROVIDER_EVENTS", number) for number in range(1, state.last_seq + 1)]
    return [ReceivedProviderEvent.read(message.headers or {}, message.data or b"") for message in messages]


async def test_hundred_times_at_once_is_hundred_successes_and_one_event(bus: Bus, admin: Client, edge: Client) -> None:
    before = len(await stored(admin))
    body = event("evt_hundred")

    answers = await asyncio.gather(*(sent(edge, body) for _ in range(100)))

    assert set(answers) == {("200", None)}
    [kept] = (await stored(admin))[before:]
    assert (
        bus.keyring.decrypt_raw(kept.dek_version, kept.body, ORGANIZATION, AAD_COLLECTION, kept.event_id, AAD_FIELD)
        == body
    )


async def test_different_events_at_once_are_all_stored(admin: Client, edge: Client) -> None:
    before = len(await stored(admin))

    answers = await asyncio.gather(*(sent(edge, event(f"evt_many_{number}")) for number in range(300)))

    assert set(answers) == {("200", None)}
    assert len({kept.event_id for kept in (await stored(admin))[before:]}) == 300


async def test_refusals_leave_nothing_in_the_stream_and_no_secret_in_the_log(
    admin: Client, edge: Client, service: Service
) -> None:
    before = len(await stored(admin))

    assert await send(edge, event("evt_forged"), secret="whsec_forged") == ("400", "WEBHOOK_SIGNATURE_INVALID")
    assert await send(edge, event("evt_x"), provider="65a5000000000000000000ff") == ("404", "PROVIDER_NOT_FOUND")
    assert await send(edge, b"x" * (512 * 1024 + 1)) == ("413", "PAYLOAD_TOO_LARGE")

    assert len(await stored(admin)) == before
    await eventually(lambda: "WEBHOOK_SIGNATURE_INVALID" in service.log.read_text())
    await eventually(lambda: "PROVIDER_NOT_FOUND" in service.log.read_text())
    log = service.log.read_text()
    assert "whsec" not in log
    assert "evt_forged" not in log


async def test_provider_that_was_just_configured_is_known(bus: Bus, admin: Client, edge: Client) -> None:
    new = "65a5000000000000000000bb"
    await put_config(admin, f"provider.{new}", provider_config(bus, new))

    assert await sent(edge, event("evt_first"), provider=new) == ("200", None)


async def test_killed_process_starts_again_without_other_services(
    admin: Client, edge: Client, service: Service
) -> None:
    service.kill()
    service.start()

    assert await sent(edge, event("evt_after_kill")) == ("200", None)


async def test_broker_that_does_not_answer_is_no_success_and_nothing_acknowledged_is_lost(
    bus: Bus, admin: Client, edge: Client, service: Service
) -> None:
    acknowledged: set[str] = set()
    stop = asyncio.Event()

    async def provider(name: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            identifier = f"evt_{name}_{count}"
            try:
                answer = await send(edge, event(identifier), timeout_s=5)
            except nats.errors.Error:
                continue
            if answer == ("200", None):
                acknowledged.add(identifier)

    providers = [asyncio.create_task(provider(name)) for name in range(20)]
    await eventually(lambda: len(acknowledged) > 200)
    os.kill(bus.process.pid, signal.SIGKILL)
    bus.process.popen.wait()
    bus.restart()
    seen = len(acknowledged)
    await eventually(lambda: len(acknowledged) > seen + 200)
    stop.set()
    await asyncio.gather(*providers)

    bodies = [
        bus.keyring.decrypt_raw(kept.dek_version, kept.body, ORGANIZATION, AAD_COLLECTION, kept.event_id, AAD_FIELD)
        for kept in await stored(admin)
    ]
    assert acknowledged - {json.loads(body)["id"] for body in bodies} == set()
