"""Ledger entries in MongoDB."""

from collections.abc import Sequence

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.money import Money
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.ledger import Account, Entry, Posting
from transaction.domain.records import Scope
from transaction.store.mapping import SCHEMA_VERSION, Raw, scoped


class LedgerStore:
    """See the port `Ledger`. Entries are inserted, never changed; what is read is asserted to balance again."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["ledger_entries"]
        self._references = db["paid_references"]

    async def entries(self, tx: Tx, scope: Scope, transaction_id: str) -> tuple[Entry, ...]:
        rows = self._rows.find(scoped(scope, {"transaction_id": transaction_id}), session=tx.session)
        return tuple([_read(row) async for row in rows.sort([("posted_at", 1), ("_id", 1)])])

    async def post(self, tx: Tx, scope: Scope, transaction_id: str, entries: Sequence[Entry]) -> None:
        rows = [_write(tx, scope, transaction_id, entry) for entry in entries]
        if rows:
            await self._rows.insert_many(rows, session=tx.session)

    async def count_success(self, tx: Tx, scope: Scope, site_id: str, reference: str, checkout_id: str) -> str | None:
        mode = "live" if scope.livemode else "test"
        row = await self._references.find_one_and_update(
            scoped(scope, {"_id": f"{scope.organization_id}:{mode}:{site_id}:{reference}"}),
            {"$setOnInsert": {"checkout_id": checkout_id, "schema_version": SCHEMA_VERSION}, "$inc": {"successes": 1}},
            upsert=True,
            session=tx.session,
            return_document=ReturnDocument.AFTER,
        )
        assert row is not None, "an upsert that returns the row after it always has one"
        first: str = row["checkout_id"]
        return None if first == checkout_id else first


def _write(tx: Tx, scope: Scope, transaction_id: str, entry: Entry) -> Raw:
    return scoped(
        scope,
        {
            "_id": f"{transaction_id}:{entry.kind}:{entry.reference}",
            "schema_version": SCHEMA_VERSION,
            "transaction_id": transaction_id,
            "kind": entry.kind,
            "reference": entry.reference,
            "posted_at": tx.now,
            "postings": [
                {
                    "account": leg.account.value,
                    "provider_id": leg.provider_id,
                    "amount": leg.amount.amount_minor,
                    "currency": leg.amount.currency,
                }
                for leg in entry.postings
            ],
        },
    )


def _read(row: Raw) -> Entry:
    legs = (
        Posting(Account(leg["account"]), Money(leg["amount"], leg["currency"]), leg["provider_id"])
        for leg in row["postings"]
    )
    return Entry(row["kind"], row["reference"], tuple(legs))
