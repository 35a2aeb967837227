"""What the use cases need from the outside."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import Party, TransactionSucceededV1
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice, Kind, Sealed
from invoice.domain.printed import PrintedInvoice
from invoice.domain.register import RegisterRow
from invoice.domain.rendering import Tries
from invoice.domain.seller import Seller


@dataclass(frozen=True)
class OrganizationSettings:
    """What an organization's configuration says about invoices, with readable secrets opened."""

    id: str
    name: str
    country: str | None = None
    invoicing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TenantScope:
    """Whose documents a caller may see."""

    organization_id: str
    livemode: bool
    site_id: str | None = None


@dataclass(frozen=True)
class InvoiceFilter:
    """Narrows a list; None means any."""

    kind: Kind = "invoice"
    site_id: str | None = None
    transaction_id: str | None = None
    number: str | None = None
    invoice_id: str | None = None
    """Of the invoice that a credit note corrects."""
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True)
class Window:
    """A part of a list, newest first: behind a position (``after``), or after skipping rows."""

    limit: int
    skip: int = 0
    after: tuple[datetime, str] | None = None


class Organizations(Protocol):
    """Tenants' settings from memory."""

    def settings(self, organization_id: str, *, livemode: bool) -> OrganizationSettings | None:
        """None while they are not known."""


class PartyVault(Protocol):
    """Opens the parties of events and keeps those of documents."""

    def open_event(self, value: EncryptedValue, *, organization_id: str, event_type: str, event_id: str) -> Party: ...

    def open_session(self, value: EncryptedValue, *, organization_id: str, event_type: str, event_id: str) -> str:
        """The secret name of the checkout session that an event is about."""
        ...

    def seal_buyer(self, buyer: Party, *, organization_id: str, invoice_id: str) -> Sealed: ...

    def seal_seller(self, seller: Seller, *, organization_id: str, invoice_id: str) -> Sealed: ...

    def open_buyer(self, invoice: Invoice) -> Party | None: ...

    def open_seller(self, invoice: Invoice) -> Seller: ...

    def new_document_key(self, *, organization_id: str, invoice_id: str) -> EncryptedValue:
        """A content key for the invoice's PDF, encrypted."""
        ...

    def open_document_key(self, invoice: Invoice) -> bytes: ...


class InvoiceWriter(Protocol):
    """Writes inside a unit of work."""

    async def by_transactions(self, tx: Tx, payments: Sequence[Envelope[TransactionSucceededV1]]) -> dict[str, Invoice]:
        """What exists already, by transaction."""
        ...

    async def add(self, tx: Tx, invoice: Invoice) -> None: ...

    async def note_uninvoiced(self, payments: Sequence[Envelope[TransactionSucceededV1]]) -> None:
        """Remember that these payments never get an invoice; repeating it changes nothing."""
        ...

    async def is_uninvoiced(self, tx: Tx, organization_id: str, transaction_id: str) -> bool: ...

    async def of_transaction(self, tx: Tx, organization_id: str, transaction_id: str) -> Invoice | None: ...

    async def credit_notes(self, tx: Tx, invoice: Invoice) -> list[Invoice]:
        """All that correct this invoice."""
        ...

    async def move_money(self, tx: Tx, invoice: Invoice, *, refunded: int, credited: int) -> None:
        """Add to what went back and to what credit notes took back; negative where money came again.

        Raises:
            StaleInvoice: somebody else changed the invoice since it was read.
        """
        ...

    async def mark_rendered(self, tx: Tx, invoice: Invoice, sha256: str) -> bool:
        """False when somebody else did it before."""
        ...


class NumberSequence(Protocol):
    """Counters that never skip: one per register and reset period."""

    def lane(self, register: str) -> AbstractAsyncContextManager[None]:
        """Only one issue per register at a time in this process, so that transactions rarely collide."""
        ...

    async def prepare(self, register: str, series: str) -> None:
        """Makes the counter and the register's head exist, outside of any transaction."""

    async def next(self, tx: Tx, *, register: str, series: str, stem: str, start: int) -> int:
        """The next sequence number of the counter that the stem has not seen.

        Raises:
            StaleSeries: the counter moved under this transaction.
        """
        ...


class Register(Protocol):
    """The sealed list of issued documents."""

    async def append(self, tx: Tx, invoice: Invoice) -> RegisterRow:
        """
        Raises:
            StaleSeries: the register's head moved under this transaction.
        """
        ...


class InvoiceReader(Protocol):
    """Reads outside of transactions, always within a scope."""

    async def find(self, scope: TenantScope, kind: Kind, document_id: str) -> Invoice | None: ...

    async def select(self, scope: TenantScope, wanted: InvoiceFilter, window: Window) -> list[Invoice]: ...

    async def count(self, scope: TenantScope, wanted: InvoiceFilter, *, limit: int) -> int: ...

    async def of_payment(self, scope: TenantScope, transaction_id: str) -> Invoice | None: ...

    async def of_origin(self, scope: TenantScope, transaction_id: str, origin_id: str) -> Invoice | None:
        """The credit note of a refund or dispute of that payment."""
        ...

    async def is_left_out(self, scope: TenantScope, transaction_id: str) -> bool:
        """Whether it was decided that the payment gets no invoice."""
        ...

    async def of_session(self, session_hash: str, invoice_id: str | None) -> list[Invoice]:
        """The issued documents of a checkout session; knowing its id is the permission."""
        ...


@dataclass(frozen=True)
class RenderTask:
    """A document that one worker has claimed, in the trace that issued it.

    Attributes:
        number: counts all claims of the document, never starting again.
        size: bytes of its row.
        read: the invoice; fails where the row cannot be read.
    """

    id: str
    organization_id: str
    number: int
    tries: Tries
    size: int
    read: Callable[[], Invoice]
    traceparent: str | None = None


class RenderQueue(Protocol):
    """Issued invoices without a document, each leased to one worker at a time."""

    async def claim(
        self, *, now: datetime, due: datetime, after: str, without: Collection[str] = ()
    ) -> RenderTask | None:
        """The longest waiting document of the next organization in turn whose time came no later than ``due``.

        Args:
            after: the organization that had the last turn; those behind it come first.
            without: organizations that may not have more workers now.
        """
        ...

    async def renew(self, task: RenderTask, *, until: datetime) -> None:
        """Keep the claim at least until then."""
        ...

    async def postpone(self, task: RenderTask, tries: Tries, *, until: datetime) -> None:
        """The try ended without a document; offer it again at that time."""
        ...

    async def set_aside(self, task: RenderTask, tries: Tries) -> None:
        """No further try until an operator redrives it."""
        ...

    async def redrive(self, document_id: str, *, now: datetime) -> bool:
        """Offer it again with fresh tries; false where it is not set aside."""
        ...

    async def remake(self, invoice: Invoice, *, now: datetime) -> None:
        """Its document was lost: it waits again as after its issue. Twice is once."""
        ...

    async def is_set_aside(self, invoice: Invoice) -> bool: ...


class SetAside(Protocol):
    """Letters about rows that are given up for now."""

    async def put_row(
        self, source: str, row_id: str, *, organization_id: str, error: BaseException, size: int, attempts: int
    ) -> None: ...


class PdfRenderer(Protocol):
    """Makes the document; the same input gives the same bytes."""

    async def render(self, printed: PrintedInvoice, *, cpu_s: float) -> bytes:
        """
        Raises:
            RenderingFailed: not within ``cpu_s`` seconds of processor time or the deadline, or the renderer died.
        """
        ...


class Documents(Protocol):
    """The document store, as far as this service uses it: it reads no document."""

    async def put(self, name: str, data: bytes, key: bytes) -> None: ...

    async def has(self, name: str) -> bool: ...


class RegisterAudit(Protocol):
    """What the verification reads."""

    async def registers(self) -> list[str]: ...

    def rows(self, register: str) -> AsyncIterator[tuple[RegisterRow, str]]:
        """In the order of their position, each with the seal that is stored beside it."""
        ...

    async def head(self, register: str) -> tuple[int, str]:
        """Position and seal that the register says it ends with."""
        ...

    async def counter_values(self, register: str) -> dict[str, int]: ...

    async def issued(self, register: str, ids: list[str]) -> dict[str, Invoice]: ...

    async def count_issued(self, register: str) -> int: ...
