"""Stored entries of the books, and the references that were paid."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from gateway_contracts.aggregates import Aggregate, TenantEntity
from gateway_contracts.money import Money
from transaction.domain.checkout import Checkout
from transaction.domain.ledger import Account, Entry, Posting
from transaction.domain.transaction import Transaction


def _read(stored: Posting | Mapping[str, Any]) -> Posting:
    if isinstance(stored, Posting):
        return stored
    amount = Money(stored["amount"], stored["currency"])
    return Posting(Account(stored["account"]), amount, stored["provider_id"])


def _written(posting: Posting) -> dict[str, Any]:
    return {
        "account": posting.account.value,
        "provider_id": posting.provider_id,
        "amount": posting.amount.amount_minor,
        "currency": posting.amount.currency,
    }


class StoredEntry(TenantEntity):
    """One balanced entry. Its id is transaction, kind and reference: posting twice is impossible."""

    livemode: bool
    transaction_id: str
    kind: str
    reference: str
    posted_at: datetime
    postings: tuple[Annotated[Posting, PlainValidator(_read), PlainSerializer(_written)], ...]

    @classmethod
    def of(cls, transaction: Transaction, entry: Entry, now: datetime) -> "StoredEntry":
        """A new entry of a transaction."""
        return cls(
            id=f"{transaction.id}:{entry.kind}:{entry.reference}",
            organization_id=transaction.organization_id,
            livemode=transaction.livemode,
            transaction_id=transaction.id,
            kind=entry.kind,
            reference=entry.reference,
            posted_at=now,
            postings=entry.postings,
        )

    @property
    def entry(self) -> Entry:
        """
        Raises:
            ValueError: it does not balance.
        """
        return Entry(self.kind, self.reference, self.postings)


class PaidReference(Aggregate):
    """The checkout that first paid a merchant's reference, and how often it was paid."""

    livemode: bool
    checkout_id: str
    successes: int = 1

    @classmethod
    def of(cls, checkout: Checkout) -> "PaidReference":
        """After the first payment."""
        key = reference_key(checkout)
        assert key is not None, "a checkout without a reference is not counted"
        return cls(
            id=key, organization_id=checkout.organization_id, livemode=checkout.livemode, checkout_id=checkout.id
        )


def reference_key(of: Checkout | Transaction) -> str | None:
    """The id of its merchant's reference, with the tenant and the site; None without a reference."""
    if not of.external_reference:
        return None
    mode = "live" if of.livemode else "test"
    return f"{of.organization_id}:{mode}:{of.site_id}:{of.external_reference}"
