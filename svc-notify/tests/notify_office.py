"""svc-notify on real servers, with a mail server and owners of documents and payments that a test decides."""

import base64
import contextlib
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from mail_server import MailServer, running_mail_server
from nats.aio.client import Client
from notify_world import World

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.base import Contract
from gateway_contracts.config import OrganizationConfig
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id, new_operation_id
from gateway_contracts.requests.invoice import (
    GET_CREDIT_NOTE,
    GET_CREDIT_NOTE_PDF,
    GET_INVOICE,
    GET_INVOICE_PDF,
    CreditNoteRecord,
    CreditNoteRef,
    DocumentRef,
    InvoiceRecord,
    InvoiceRef,
)
from gateway_contracts.requests.transaction import GET_TRANSACTION, TransactionRecord, TransactionRef
from gateway_contracts.rpc import Call
from gateway_contracts.topology import CONFIG_BUCKET
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.nats.documents import NatsDocumentStore, new_content_key
from gateway_kit.nats.rpc import RpcClient, RpcServer
from gateway_kit.service import Runtime, running
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from notify.app import SERVICE, build
from notify.settings import Settings

PDF = b"%PDF-1.7 " + b"x" * 20_000
SCOPES = ("organization:*", "invoice:*", "credit_note:*")


class Tenant:
    """One organization and its requests."""

    def __init__(self, office: "Office") -> None:
        self.office = office
        self.id = new_object_id()

    @property
    def scope(self) -> Scope:
        """Its test mode."""
        return Scope(self.id, livemode=False)

    async def ask(
        self, method: Any, request: Contract, *, scopes: tuple[str, ...] = SCOPES, livemode: bool = False
    ) -> Any:
        """One request with its key."""
        actor = Actor(kind="api_key", organization_id=self.id, scopes=scopes, livemode=livemode, role="admin")
        return await self.office.rpc.call(method, request, actor=actor, operation_id=new_operation_id())


class Office:
    """The servers around the service."""

    def __init__(self, client: Client, settings: Settings, database: TestDatabase, mail: MailServer) -> None:
        self.client = client
        self.settings = settings
        self.database = database
        self.mail = mail
        self.rpc = RpcClient(client)
        self.keyring = Keyring.from_secrets(
            settings.system_encryption_key.get_secret_value(), settings.system_search_hash_key.get_secret_value()
        )
        self.world = World(self.keyring)
        self.pdf_key = base64.b64encode(new_content_key()).decode()
        self.email = "jane@example.com"
        self.issued_at = datetime.now(UTC)

    async def open_tenant(self, name: str = "Shop GmbH") -> Tenant:
        """An organization with its data keys, known to everybody."""
        tenant = Tenant(self)
        bucket = await self.client.jetstream().key_value(CONFIG_BUCKET)
        for purpose in ("operational", "records"):
            dek = self.keyring.create("organization", tenant.id, purpose)
            self.keyring.load(dek)
            await bucket.put(dek_key(dek), dek.wire_json())
        await bucket.put(f"org.{tenant.id}", OrganizationConfig(id=tenant.id, version=1, name=name).wire_json())
        return tenant

    async def publish(self, event: Envelope[Any], stream: str) -> None:
        """As its owner does; once more is another message with the same id."""
        await self.client.jetstream().publish(event.subject, event.wire_json(), stream=stream)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Runtime]:
        """The service at work."""
        async with running(self.settings, SERVICE, build) as (runtime, _):
            yield runtime

    @contextlib.asynccontextmanager
    async def owning_documents(self) -> AsyncIterator[None]:
        """Answer as svc-invoice does, with one PDF for every document."""
        shelf = NatsDocumentStore(self.client.jetstream())
        name = f"test/{secrets.token_hex(8)}"
        await shelf.put(name, PDF, base64.b64decode(self.pdf_key))

        async def invoice(request: InvoiceRef, call: Call) -> InvoiceRecord:
            call.actor.require("invoice:read")
            return InvoiceRecord(
                id=request.invoice_id, site_id=new_object_id(), transaction_id=new_object_id(),
                checkout_id=new_object_id(), livemode=call.actor.livemode, currency="EUR", net=4118, vat=782,
                total=4900, buyer=Party(email=self.email, name="Jane Doe"), created_at=self.issued_at,
                issued_on="2026-01-15", number="INV-1", status="issued", state="settled", settled=4900,
                issued_at=self.issued_at,
            )  # fmt: skip

        async def document(request: InvoiceRef, call: Call) -> DocumentRef:
            call.actor.require("invoice:execute")
            return DocumentRef(object_name=name, file_name="INV-1.pdf", sha256="0", key=self.pdf_key)

        async def note(request: CreditNoteRef, call: Call) -> CreditNoteRecord:
            call.actor.require("credit_note:read")
            return CreditNoteRecord(
                id=request.credit_note_id, site_id=new_object_id(), transaction_id="", checkout_id="",
                livemode=call.actor.livemode, currency="EUR", net=1597, vat=303, total=1900,
                buyer=Party(email=self.email, name="Jane Doe"), created_at=self.issued_at, issued_on="2026-01-16",
                number="CN-1", invoice_id=new_object_id(), invoice_number="INV-1", reason="manual",
                origin_id=request.credit_note_id, issued_at=self.issued_at,
            )  # fmt: skip

        async def note_document(request: CreditNoteRef, call: Call) -> DocumentRef:
            call.actor.require("credit_note:execute")
            return DocumentRef(object_name=name, file_name="CN-1.pdf", sha256="0", key=self.pdf_key)

        server = RpcServer(self.client, "svc-invoice")
        server.add(GET_INVOICE, invoice)
        server.add(GET_INVOICE_PDF, document)
        server.add(GET_CREDIT_NOTE, note)
        server.add(GET_CREDIT_NOTE_PDF, note_document)
        await server.start()
        try:
            yield
        finally:
            await server.stop()

    @contextlib.asynccontextmanager
    async def owning_payments(self) -> AsyncIterator[None]:
        """Answer as svc-transaction does, with one buyer for every payment."""

        async def payment(request: TransactionRef, call: Call) -> TransactionRecord:
            call.actor.require("transaction:read")
            return TransactionRecord(
                id=request.transaction_id, checkout_id=new_object_id(), session_public_id="s", site_id=new_object_id(),
                provider_id=new_object_id(), provider_type="stripe", status="failed", amount=4900, currency="EUR",
                livemode=call.actor.livemode, email=self.email, sequence=1, created_at=self.issued_at,
                updated_at=self.issued_at,
            )  # fmt: skip

        server = RpcServer(self.client, "svc-transaction")
        server.add(GET_TRANSACTION, payment)
        await server.start()
        try:
            yield
        finally:
            await server.stop()


@contextlib.asynccontextmanager
async def running_office(
    nats: NatsServer, database: TestDatabase, client: Client, **options: Any
) -> AsyncIterator[Office]:
    """An office whose installation has a mail server."""
    async with running_mail_server() as mail:
        settings = settings_for(
            Settings,
            nats,
            database,
            notify_smtp_host="127.0.0.1",
            notify_smtp_port=mail.port,
            notify_smtp_security="none",
            notify_sender_address="no-reply@gateway.example",
            notify_allow_private_targets=True,
            notify_interval_s=0.05,
            **options,
        )
        office = Office(client, settings, database, mail)
        system = office.keyring.create("system", "", "system")
        office.keyring.load(system)
        bucket = await client.jetstream().key_value(CONFIG_BUCKET)
        await bucket.put(dek_key(system), system.wire_json())
        async with office.owning_documents(), office.owning_payments():
            yield office
