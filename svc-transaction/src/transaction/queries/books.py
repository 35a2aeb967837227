"""Ledger entries, and the references that were paid."""

from collections.abc import Sequence

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.ledger import Entry
from transaction.domain.stored_entry import PaidReference, StoredEntry, reference_key
from transaction.domain.transaction import Transaction


class Ledger(Store[StoredEntry]):
    """Entries, which are inserted and never changed. What is read is checked to balance again."""

    async def entries(self, tx: Tx, scope: Scope, transaction_id: str) -> list[Entry]:
        """Those of one transaction, in their order."""
        return [stored.entry for stored in await self.of_transaction(tx, scope, transaction_id)]

    async def of_transaction(self, tx: Tx | None, scope: Scope, transaction_id: str) -> list[StoredEntry]:
        """The same as they are stored, with their times."""
        return await self.find(tx, scope, {"transaction_id": transaction_id}, sort=[("posted_at", 1), ("_id", 1)])

    def post(self, tx: Tx, transaction: Transaction, entries: Sequence[Entry]) -> None:
        """Insert new ones."""
        for entry in entries:
            self.insert(tx, StoredEntry.of(transaction, entry, tx.now))


class PaidReferences(Store[PaidReference]):
    """Merchants' references that were paid; two payments of one reference meet here."""

    async def of_transactions(self, transactions: Sequence[Transaction]) -> dict[str, PaidReference | None]:
        """Those of transactions of any tenant, by key; None where a reference was not paid yet."""
        keys = {key for each in transactions if (key := reference_key(each)) is not None}
        # The keys name their tenants.
        found = await self.across_tenants.find(None, {"_id": {"$in": list(keys)}}) if keys else []
        return dict.fromkeys(keys) | {reference.id: reference for reference in found}

    def count_success(self, tx: Tx, checkout: Checkout, known: PaidReference | None) -> str | None:
        """Store that the checkout's reference was paid; returns the checkout that had paid it before, if another did.

        Args:
            known: what is stored of its reference.
        """
        if known is None:
            self.insert(tx, PaidReference.of(checkout), otherwise=ChangedMeanwhile())
            return None
        self.replace(tx, known, known.changed(successes=known.successes + 1))
        return None if known.checkout_id == checkout.id else known.checkout_id
