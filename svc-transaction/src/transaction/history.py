"""Payments and cases in their present state, for figures that are counted anew: ``gateway reporting rebuild``."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway_contracts.events.ledger import BookedEntry
from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from transaction.domain.booked import booked_entries
from transaction.domain.records import Case
from transaction.domain.stored_entry import StoredEntry
from transaction.domain.transaction import Transaction
from transaction.ports import Collections
from transaction.store.documents import DOCUMENTS, open_collections

BATCH: Final = 200


@dataclass(frozen=True)
class BookedPayment:
    """A transaction with its ledger entries."""

    transaction: Transaction
    entries: tuple[StoredEntry, ...]

    def booked(self, entry: StoredEntry) -> tuple[BookedEntry, ...]:
        """An entry as events name it."""
        return booked_entries([entry.entry])


async def open_history(client: MongoClient, database: str) -> Collections:
    """The stores of all tenants. It needs no keys and no bus."""
    await bind_documents(client[database], DOCUMENTS)
    return open_collections(MongoRows)


async def booked_payments(stores: Collections) -> AsyncIterator[Sequence[BookedPayment]]:
    """All transactions in the order of their ids, some hundred at a time."""
    after_id: str | None = None
    while ids := await stores.transactions.ids_after(after_id, BATCH):
        entries: dict[str, list[StoredEntry]] = {}
        for entry in await stores.ledger.across_tenants.find(None, {"transaction_id": {"$in": ids}}):
            entries.setdefault(entry.transaction_id, []).append(entry)
        found = await stores.transactions.across_tenants.find(None, {"_id": {"$in": ids}}, sort=[("_id", 1)])
        yield [BookedPayment(each, tuple(entries.get(each.id, ()))) for each in found]
        after_id = ids[-1]


def cases(stores: Collections) -> AsyncIterator[Case]:
    """All cases."""
    return stores.cases.across_tenants.each({})
