"""Ledger entries in MongoDB."""

from collections.abc import Sequence
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.money import Money
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.ledger import Account, Entry, Posting
from transaction.domain.records import Scope
from transaction.errors import stale
from transaction.store.mapping import SCHEMA_VERSION, Raw, by_transaction, scoped

ENTRIES: Final = "ledger_entries"
REFERENCES: Final = "paid_references"


class LedgerStore:
    """See the port `Ledger`. Entries are inserted, never changed; what is read is asserted to balance again."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db[ENTRIES]
        self._references = db[REFERENCES]

    async def entries(self, tx: Tx, scope: Scope, transaction_id: str) -> tuple[Entry, ...]:
        rows = self._rows.find(scoped(scope, {"transaction_id": transaction_id}), session=await tx.settled())
        return tuple([_read(row) async for row in rows.sort([("posted_at", 1), ("_id", 1)])])

    async def of_transactions(self, tx: Tx, ids: Sequence[str]) -> dict[str, list[Entry]]:
        """For all tenants on purpose: a job."""
        rows = self._rows.find({"transaction_id": {"$in": list(ids)}}, session=await tx.settled())
        ordered = rows.sort([("posted_at", 1), ("_id", 1)])
        return by_transaction([(row["transaction_id"], _read(row)) async for row in ordered])

    async def post(self, tx: Tx, scope: Scope, transaction_id: str, entries: Sequence[Entry]) -> None:
        for entry in entries:
            tx.pending.insert(ENTRIES, _write(tx, scope, transaction_id, entry))

    async def count_success(self, tx: Tx, scope: Scope, site_id: str, reference: str, checkout_id: str) -> str | None:
        key = _reference_key(scope, site_id, reference)
        known: Raw | None = tx.ahead.pop((REFERENCES, key), None)
        if known is None:
            known = await self._references.find_one(scoped(scope, {"_id": key}), session=await tx.settled()) or {}
        if not known:
            row = {"_id": key, "schema_version": SCHEMA_VERSION, "checkout_id": checkout_id, "successes": 1}
            tx.pending.insert(REFERENCES, scoped(scope, row))
            return None
        as_read = scoped(scope, {"_id": key, "successes": known["successes"]})
        tx.pending.update(REFERENCES, as_read, {"$inc": {"successes": 1}}, otherwise=stale("reference"))
        first: str = known["checkout_id"]
        return None if first == checkout_id else first

    async def read_ahead(self, tx: Tx, references: Sequence[tuple[Scope, str, str]]) -> None:
        keys = {_reference_key(*reference) for reference in references}
        if not keys:
            return
        # The keys name their tenants.
        rows = await self._references.find({"_id": {"$in": list(keys)}}).to_list()
        found = {row["_id"]: row for row in rows}
        tx.ahead |= {(REFERENCES, key): found.get(key, {}) for key in keys}


def _reference_key(scope: Scope, site_id: str, reference: str) -> str:
    mode = "live" if scope.livemode else "test"
    return f"{scope.organization_id}:{mode}:{site_id}:{reference}"


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
