"""svc-invoice's own parts on a real database, without the process around them."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from invoice_world import KnownPayments

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import Party, TransactionLine, TransactionSucceededV1
from gateway_contracts.ids import new_event_id, new_object_id, new_session_public_id
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.indexes import apply_collection
from gateway_kit.mongo.unit_of_work import InboxKey, UnitOfWork
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from gateway_testkit.plugin import TestDatabase
from invoice.adapters.pdf.pool import PdfPool
from invoice.consumers.document_try import DocumentTry
from invoice.consumers.rendering import Rendering
from invoice.domain.content import DocumentContent, DocumentKind
from invoice.domain.invoice import Invoice, Kind
from invoice.domain.printed import PLAIN, Look, LookChoice, PrintedDocument
from invoice.domain.rendering import Effort
from invoice.domain.reversal import Reversal
from invoice.domain.template import Template
from invoice.einvoice.formats import EInvoiceFormat
from invoice.einvoice.writer import write
from invoice.field_cipher import FieldCipher
from invoice.ports import OrganizationSettings, PdfRenderer, XmlWriter
from invoice.rpc.handlers import Handlers
from invoice.store.documents import DOCUMENTS, InvoiceDocument, stores_over
from invoice.use_cases.deps import Deps
from invoice.use_cases.document_content import content_of
from invoice.use_cases.get_invoice_pdf import Shelf
from invoice.use_cases.issue_credit_note import issue_credit_note
from invoice.use_cases.issue_invoice import PaidFor, issue_invoices
from invoice.use_cases.make_document import DocumentMaker
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.render_invoice import render_invoice
from invoice.use_cases.render_queue import RenderQueue
from invoice.use_cases.restore_money import restore_money
from invoice.use_cases.settle_invoice import settle_by_number
from invoice.use_cases.verify_register import Findings, verify_register

SETTINGS: dict[str, Any] = {
    "companyName": "Nordwind Handel GmbH",
    "companyAddress": {"street": "Speicherstraße 12", "city": "Hamburg", "postalCode": "20457", "country": "DE"},
    "companyEmail": "rechnung@nordwind.example",
}
BUYER = Party(name="Anna Schmidt", email="anna@example.org", address1="Lindenallee 5", city="Berlin", country="DE")

Event = Envelope[TransactionSucceededV1]


@dataclass
class KnownOrganizations:
    """Settings that a test may change."""

    known: dict[str, OrganizationSettings]

    def settings(
        self, organization_id: str, *, livemode: bool, site_id: str | None = None
    ) -> OrganizationSettings | None:
        return self.known.get(organization_id)

    def has_site(self, organization_id: str, site_id: str) -> bool:
        return organization_id in self.known


@dataclass
class MemoryDocuments:
    """A document store that a test can look into."""

    kept: dict[str, bytes] = field(default_factory=dict)

    async def put(self, name: str, data: bytes, key: bytes) -> None:
        self.kept[name] = data

    async def has(self, name: str) -> bool:
        return name in self.kept


@dataclass
class MemoryLetters:
    """Letters about documents that were set aside."""

    written: list[dict[str, Any]] = field(default_factory=list)

    async def put_row(self, source: str, row_id: str, **facts: Any) -> None:
        self.written.append({"source": source, "row_id": row_id, **facts})


class HereWriter:
    """Writes XML without a process of its own."""

    async def write(self, content: DocumentContent, format_: EInvoiceFormat) -> bytes:
        return write(content, format_)


@dataclass
class PlainLooks:
    """The look that a test chose."""

    look: Look = PLAIN
    errors: list[str] = field(default_factory=list)

    async def choose(self, invoice: Invoice, kind: DocumentKind, country: str | None) -> LookChoice:
        return LookChoice()

    async def open(self, scope: Scope, choice: LookChoice) -> Look:
        return self.look

    async def draft(self, template: Template, country: str | None) -> Look:
        return self.look

    async def failed(self, scope: Scope, choice: LookChoice, error: str) -> None:
        self.errors.append(error)


def name_of(document: Invoice, pdf: bytes) -> str:
    """Where that PDF of a document lies."""
    return document.object_name(hashlib.sha256(pdf).hexdigest())


async def _no_pressure() -> float:
    return 0.0


async def _as_it_is(invoice: Invoice) -> Invoice:
    return invoice


@dataclass
class Office:
    """Issues and renders as the service does."""

    database: TestDatabase
    keyring: Keyring
    clock: FrozenClock
    organizations: KnownOrganizations
    uow: UnitOfWork = field(init=False)
    documents: MemoryDocuments = field(default_factory=MemoryDocuments)
    letters: MemoryLetters = field(default_factory=MemoryLetters)
    xml: XmlWriter = field(default_factory=HereWriter)
    looks: PlainLooks = field(default_factory=PlainLooks)

    def __post_init__(self) -> None:
        self.uow = UnitOfWork(self.database.client, self.database.db, source="svc-invoice", clock=self.clock)
        self.cipher = FieldCipher(self.keyring)
        self.stores = stores_over()
        self.queue = RenderQueue(self.stores.render_tasks, self.clock)
        self.series = NumberSeries(self.stores)

    def event(
        self,
        amount: int = 11900,
        *,
        lines: tuple[TransactionLine, ...] = (),
        party: Party | None = BUYER,
        livemode: bool = True,
        organization_id: str = TEST_ORGANIZATION,
        **values: Any,
    ) -> Event:
        """A successful payment as svc-transaction announces it."""
        event_id = values.pop("event_id", None) or new_event_id()
        now = self.clock.now()
        data: dict[str, Any] = {
            "transaction_id": new_object_id(),
            "checkout_id": new_object_id(),
            "session_public_id": self._encrypted(
                new_session_public_id(), "session_public_id", organization_id, event_id
            ),
            "site_id": "65a5000000000000000000aa",
            "provider_id": new_object_id(),
            "provider_type": "stripe",
            "status": "succeeded",
            "amount": amount,
            "currency": "EUR",
            "external_reference": "ORDER-1",
            "occurred_at": now,
            "lines": lines,
            "party": party and self._encrypted(party.wire_json(), "party", organization_id, event_id),
        }
        return Event(
            id=event_id,
            source="svc-transaction",
            type=TransactionSucceededV1.TYPE,
            time=now,
            dataschema="urn:gateway:schema:transaction.succeeded.v1",
            organization_id=organization_id,
            livemode=livemode,
            entity_id=data["transaction_id"],
            sequence=3,
            correlation_id="c",
            data=TransactionSucceededV1.model_validate(data | values),
        )

    def announced_again(self, event: Event) -> Event:
        """The same payment in an event of another id; without its buyer, whom these tests leave out."""
        event_id = new_event_id()
        session = self._encrypted(self.session_of(event), "session_public_id", event.organization_id, event_id)
        data = event.data.model_copy(update={"session_public_id": session, "party": None})
        return event.model_copy(update={"id": event_id, "data": data})

    def _encrypted(self, text: bytes | str, field: str, organization_id: str, event_id: str) -> EncryptedValue:
        return self.keyring.encrypt(organization_id, TransactionSucceededV1.TYPE, event_id, field, text)

    def session_of(self, event: Event) -> str:
        """The secret name of the session that the event is about."""
        return self.cipher.open_session(
            event.data.session_public_id,
            organization_id=event.organization_id,
            event_type=event.type,
            event_id=event.id,
        )

    async def issue(self, event: Event, **replaced: Any) -> Invoice | None:
        """One payment alone."""
        [invoice] = await self.issue_all([event], **replaced)
        return invoice

    async def issue_all(self, events: Sequence[Event], **replaced: Any) -> list[Invoice | None]:
        """The use case; single parts may be replaced."""
        return await issue_invoices([PaidFor(event) for event in events], **(self._parts() | replaced))

    def _parts(self) -> dict[str, Any]:
        return {
            "uow": self.uow,
            "clock": self.clock,
            "organizations": self.organizations,
            "cipher": self.cipher,
            "stores": self.stores,
            "series": self.series,
        }

    async def settle(self, event: Event) -> Invoice | None:
        """The invoice that the payment names by its number."""
        return await settle_by_number(event, uow=self.uow, cipher=self.cipher, stores=self.stores)

    def reversal(self, event: Event, amount: int, **values: Any) -> Reversal:
        """Money of that payment goes back."""
        fields: dict[str, Any] = {
            "organization_id": event.organization_id,
            "livemode": event.livemode,
            "transaction_id": event.data.transaction_id,
            "reason": "refund",
            "origin_id": new_object_id(),
            "amount": amount,
            "currency": event.data.currency,
            "occurred_at": self.clock.now(),
        }
        return Reversal(**fields | values)

    async def credit(self, reversal: Reversal, *, event_id: str | None = None, **replaced: Any) -> Invoice | None:
        """The use case; ``event_id`` repeats an event."""
        inbox = InboxKey("invoice-on-refunds", event_id or new_event_id())
        return await issue_credit_note(reversal, inbox=inbox, **(self._parts() | replaced))

    async def restore(self, reversal: Reversal) -> Invoice | None:
        inbox = InboxKey("invoice-on-refunds", new_event_id())
        return await restore_money(reversal, inbox=inbox, uow=self.uow, stores=self.stores)

    def handlers(self, renderer: Any = None) -> Handlers:
        shelf = Shelf(documents=self.documents, queue=self.queue, clock=self.clock)
        return Handlers(
            stores=self.stores,
            cipher=self.cipher,
            shelf=shelf,
            organizations=self.organizations,
            xml=self.xml,
            documents=self.documents,
            clock=self.clock,
            maker=DocumentMaker(self.deps(), renderer=renderer, looks=self.looks),
        )

    def deps(self) -> Deps:
        """Parts of the changes of invoices."""
        return Deps(**self._parts(), payments=KnownPayments())

    async def read(self, document_id: str, kind: Kind = "invoice") -> Invoice:
        """As it is stored now."""
        found = await self.stores.invoices.get(None, Scope(TEST_ORGANIZATION, livemode=True), document_id)
        assert found is not None
        assert found.kind == kind
        return found

    async def issued(self, **values: Any) -> Invoice:
        """A new payment's invoice."""
        invoice = await self.issue(self.event(**values))
        assert invoice is not None
        return invoice

    def printed(self, document: Invoice) -> PrintedDocument:
        """Its page, in the default look."""
        content = content_of(document, self.cipher.open_seller(document), self.cipher.open_buyer(document))
        return PrintedDocument(content, organization_id=document.organization_id)

    async def render(self, invoice: Invoice, renderer: PdfRenderer) -> bool:
        return await render_invoice(
            invoice,
            uow=self.uow,
            cipher=self.cipher,
            renderer=renderer,
            xml=self.xml,
            documents=self.documents,
            looks=self.looks,
            stores=self.stores,
            effort=Effort(),
            now=self.clock.now(),
        )

    def rendering(self, renderer: Any, *, workers: int = 2, effort: Effort | None = None, **replaced: Any) -> Rendering:
        """The loop as the service runs it."""
        attempt = DocumentTry(
            queue=self.queue,
            clock=self.clock,
            uow=self.uow,
            cipher=self.cipher,
            renderer=renderer,
            xml=self.xml,
            documents=replaced.get("documents", self.documents),
            looks=self.looks,
            stores=self.stores,
            letters=self.letters,
            prepare=_as_it_is,
            effort=effort or Effort(),
        )
        stalled = replaced.get("stalled_percent", _no_pressure)
        return Rendering(queue=self.queue, clock=self.clock, workers=workers, attempt=attempt, stalled_percent=stalled)

    async def verify(self, register: str = f"{TEST_ORGANIZATION}:live:invoice") -> Findings:
        return await verify_register(register, stores=self.stores, uow=self.uow)

    async def rows(self, collection: str, query: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return await self.database.db[collection].find(query or {}).to_list()


@pytest_asyncio.fixture
async def office(database: TestDatabase, keyring: Keyring, frozen_clock: FrozenClock) -> Office:
    """An office over an empty database, for two organizations."""
    await bind_documents(database.db, DOCUMENTS)
    await apply_collection(database.db, InvoiceDocument.collection)
    known = {
        organization_id: OrganizationSettings(organization_id, "Nordwind", "DE", dict(SETTINGS))
        for organization_id in (TEST_ORGANIZATION, OTHER_ORGANIZATION)
    }
    return Office(database, keyring, frozen_clock, KnownOrganizations(known))


@pytest_asyncio.fixture(scope="session")
async def pdf_pool() -> AsyncIterator[PdfPool]:
    """Warm renderers."""
    pool = PdfPool(workers=2, deadline_s=240)
    await pool.warm()
    yield pool
    await pool.close()


@pytest.fixture
def line() -> Callable[..., TransactionLine]:
    """A line of a checkout."""

    def make(name: str = "Premium", unit_price: int = 11900, quantity: int = 1, **values: Any) -> TransactionLine:
        return TransactionLine(name=name, quantity=quantity, unit_price=unit_price, **values)

    return make
