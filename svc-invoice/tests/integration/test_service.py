"""The started process on real servers, as its own NATS user: from a payment's event to the stored PDF."""

import asyncio
import base64
import hashlib
import json
import os
import secrets
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats
import pytest
import pytest_asyncio
from invoice_office import Office
from nats.aio.client import Client
from pydantic import SecretStr

from gateway_contracts.actor import ANONYMOUS, Actor
from gateway_contracts.base import Contract
from gateway_contracts.config import OrganizationConfig
from gateway_contracts.envelope import Envelope
from gateway_contracts.errors import Conflict, Transient
from gateway_contracts.events.transaction import TransactionSucceededV1
from gateway_contracts.requests.invoice import (
    GET_INVOICE_PDF,
    LIST_INVOICES,
    LIST_OWN_DOCUMENTS,
    DocumentRef,
    InvoiceQuery,
    InvoiceRef,
    OwnedDocuments,
)
from gateway_contracts.topology import DOCUMENTS_BUCKET
from gateway_embedded.servers import nats as nats_binary
from gateway_embedded.servers.process import free_port
from gateway_kit.crypto.config_secrets import seal_invoicing_value
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.nats.dead_letters import DeadLetter, DeadLetters
from gateway_kit.nats.documents import NatsDocumentStore
from gateway_kit.nats.permissions import ADMIN_USER, render_authorization
from gateway_kit.nats.rpc import RpcClient
from gateway_kit.nats.topology import apply_topology
from gateway_kit.service import running
from gateway_testkit.forking import launch_module
from gateway_testkit.keys import TEST_ORGANIZATION
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.waiting import eventually
from invoice.app import SERVICE, build
from invoice.consumers import rendering
from invoice.domain.rendering import FAILURES_MAX
from invoice.field_cipher import FieldCipher
from invoice.settings import Settings
from invoice.use_cases.verify_register import Findings
from invoice.verify import verify_registers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PASSWORD = "only-for-this-test"
MERCHANT = Actor(kind="api_key", organization_id=TEST_ORGANIZATION, scopes=("invoice:*",), livemode=True)


@dataclass
class Bus:
    """A server with one user per service, and the keys of its tenant."""

    url: str
    encryption_key: str = field(default_factory=lambda: secrets.token_hex(32))
    hash_key: str = field(default_factory=lambda: secrets.token_hex(32))

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
    """All rights; has prepared streams, keys and the organization."""
    client = await bus.connect(ADMIN_USER)
    await apply_topology(client)
    deks = [bus.keyring.create("system", "", "system")]
    deks += [bus.keyring.create("organization", TEST_ORGANIZATION, p) for p in ("operational", "records")]
    for dek in deks:
        bus.keyring.load(dek)
        await put_config(client, dek_key(dek), dek)
    iban = seal_invoicing_value(bus.keyring, TEST_ORGANIZATION, "bankIBAN", "DE89 3704 0044 0532 0130 00")
    invoicing = {"companyName": "Nordwind Handel GmbH", "bankIBAN": iban}
    organization = OrganizationConfig(id=TEST_ORGANIZATION, version=1, name="Nordwind", invoicing=invoicing)
    await put_config(client, f"org.{TEST_ORGANIZATION}", organization)
    yield client
    await client.close()


async def put_config(client: Client, key: str, record: Contract) -> None:
    await (await client.jetstream().key_value("config")).put(key, record.wire_json())


class Service:
    """The process under test."""

    def __init__(self, bus: Bus, database: TestDatabase, log: Path) -> None:
        self._port = free_port()
        self.log = log
        self.scratch = log.parent / "scratch"
        self.scratch.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "ENVIRONMENT": "development",
            "NATS_URL": bus.url,
            "NATS_USER": "svc-invoice",
            "NATS_PASSWORD": PASSWORD,
            "MONGODB_URI": database.uri,
            "MONGODB_DATABASE": database.name,
            "SYSTEM_ENCRYPTION_KEY": bus.encryption_key,
            "SYSTEM_SEARCH_HASH_KEY": bus.hash_key,
            "LIVEZ_PORT": str(self._port),
            "PDF_WORKERS": "1",
            "TMPDIR": str(self.scratch),
        }

    def start(self) -> None:
        self.process = launch_module("svc-invoice", "invoice", log=self.log, env=self.environment)
        self.process.wait_ready(self.is_ready, timeout_s=120)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.popen.wait()


@pytest.fixture
def service(bus: Bus, admin: Client, database: TestDatabase, tmp_path: Path) -> Iterator[Service]:
    service = Service(bus, database, tmp_path / "svc-invoice.log")
    service.start()
    yield service
    service.process.terminate()


async def publish(admin: Client, event: Envelope[TransactionSucceededV1]) -> None:
    await admin.jetstream().publish(
        event.subject, event.wire_json(), stream="TRANSACTIONS", headers={"Nats-Msg-Id": event.id}
    )


@pytest.fixture
def paid(office: Office, bus: Bus) -> Callable[..., Envelope[TransactionSucceededV1]]:
    """An event as svc-transaction publishes it, under this bus's keys."""
    office.keyring, office.cipher = bus.keyring, FieldCipher(bus.keyring)

    def make(amount: int) -> Envelope[TransactionSucceededV1]:
        event: Envelope[TransactionSucceededV1] = office.event(amount)
        return event

    return make


def text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout


async def rendered(database: TestDatabase) -> int:
    return await database.db.invoices.count_documents({"pdf_sha256": {"$ne": None}})


async def test_a_payment_becomes_a_stored_document(
    bus: Bus,
    admin: Client,
    service: Service,
    database: TestDatabase,
    paid: Callable[..., Envelope[TransactionSucceededV1]],
    office: Office,
    tmp_path: Path,
) -> None:
    event = paid(4900)
    session = office.session_of(event)

    await publish(admin, event)
    await eventually(lambda: rendered(database))

    api, edge = await bus.connect("svc-admin-api"), await bus.connect("svc-checkout-api")
    listed = await RpcClient(api).call(LIST_INVOICES, InvoiceQuery(), actor=MERCHANT)
    reference = await RpcClient(api).call(GET_INVOICE_PDF, InvoiceRef(invoice_id=listed.invoices[0].id), actor=MERCHANT)
    own = await RpcClient(edge).call(LIST_OWN_DOCUMENTS, OwnedDocuments(session_public_id=session), actor=ANONYMOUS)
    pdf = await NatsDocumentStore(edge.jetstream()).get(reference.object_name, base64.b64decode(reference.key))
    await asyncio.gather(api.close(), edge.close())
    assert own.documents[0].document == reference
    assert hashlib.sha256(pdf).hexdigest() == reference.sha256
    (tmp_path / "document.pdf").write_bytes(pdf)
    text = text_of(tmp_path / "document.pdf")
    for part in ("Anna Schmidt", "49.00", "DE89 3704 0044 0532 0130 00", listed.invoices[0].number or "?"):
        assert part in text
    await eventually(lambda: "invoice.rendered" in service.log.read_text())
    log = service.log.read_text()
    for secret in ("Anna", "anna@example.org", session, PASSWORD):
        assert secret not in log
    traces = {row["body"]["traceparent"].split("-")[1] for row in await database.db.outbox.find({}).to_list()}
    assert len(traces) == 1
    types = ["invoice.issued.v1", "invoice.rendered.v1"]
    sent = {"state": "sent", "body.type": {"$in": types}}
    await eventually(lambda: _count(database, sent, 2))
    assert await database.db.outbox.count_documents({}) == 2


async def test_a_document_that_the_bus_lost_is_made_again(
    bus: Bus,
    admin: Client,
    service: Service,
    database: TestDatabase,
    paid: Callable[..., Envelope[TransactionSucceededV1]],
) -> None:
    await publish(admin, paid(4900))
    await eventually(lambda: rendered(database))
    api = await bus.connect("svc-admin-api")
    listed = await RpcClient(api).call(LIST_INVOICES, InvoiceQuery(), actor=MERCHANT)
    wanted = InvoiceRef(invoice_id=listed.invoices[0].id)
    before = await RpcClient(api).call(GET_INVOICE_PDF, wanted, actor=MERCHANT)
    await admin.jetstream().purge_stream(f"OBJ_{DOCUMENTS_BUCKET}")

    with pytest.raises(Transient) as waiting:
        await RpcClient(api).call(GET_INVOICE_PDF, wanted, actor=MERCHANT)
    assert waiting.value.code == "DOCUMENT_NOT_RENDERED"

    async def again() -> DocumentRef | None:
        try:
            return await RpcClient(api).call(GET_INVOICE_PDF, wanted, actor=MERCHANT)
        except Transient:
            return None

    assert await eventually(again) == before
    pdf = await NatsDocumentStore(api.jetstream()).get(before.object_name, base64.b64decode(before.key))
    await api.close()
    assert hashlib.sha256(pdf).hexdigest() == before.sha256


async def test_a_document_that_cannot_be_made_becomes_a_letter_and_is_redriven_by_the_command(
    bus: Bus,
    admin: Client,
    service: Service,
    database: TestDatabase,
    paid: Callable[..., Envelope[TransactionSucceededV1]],
) -> None:
    await publish(admin, paid(4900))
    await eventually(lambda: rendered(database))
    [row] = await database.db.invoices.find().to_list()
    broken = {"totals.currency": "?", "render_state": "pending", "render_failures": FAILURES_MAX - 1}
    broken |= {"pdf_sha256": None, "pdf_object": None}
    await database.db.invoices.update_one({"_id": row["_id"]}, {"$set": broken})

    letters = DeadLetters(admin.jetstream(), RpcClient(admin))
    letter = await eventually(lambda: _first(letters))
    assert (letter.source, letter.reference, letter.organization_id) == ("invoices", row["_id"], TEST_ORGANIZATION)
    assert (letter.reason in ("KeyError", "ValueError"), letter.size > 1000) == (True, True)
    await eventually(lambda: database.db.invoices.find_one({"render_state": "set_aside"}))
    api = await bus.connect("svc-admin-api")
    with pytest.raises(Conflict) as refused:
        await RpcClient(api).call(GET_INVOICE_PDF, InvoiceRef(invoice_id=row["_id"]), actor=MERCHANT)
    await api.close()
    assert refused.value.code == "DOCUMENT_SET_ASIDE"

    await database.db.invoices.update_one({"_id": row["_id"]}, {"$set": {"totals.currency": row["totals"]["currency"]}})
    for letter in [letter async for letter in letters.all(SERVICE)]:
        assert await letters.redrive(letter)
    await eventually(lambda: rendered(database))
    assert await _first(letters) is None


async def _first(letters: DeadLetters) -> DeadLetter | None:
    return next(iter([letter async for letter in letters.all(SERVICE)]), None)


async def test_a_killed_service_leaves_no_files(
    admin: Client,
    service: Service,
    database: TestDatabase,
    paid: Callable[..., Envelope[TransactionSucceededV1]],
) -> None:
    await publish(admin, paid(4900))
    await eventually(lambda: rendered(database))

    service.kill()

    assert list(service.scratch.iterdir()) == []
    service.start()


async def _count(database: TestDatabase, query: dict[str, Any], wanted: int) -> bool:
    return await database.db.outbox.count_documents(query) == wanted


async def test_the_renderer_is_woken_and_does_not_wait_for_its_sweep(
    bus: Bus,
    admin: Client,
    database: TestDatabase,
    paid: Callable[..., Envelope[TransactionSucceededV1]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Without a notification nothing is rendered: the next sweep is an hour away.
    monkeypatch.setattr(rendering, "SWEEP_INTERVAL_S", 3600)
    settings = Settings(
        environment="development",
        nats_url=bus.url,
        nats_user=SERVICE,
        nats_password=SecretStr(PASSWORD),
        system_encryption_key=SecretStr(bus.encryption_key),
        system_search_hash_key=SecretStr(bus.hash_key),
        mongodb_uri=SecretStr(database.uri),
        mongodb_database=database.name,
    )

    async with running(settings, SERVICE, build):
        for number in range(1, 5):
            await publish(admin, paid(number))
            await _until_rendered(database, number)


async def _until_rendered(database: TestDatabase, wanted: int) -> None:
    async def is_rendered() -> bool:
        return await rendered(database) >= wanted

    await eventually(is_rendered)


@pytest.mark.nightly
async def test_killed_in_the_middle_nothing_is_lost_or_doubled(
    admin: Client,
    service: Service,
    database: TestDatabase,
    paid: Callable[..., Envelope[TransactionSucceededV1]],
) -> None:
    events = [paid(1000 + number) for number in range(60)]
    for event in events:
        await publish(admin, event)
    await eventually(lambda: database.db.invoices.count_documents({}))

    service.kill()
    service.start()

    # The consumer waits a while for the answers that the killed process owed before it delivers again.
    await eventually(lambda: _count_is(database, 60))
    sequences = [row["numbering"]["sequence"] for row in await database.db.invoices.find({}).to_list()]
    assert sorted(sequences) == list(range(1, 61))
    assert await verify_registers(database.client, database.name) == [Findings(f"{TEST_ORGANIZATION}:live:invoice", 60)]


async def _count_is(database: TestDatabase, wanted: int) -> bool:
    return await database.db.invoices.count_documents({}) == wanted
