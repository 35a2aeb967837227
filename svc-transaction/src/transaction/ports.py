"""What the use cases need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from gateway_contracts.clock import Clock
from gateway_contracts.requests.transaction import ListQuery
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from gateway_kit.passes import DueRows, Letters
from transaction.domain.checkout import Checkout
from transaction.domain.dispute import Dispute, Hold
from transaction.domain.ledger import Entry
from transaction.domain.records import Case, ParkedReport, ProviderOperation, Receipt, Scope
from transaction.domain.refund import Refund
from transaction.domain.timing import Timing
from transaction.domain.transaction import Transaction
from transaction.provider_port import Providers
from transaction.tenant_port import Tenants, Vault

Row = TypeVar("Row")

# Tenant, provider account, and the provider's own name of a payment there.
PaymentName = tuple[Scope, str, str]

# A place in the index of one organization's transactions: mode, when it was deleted, id.
Place = tuple[bool, datetime | None, str]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of a list, newest first. ``total`` is exact up to the cap."""

    rows: tuple[Row, ...]
    total: int
    total_capped: bool
    next_cursor: str | None


class Checkouts(Protocol):
    """Sessions."""

    @property
    def expiring(self) -> DueRows[Checkout]:
        """Pending ones whose time is over."""
        ...

    async def insert(self, tx: Tx, checkout: Checkout) -> None: ...

    async def get(self, scope: Scope, checkout_id: str, tx: Tx | None = None) -> Checkout | None: ...

    async def read_ahead(self, tx: Tx, checkouts: Sequence[tuple[Scope, str]]) -> list[Checkout]:
        """Read many at once, outside of the database transaction; the next `get` of each finds it there.

        A change of it meanwhile shows when it is stored: `update` is guarded by the version that was read.
        """
        ...

    async def by_secret_name(
        self, *, session_hash: str | None = None, short_code_hash: str | None = None
    ) -> Checkout | None:
        """Whoever knows the secret name may see it, whatever the tenant; found by the name's hash."""
        ...

    async def update(self, tx: Tx, before: Checkout, after: Checkout) -> Checkout:
        """Store the difference under the version read; the result has the next version.

        Raises:
            Transient: somebody else changed it (``STALE``).
        """
        ...

    async def page(
        self, scope: Scope, query: ListQuery, *, email_hash: str | None, session_hash: str | None
    ) -> Page[Checkout]: ...


class Transactions(Protocol):
    """Attempts."""

    @property
    def unresolved(self) -> DueRows[Transaction]:
        """Open ones about which the provider is to be asked."""
        ...

    @property
    def overdue(self) -> DueRows[Transaction]:
        """Open ones whose method's deadline has passed."""
        ...

    async def insert(self, tx: Tx, transaction: Transaction) -> None: ...

    async def get(self, scope: Scope, transaction_id: str, tx: Tx | None = None) -> Transaction | None: ...

    async def owned(self, transaction_id: str, session_hashes: Sequence[str]) -> Transaction | None:
        """The transaction, if one of those secret names (their hashes) owns it, whatever the tenant."""
        ...

    async def by_provider_payment(
        self, scope: Scope, provider_id: str, provider_payment_id: str, tx: Tx
    ) -> Transaction | None: ...

    async def read_ahead(self, tx: Tx, payments: Sequence[PaymentName]) -> list[Transaction]:
        """Read many at once, outside of the database transaction; the next `by_provider_payment` finds it there.

        A change of it meanwhile shows when it is stored: `update` is guarded by the version that was read.
        """
        ...

    async def of_checkout(self, scope: Scope, checkout_id: str, tx: Tx | None = None) -> tuple[Transaction, ...]: ...

    async def update(self, tx: Tx, before: Transaction, after: Transaction) -> Transaction:
        """Store the difference under status and version read; the result has the next version.

        Raises:
            Transient: somebody else changed it (``STALE``).
        """
        ...

    async def page(
        self, scope: Scope, query: ListQuery, *, email_hash: str | None, session_hash: str | None
    ) -> Page[Transaction]: ...

    async def many(self, tx: Tx, ids: Sequence[str]) -> tuple[Transaction, ...]:
        """Those of any tenant, in the order of their ids; raises if one of them cannot be read."""
        ...

    async def ids_after(self, after_id: str | None, limit: int) -> tuple[str, ...]:
        """Of all tenants, in their order."""
        ...

    async def next_tenant(self, after: str) -> str | None:
        """The next organization that has transactions, in the order of their ids; None after the last."""
        ...

    async def ids_of_tenant(
        self, organization_id: str, after: Place | None, limit: int
    ) -> tuple[tuple[str, ...], Place | None]:
        """The next ids of one organization, and where to go on; None at its end."""
        ...


class Ledger(Protocol):
    """Immutable entries."""

    async def entries(self, tx: Tx, scope: Scope, transaction_id: str) -> tuple[Entry, ...]: ...

    async def of_transactions(self, tx: Tx, ids: Sequence[str]) -> dict[str, list[Entry]]:
        """Those of transactions of all tenants, in their order."""
        ...

    async def post(self, tx: Tx, scope: Scope, transaction_id: str, entries: Sequence[Entry]) -> None: ...

    async def count_success(self, tx: Tx, scope: Scope, site_id: str, reference: str, checkout_id: str) -> str | None:
        """Remember that a reference was paid; the checkout that had paid it before, if another one did."""
        ...

    async def read_ahead(self, tx: Tx, references: Sequence[tuple[Scope, str, str]]) -> None:
        """Look many up at once (tenant, site, reference), outside of the database transaction.

        The next `count_success` of each knows the answer, and is guarded by it.
        """
        ...


class ProviderOperations(Protocol):
    """Intents and outcomes of calls to providers."""

    @property
    def unanswered(self) -> DueRows[ProviderOperation]:
        """Those without a known outcome."""
        ...

    @property
    def waiting(self) -> DueRows[ProviderOperation]:
        """Those of no urgency."""
        ...

    async def insert(self, tx: Tx, operation: ProviderOperation) -> None: ...

    async def creation_of(self, scope: Scope, transaction_id: str) -> ProviderOperation | None: ...

    async def latest(self, tx: Tx, scope: Scope, transaction_id: str, kind: str) -> ProviderOperation | None: ...

    async def get(self, tx: Tx, scope: Scope, call_id: str) -> ProviderOperation | None: ...

    async def close(self, tx: Tx, operation: ProviderOperation, state: str) -> None: ...

    async def postpone(
        self,
        operation: ProviderOperation,
        due_at: datetime,
        *,
        state: str | None = None,
        is_attempt: bool = True,
        missed: int = 0,
    ) -> None:
        """Look at it again then. Without ``is_attempt`` nothing was sent, and nothing is counted."""
        ...


class Cases(Protocol):
    """What waits for a person."""

    async def count_open(self, tx: Tx, scope: Scope, *, limit: int) -> int:
        """How many are open, counted up to the limit."""
        ...

    async def exists(self, tx: Tx, scope: Scope, key: str) -> bool: ...

    async def open_by_key(self, tx: Tx, scope: Scope, key: str) -> Case | None: ...

    async def insert(self, tx: Tx, case: Case) -> None: ...

    async def get(self, scope: Scope, case_id: str, tx: Tx | None = None) -> Case | None: ...

    async def open_of_payment(
        self, scope: Scope, transaction_id: str, provider_payment_id: str | None, tx: Tx
    ) -> Case | None:
        """The oldest open case about money of that payment; of any payment of the transaction if None is given."""
        ...

    async def waiting_money(self, tx: Tx, transaction: Transaction) -> int:
        """Sum of the open cases about money of the transaction, in minor units of its currency."""
        ...

    async def about_money(self, scope: Scope, transaction_id: str) -> Case | None:
        """The case about money of the transaction that says most: an open one, else the latest."""
        ...

    async def update(self, tx: Tx, before: Case, after: Case) -> Case:
        """Store the difference under the status read.

        Raises:
            Transient: somebody else changed it (``STALE``).
        """
        ...

    async def page(self, scope: Scope, query: ListQuery) -> Page[Case]: ...


class Parked(Protocol):
    """Facts about payments that we do not know yet."""

    @property
    def due(self) -> DueRows[ParkedReport]:
        """Those that are to be looked at."""
        ...

    async def insert(self, tx: Tx, parked: ParkedReport) -> None: ...

    async def of_transaction(self, scope: Scope, provider_id: str, transaction_id: str) -> tuple[ParkedReport, ...]: ...

    async def count(self, tx: Tx, organization_id: str, *, limit: int) -> int:
        """How many of one organization wait, in both modes; counted up to the limit."""
        ...

    async def close(self, tx: Tx, parked: ParkedReport, state: str) -> bool:
        """Whether this call closed it (and not another process before)."""
        ...


class Receipts(Protocol):
    """Money on the merchant's bank account."""

    async def by_bank_reference(self, scope: Scope, bank_reference: str, tx: Tx) -> Receipt | None: ...

    async def insert(self, tx: Tx, receipt: Receipt) -> None: ...


class Refunds(Protocol):
    """Money that goes back."""

    async def insert(self, tx: Tx, refund: Refund) -> None: ...

    async def get(self, scope: Scope, refund_id: str, tx: Tx | None = None) -> Refund | None: ...

    async def by_provider_refund(
        self, scope: Scope, provider_id: str, provider_refund_id: str, tx: Tx
    ) -> Refund | None: ...

    async def of_transaction(self, scope: Scope, transaction_id: str, tx: Tx | None = None) -> tuple[Refund, ...]: ...

    async def count(self, tx: Tx, scope: Scope, transaction_id: str) -> int:
        """How many a transaction has, whoever made them."""
        ...

    async def of_transactions(self, tx: Tx, ids: Sequence[str]) -> dict[str, list[Refund]]:
        """Those of transactions of all tenants, in their order."""
        ...

    async def update(self, tx: Tx, before: Refund, after: Refund) -> Refund:
        """Store the difference under state and version read; the result has the next version.

        Raises:
            Transient: somebody else changed it (``STALE``).
        """
        ...


class Disputes(Protocol):
    """Payments that somebody contests."""

    async def insert(self, tx: Tx, dispute: Dispute) -> None: ...

    async def get(self, scope: Scope, dispute_id: str, tx: Tx | None = None) -> Dispute | None: ...

    async def by_provider_dispute(
        self, scope: Scope, provider_id: str, provider_dispute_id: str, tx: Tx
    ) -> Dispute | None: ...

    async def of_transaction(self, scope: Scope, transaction_id: str, tx: Tx | None = None) -> tuple[Dispute, ...]: ...

    async def of_transactions(self, tx: Tx, ids: Sequence[str]) -> dict[str, list[Dispute]]:
        """Those of transactions of all tenants, in their order."""
        ...

    async def open_of_customer(self, scope: Scope, email_hashes: Sequence[str]) -> Dispute | None:
        """An undecided chargeback of this customer, under any of these addresses."""
        ...

    async def update(self, tx: Tx, before: Dispute, after: Dispute) -> Dispute:
        """Store the difference under status and version read; the result has the next version.

        Raises:
            Transient: somebody else changed it (``STALE``).
        """
        ...


class Holds(Protocol):
    """What customers may no longer do."""

    async def put(self, tx: Tx, hold: Hold) -> None:
        """Store it in place of the one of the same dispute."""
        ...

    async def of_customer(self, scope: Scope, email_hashes: Sequence[str]) -> tuple[Hold, ...]:
        """The active holds under any of these addresses."""
        ...

    async def of_dispute(self, scope: Scope, dispute_id: str, tx: Tx) -> Hold | None: ...

    async def get(self, scope: Scope, hold_id: str, tx: Tx) -> Hold | None: ...

    async def list(self, scope: Scope, *, email_hash: str | None, with_released: bool) -> tuple[Hold, ...]: ...


@dataclass(frozen=True)
class CreditNote:
    """A document that corrects an invoice."""

    id: str
    number: str


class CreditNotes(Protocol):
    """What the service of invoices knows."""

    async def of_dispute(self, scope: Scope, *, transaction_id: str, dispute_id: str) -> CreditNote | None:
        """The credit note of a lost dispute; None where there is none, or where it cannot be asked for in time."""
        ...


@dataclass(frozen=True, kw_only=True)
class BookKeeping:
    """What the check of the books reads."""

    uow: UnitOfWork
    transactions: Transactions
    ledger: Ledger
    cases: Cases
    refunds: Refunds
    disputes: Disputes


@dataclass(frozen=True, kw_only=True)
class Deps(BookKeeping):
    """Everything that use cases reach; built once, in the composition root."""

    clock: Clock
    checkouts: Checkouts
    operations: ProviderOperations
    parked: Parked
    receipts: Receipts
    holds: Holds
    providers: Providers
    tenants: Tenants
    vault: Vault
    letters: Letters
    credit_notes: CreditNotes
    timing: Timing = field(default_factory=Timing)
