"""The started process on real servers, as its own NATS user, with the Stripe simulator behind it."""

import json
import os
import secrets
import signal
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from gateway_contracts.actor import ANONYMOUS, Actor
from gateway_contracts.base import Contract
from gateway_contracts.config import ProviderConfig, SiteConfig
from gateway_contracts.errors import GatewayError
from gateway_contracts.events.provider import AAD_COLLECTION, AAD_FIELD, ReceivedProviderEvent
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests import customer as customers
from gateway_contracts.requests import transaction as requests
from gateway_embedded.servers import nats as nats_binary
from gateway_embedded.servers.process import free_port
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.nats.permissions import ADMIN_USER, render_authorization
from gateway_kit.nats.rpc import RpcClient
from gateway_kit.nats.topology import apply_topology
from gateway_testkit.forking import launch_module
from gateway_testkit.keys import TEST_ORGANIZATION
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PASSWORD = "only-for-this-test"
SITE, STRIPE = "65b000000000000000000001", "65c000000000000000000001"
MERCHANT = Actor(kind="api_key", organization_id=TEST_ORGANIZATION, scopes=("*",))


@dataclass
class Bus:
    """A server with one user per service, and the keys of its tenant."""

    url: str
    encryption_key: str = field(default_factory=lambda: secrets.token_hex(32))
    hash_key: str = field(default_factory=lambda: secrets.token_hex(32))
    stripe_key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(12)}")

    def __post_init__(self) -> None:
        self.keyring = Keyring.from_secrets(self.encryption_key, self.hash_key)

    async def connect(self, user: str) -> Client:
        return await nats.connect(self.url, user=user, password=PASSWORD, inbox_prefix=f"_INBOX_{user}".encode())


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    settings = nats_binary.NatsSettings(
        free_port(), free_port(), tmp_path / "js", render_authorization(lambda user: json.dumps(PASSWORD))
    )
    process = nats_binary.start(settings, config_file=tmp_path / "nats.conf", log=tmp_path / "nats.log")
    yield Bus(settings.url)
    process.terminate()


@pytest_asyncio.fixture
async def admin(bus: Bus) -> AsyncIterator[Client]:
    """All rights; has prepared streams, keys, a site and its provider."""
    client = await bus.connect(ADMIN_USER)
    await apply_topology(client)
    records: dict[str, Contract] = {}
    for dek in (
        bus.keyring.create("system", "", "system"),
        bus.keyring.create("organization", TEST_ORGANIZATION, "operational"),
    ):
        bus.keyring.load(dek)
        records[dek_key(dek)] = dek
    records[f"site.{SITE}"] = SiteConfig(
        id=SITE, organization_id=TEST_ORGANIZATION, version=1, name="Shop", provider_ids=(STRIPE,)
    )
    records[f"provider.{STRIPE}"] = ProviderConfig(
        id=STRIPE,
        organization_id=TEST_ORGANIZATION,
        version=1,
        type="stripe",
        label="Card",
        livemode=False,
        public={"publishableKey": bus.stripe_key.replace("sk_", "pk_")},
        secrets={"secretKey": (seal_provider_secret(bus.keyring, STRIPE, "secretKey", bus.stripe_key),)},
    )
    bucket = await client.jetstream().key_value("config")
    for key, record in records.items():
        await bucket.put(key, record.wire_json())
    yield client
    await client.close()


@pytest.fixture
def stripe_port(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "STRIPE_SIM_PORT": str(port), "LOG_LEVEL": "warning"}
    process = launch_module("stripe", "gateway_simulators.stripe", log=tmp_path / "stripe.log", env=environment)
    process.wait_ready(lambda: _answers(port, "/v3/"), timeout_s=120)
    yield port
    process.terminate()


def _answers(port: int, path: str, *, wanted: int | None = None) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return wanted in (None, answer.status)
    except urllib.error.HTTPError as error:
        return wanted in (None, error.code)
    except OSError:
        return False


class Service:
    """The process under test."""

    def __init__(self, bus: Bus, database: TestDatabase, log: Path, stripe_port: int) -> None:
        self._port = free_port()
        self.log = log
        self.environment = {
            "PATH": os.environ["PATH"],
            "ENVIRONMENT": "development",
            "NATS_URL": bus.url,
            "NATS_USER": "svc-transaction",
            "NATS_PASSWORD": PASSWORD,
            "MONGODB_URI": database.uri,
            "MONGODB_DATABASE": database.name,
            "SYSTEM_ENCRYPTION_KEY": bus.encryption_key,
            "SYSTEM_SEARCH_HASH_KEY": bus.hash_key,
            "LIVEZ_PORT": str(self._port),
            "STRIPE_API_BASE": f"http://127.0.0.1:{stripe_port}",
            "JOB_INTERVAL_S": "0.5",
            # A call that is under way is not taken for a lost one, however long the machine stands still.
            "JANITOR_FIRST_S": "30",
        }

    def start(self) -> None:
        self.process = launch_module("svc-transaction", "transaction", log=self.log, env=self.environment)
        self.process.wait_ready(lambda: _answers(self._port, "/readyz", wanted=200), timeout_s=120)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.popen.wait()


@pytest.fixture
def service(bus: Bus, admin: Client, database: TestDatabase, stripe_port: int, tmp_path: Path) -> Iterator[Service]:
    service = Service(bus, database, tmp_path / "svc-transaction.log", stripe_port)
    service.start()
    yield service
    service.process.terminate()


@dataclass
class Shop:
    """The two API services' sides of the bus."""

    merchant: RpcClient
    customer: RpcClient

    async def start_payment(self) -> tuple[requests.CheckoutCreated, customers.TransactionStarted]:
        order = requests.CreateCheckout(
            checkout_id=new_object_id(),
            site_id=SITE,
            amount=4900,
            currency="EUR",
            external_reference=new_object_id(),
            party=Party(email="ada@example.org", name="Ada Lovelace"),
            ipn_url="https://shop.example/ipn",
        )
        checkout = await self.merchant.call(
            requests.CREATE_CHECKOUT, order, actor=MERCHANT, operation_id=order.checkout_id
        )
        request = customers.CreateTransaction(
            transaction_id=new_object_id(),
            session_public_id=checkout.session_public_id,
            provider_id=STRIPE,
            return_url="https://pay.example/return",
        )
        started = await self.customer.call(customers.CREATE_TRANSACTION, request, actor=ANONYMOUS)
        return checkout, started


@pytest_asyncio.fixture
async def shop(bus: Bus, service: Service) -> AsyncIterator[Shop]:
    api, edge = await bus.connect("svc-admin-api"), await bus.connect("svc-checkout-api")
    yield Shop(RpcClient(api), RpcClient(edge))
    await api.close()
    await edge.close()


def confirm(port: int, key: str, client_secret: str, card: str) -> dict[str, Any]:
    """Confirm the payment at Stripe, as the customer's browser does."""
    payment_id = client_secret.split("_secret")[0]
    form = {"payment_method": card, "return_url": "https://pay.example/return"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/payment_intents/{payment_id}/confirm",
        data=urllib.parse.urlencode(form).encode(),
        headers={"Authorization": f"Bearer {key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback, a literal scheme
            intent: dict[str, Any] = json.load(answer)
            return intent
    except urllib.error.HTTPError as error:
        declined: dict[str, Any] = json.load(error)["error"]["payment_intent"]
        return declined


async def publish(admin: Client, bus: Bus, intent: dict[str, Any], event_type: str, copies: int = 1) -> None:
    """Event of svc-webhook-ingest for a genuine webhook."""
    event_id = new_object_id()
    body = {
        "id": f"evt_{event_id}",
        "object": "event",
        "type": event_type,
        "livemode": False,
        "created": intent["created"],
        "data": {"object": intent},
    }
    version, blob = bus.keyring.encrypt_raw(
        TEST_ORGANIZATION, AAD_COLLECTION, event_id, AAD_FIELD, json.dumps(body).encode()
    )
    event = ReceivedProviderEvent(
        event_id=event_id,
        organization_id=TEST_ORGANIZATION,
        provider_id=STRIPE,
        provider_type="stripe",
        livemode=False,
        dek_version=version,
        received_at="2026-01-01T00:00:00Z",
        verified=True,
        body=blob,
    )
    for _ in range(copies):
        await admin.jetstream().publish(event.subject, blob, stream="PROVIDER_EVENTS", headers=event.headers())


async def test_from_the_merchants_call_to_the_paid_session(
    bus: Bus, admin: Client, shop: Shop, service: Service, stripe_port: int, database: TestDatabase
) -> None:
    checkout, started = await shop.start_payment()
    secret = started.next_action.client_secret or ""
    intent = confirm(stripe_port, bus.stripe_key, secret, "pm_card_visa")
    assert intent["status"] == "succeeded"

    await publish(admin, bus, intent, "payment_intent.succeeded", copies=5)

    owned = customers.OwnedTransaction(
        transaction_id=started.transaction_id, session_public_ids=(checkout.session_public_id,)
    )

    async def paid() -> bool:
        view = await shop.customer.call(customers.GET_STATUS, owned, actor=ANONYMOUS)
        return (view.status, view.checkout_status) == ("succeeded", "completed")

    await eventually(paid)
    await eventually(lambda: _sent(database, "transaction.succeeded.v1", 1))
    record = await shop.merchant.call(
        requests.GET_TRANSACTION, requests.TransactionRef(transaction_id=started.transaction_id), actor=MERCHANT
    )
    assert (record.captured, record.email) == (4900, "ada@example.org")
    log = service.log.read_text()
    for text in (secret, "ada@example.org", checkout.session_public_id, bus.stripe_key, PASSWORD):
        assert text not in log


async def test_a_decline_voids_the_intent_and_a_return_without_webhooks_asks(
    bus: Bus, admin: Client, shop: Shop, stripe_port: int
) -> None:
    checkout, started = await shop.start_payment()
    secret = started.next_action.client_secret or ""
    confirm(stripe_port, bus.stripe_key, secret, "pm_card_chargeDeclinedInsufficientFunds")
    owned = customers.OwnedTransaction(
        transaction_id=started.transaction_id, session_public_ids=(checkout.session_public_id,)
    )

    view = await shop.customer.call(customers.SYNC_RETURN, owned, actor=ANONYMOUS)

    assert (view.status, view.failure.code if view.failure else None) == ("failed", "INSUFFICIENT_FUNDS")
    with pytest.raises(GatewayError) as caught:
        await shop.customer.call(customers.CANCEL_OWN, owned, actor=ANONYMOUS)
    assert caught.value.code == "TRANSACTION_NOT_CANCELABLE"


@pytest.mark.nightly
async def test_killed_in_the_middle_every_payment_ends_once(
    bus: Bus, admin: Client, shop: Shop, service: Service, stripe_port: int, database: TestDatabase
) -> None:
    intents = []
    for _ in range(15):
        _, started = await shop.start_payment()
        secret = started.next_action.client_secret or ""
        intents.append(confirm(stripe_port, bus.stripe_key, secret, "pm_card_visa"))
    for intent in intents:
        await publish(admin, bus, intent, "payment_intent.succeeded", copies=2)
    await eventually(lambda: database.db.transactions.count_documents({"status": "succeeded"}))

    service.kill()
    service.start()

    # The consumer waits a while for the answers that the killed process owed before it delivers again.
    await eventually(lambda: _sent(database, "transaction.succeeded.v1", 15), timeout_s=300)
    assert await database.db.transactions.count_documents({"status": "succeeded", "captured": 4900}) == 15
    assert await database.db.ledger_entries.count_documents({}) == 15
    assert await database.db.cases.count_documents({}) == 0


async def _sent(database: TestDatabase, event_type: str, count: int) -> bool:
    condition = {"state": "sent", "body.type": event_type}
    return await database.db.outbox.count_documents(condition) == count
