"""Ports of the use cases."""

from dataclasses import dataclass, field
from typing import Protocol

from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.passes import Letters
from transaction.domain.timing import Timing
from transaction.provider_port import Providers
from transaction.queries.books import Ledger, PaidReferences
from transaction.queries.cases import Cases, Receipts
from transaction.queries.notes import WebhookNotes
from transaction.queries.operations import ParkedReports, ProviderOperations
from transaction.queries.payments import Checkouts, Transactions
from transaction.queries.reversals import Disputes, Holds, Refunds
from transaction.tenant_port import FieldCipher, Tenants


@dataclass(frozen=True)
class CreditNote:
    """A document that corrects an invoice."""

    id: str
    number: str


class CreditNotes(Protocol):
    """Credit notes of svc-invoice."""

    async def of_dispute(self, scope: Scope, *, transaction_id: str, dispute_id: str) -> CreditNote | None:
        """The credit note of a lost dispute; None where there is none, or where it cannot be asked for in time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Collections:
    """The collections of the service."""

    checkouts: Checkouts
    transactions: Transactions
    ledger: Ledger
    references: PaidReferences
    operations: ProviderOperations
    cases: Cases
    notes: WebhookNotes
    parked: ParkedReports
    receipts: Receipts
    refunds: Refunds
    disputes: Disputes
    holds: Holds


@dataclass(frozen=True, kw_only=True)
class BookKeeping(Collections):
    """Dependencies of the check of the books."""

    uow: UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Deps(BookKeeping):
    """Everything that use cases reach; built once, in the composition root."""

    clock: Clock
    providers: Providers
    tenants: Tenants
    cipher: FieldCipher
    letters: Letters
    credit_notes: CreditNotes
    timing: Timing = field(default_factory=Timing)
