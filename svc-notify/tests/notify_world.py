"""svc-notify without servers: stores in memory, channels and owners that a test decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.errors import Transient
from gateway_contracts.events.credit_note import CreditNoteRenderedV2
from gateway_contracts.events.invoice import InvoiceRenderedV1
from gateway_contracts.events.tenancy import OF_INSTALLATION, MemberInvitedV1
from gateway_contracts.events.transaction import Party, TransactionFailedV1, TransactionSucceededV1
from gateway_contracts.ids import new_event_id, new_object_id
from gateway_contracts.requests.notify import DocumentKind, PutSettings
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.outbox import OutboxRow
from gateway_testkit.clock import START, FrozenClock
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION, new_keyring
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from notify.adapters.pace import SendingPace
from notify.adapters.sealer import KeyringSealer
from notify.adapters.templates.renderer import TemplateRenderer
from notify.domain.message import Message
from notify.domain.outcome import SENT, Outcome
from notify.domain.outgoing import Attachment, Outgoing, Sender
from notify.domain.signing import DkimPair
from notify.ports import Channel, Deps, Described, MailServer, Names
from notify.store.documents import DOCUMENTS, stores_over
from notify.use_cases.deliver_message import deliver_message
from notify.use_cases.put_settings import put_settings

SCOPE = Scope(TEST_ORGANIZATION, livemode=False)
OTHER = Scope(OTHER_ORGANIZATION, livemode=False)
OPERATORS = Scope(OF_INSTALLATION, livemode=True)
INSTALLATION = MailServer(
    "mail.gateway.example", 587, "starttls", Sender("no-reply@gateway.example"), is_operators=True
)
PER_MINUTE = 60
SLACK_URL = "https://hooks.slack.com/services/T0/B0/secret"


@dataclass
class RecordingChannels:
    """Keeps what was sent, and answers what a test says."""

    installation_server: MailServer | None = INSTALLATION
    reply: Outcome = SENT
    error: Exception | None = None
    sent: list[Outgoing] = field(default_factory=list)
    servers: list[MailServer] = field(default_factory=list)

    def mail(self, server: MailServer) -> Channel:
        self.servers.append(server)
        return self

    def slack(self) -> Channel:
        return self

    def server_problem(self, host: str, security: str) -> tuple[str, str] | None:
        return ("smtpHost", "is closed") if host.startswith("10.") else None

    def is_slack_url(self, url: str) -> bool:
        return url.startswith("https://hooks.slack.com/")

    async def send(self, outgoing: Outgoing) -> Outcome:
        if self.error is not None:
            raise self.error
        self.sent.append(outgoing)
        return self.reply


@dataclass
class Papers:
    """Documents of svc-invoice."""

    described: Described = field(
        default_factory=lambda: Described(
            START,
            None,
            "jane@example.com",
            {"customer": "Jane Doe", "number": "INV-1", "amount": 4900, "currency": "EUR", "date": "2026-01-15"},
        )
    )
    is_made: bool = True
    size: int = 4
    error: Exception | None = None

    async def describe(self, kind: DocumentKind, document_id: str, *, scope: Scope) -> Described:
        if self.error is not None:
            raise self.error
        return self.described

    async def fetch(self, kind: DocumentKind, document_id: str, *, scope: Scope) -> Attachment:
        if self.error is not None:
            raise self.error
        if not self.is_made:
            raise Transient("not yet")
        return Attachment(f"{kind}.pdf", "application/pdf", b"%PDF".ljust(self.size))


@dataclass
class Buyers:
    """Payments of svc-transaction."""

    email: str | None = "jane@example.com"

    async def email_of(self, transaction_id: str, *, scope: Scope) -> str | None:
        return self.email


class Shops:
    """Names of organizations."""

    def names(self, scope: Scope) -> Names:
        return Names("Shop GmbH", "#0b5fff")


class World:
    """The service, its two organizations, and what left it."""

    def __init__(self, keyring: Keyring | None = None) -> None:
        self.keyring = keyring or new_keyring(TEST_ORGANIZATION, OTHER_ORGANIZATION)
        self.clock = FrozenClock()
        self.database = MemoryDatabase(*DOCUMENTS)
        self.events: list[OutboxRow] = []
        self.channels = RecordingChannels()
        self.papers = Papers()
        self.buyers = Buyers()
        self.pairs = 0
        self.deps = Deps(
            uow=MemoryUnitOfWork(self.database, clock=self.clock, committed=self.events.extend),
            stores=stores_over(self.database.rows),
            sealer=KeyringSealer(self.keyring),
            clock=self.clock,
            channels=self.channels,
            documents=self.papers,
            payments=self.buyers,
            organizations=Shops(),
            renderer=TemplateRenderer(),
            pace=SendingPace(PER_MINUTE, monotonic=lambda: self.clock.now().timestamp()),
            jitter=lambda: 0.0,
            operators_language="de",
            new_dkim_pair=self.new_pair,
        )

    def new_pair(self) -> DkimPair:
        """Another key each time, quickly."""
        self.pairs += 1
        return DkimPair(f"private {self.pairs}", f"public{self.pairs}")

    async def set(self, scope: Scope = SCOPE, **fields: Any) -> Any:
        """New settings."""
        return await put_settings(PutSettings(**fields), scope=scope, operation_id=new_object_id(), deps=self.deps)

    async def messages(self, scope: Scope = SCOPE) -> list[Message]:
        """All of them, the oldest first."""
        return await self.deps.stores.messages.find(None, scope, {})

    async def message(self, scope: Scope = SCOPE) -> Message:
        """The only one."""
        [message] = await self.messages(scope)
        return message

    async def deliver(self, scope: Scope = SCOPE) -> list[datetime | None]:
        """One attempt at everything that is due."""
        due = [
            each for each in await self.messages(scope) if each.state == "waiting" and each.due_at <= self.clock.now()
        ]
        return [await deliver_message(message, deps=self.deps) for message in due]

    def stored(self) -> Sequence[dict[str, Any]]:
        """The rows as they lie in the database."""
        return self.database.stored("messages") + self.database.stored("settings")

    def event(self, data: Callable[[str], EventData], entity_id: str, scope: Scope = SCOPE) -> Envelope[Any]:
        """An event; its data gets the event's id, to which encrypted fields are bound."""
        event_id = new_event_id()
        made = data(event_id)
        return Envelope[Any](
            id=event_id,
            source="svc-test",
            type=made.TYPE,
            time=self.clock.now(),
            dataschema=f"urn:gateway:schema:{made.TYPE}",
            organization_id=scope.organization_id,
            livemode=scope.mode,
            entity_id=entity_id,
            sequence=1,
            correlation_id="req_1",
            data=made,
        )

    def sealed(self, kind: type[EventData], event_id: str, name: str, text: str, scope: Scope) -> EncryptedValue:
        if scope == OPERATORS:
            return self.keyring.encrypt_system(kind.TYPE, event_id, name, text)
        return self.keyring.encrypt(scope.organization_id, kind.TYPE, event_id, name, text)

    def success(self, party: Party | None = None, scope: Scope = SCOPE, **fields: Any) -> Envelope[Any]:
        """A payment succeeded."""
        buyer, kind = party or Party(email="jane@example.com", name="Jane Doe"), TransactionSucceededV1
        facts = self._payment(fields)

        def data(event_id: str) -> EventData:
            party_value = self.sealed(kind, event_id, "party", buyer.wire_json().decode(), scope)
            session = self.sealed(kind, event_id, "session_public_id", "s", scope)
            return kind(**{**facts, "session_public_id": session, "party": party_value})

        return self.event(data, facts["transaction_id"], scope)

    def failure(self, scope: Scope = SCOPE, **fields: Any) -> Envelope[Any]:
        """A payment failed."""
        kind, facts = TransactionFailedV1, self._payment({"status": "failed", "failure_code": "CARD_DECLINED"} | fields)
        return self.event(
            lambda event_id: kind(
                **{**facts, "session_public_id": self.sealed(kind, event_id, "session_public_id", "s", scope)}
            ),
            facts["transaction_id"],
            scope,
        )

    def _payment(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {
            "transaction_id": new_object_id(),
            "checkout_id": new_object_id(),
            "site_id": new_object_id(),
            "provider_id": new_object_id(),
            "provider_type": "stripe",
            "status": "succeeded",
            "amount": 4900,
            "currency": "EUR",
            "external_reference": "ORDER-1",
            "occurred_at": self.clock.now(),
        } | fields

    def rendered(self, invoice_id: str | None = None, scope: Scope = SCOPE) -> Envelope[Any]:
        """An invoice's PDF was made."""
        identifier = invoice_id or new_object_id()
        data = InvoiceRenderedV1(
            invoice_id=identifier,
            number="INV-1",
            site_id=new_object_id(),
            transaction_id=new_object_id(),
            checkout_id=new_object_id(),
            currency="EUR",
            total=4900,
            occurred_at=self.clock.now(),
            object_name="x",
            sha256="0",
        )
        return self.event(lambda event_id: data, identifier, scope)

    def noted(self, reason: str = "manual", scope: Scope = SCOPE) -> Envelope[Any]:
        """A credit note's PDF was made."""
        identifier = new_object_id()
        data = CreditNoteRenderedV2(
            credit_note_id=identifier,
            number="CN-1",
            invoice_id=new_object_id(),
            invoice_number="INV-1",
            reason=reason,
            origin_id=identifier,
            site_id=new_object_id(),
            transaction_id="",
            checkout_id="",
            currency="EUR",
            total=1900,
            occurred_at=self.clock.now(),
            object_name="x",
            sha256="0",
        )
        return self.event(lambda event_id: data, identifier, scope)

    def invited(self, link: str = "https://admin.example/register#token", scope: Scope = SCOPE) -> Envelope[Any]:
        """A person was invited."""
        kind, member_id = MemberInvitedV1, new_object_id()

        def data(event_id: str) -> EventData:
            return kind(
                object_id=member_id,
                occurred_at=self.clock.now(),
                email=self.sealed(kind, event_id, "email", "john@example.com", scope),
                name=self.sealed(kind, event_id, "name", "John Doe", scope),
                link=self.sealed(kind, event_id, "link", link, scope),
                role="support",
                valid_until=self.clock.now() + timedelta(days=7),
            )

        return self.event(data, member_id, replace(scope, livemode=True))
