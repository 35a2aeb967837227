"""Refunds in MongoDB."""

from collections.abc import Sequence
from dataclasses import replace

from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Scope
from transaction.domain.refund import Refund
from transaction.errors import stale
from transaction.store.documents import RefundDocument
from transaction.store.mapping import Raw, by_transaction, difference, scoped, to_domain, to_raw

_FIXED = frozenset({"id", "version"})


class RefundStore:
    """See the port `Refunds`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["refunds"]

    async def insert(self, tx: Tx, refund: Refund) -> None:
        await self._rows.insert_one(to_raw(refund), session=await tx.settled())

    async def get(self, scope: Scope, refund_id: str, tx: Tx | None = None) -> Refund | None:
        return await self._one(scoped(scope, {"_id": refund_id}), tx)

    async def by_provider_refund(
        self, scope: Scope, provider_id: str, provider_refund_id: str, tx: Tx
    ) -> Refund | None:
        condition = {"provider_id": provider_id, "provider_refund_id": is_text(provider_refund_id)}
        return await self._one(scoped(scope, condition), tx)

    async def of_transaction(self, scope: Scope, transaction_id: str, tx: Tx | None = None) -> tuple[Refund, ...]:
        rows = self._rows.find(
            scoped(scope, {"transaction_id": transaction_id}), session=await tx.settled() if tx else None
        )
        return tuple([_read(row) async for row in rows.sort("_id", 1)])

    async def count(self, tx: Tx, scope: Scope, transaction_id: str) -> int:
        condition = scoped(scope, {"transaction_id": transaction_id})
        return await self._rows.count_documents(condition, session=await tx.settled())

    async def of_transactions(self, tx: Tx, ids: Sequence[str]) -> dict[str, list[Refund]]:
        """For all tenants on purpose: a job."""
        rows = self._rows.find({"transaction_id": {"$in": list(ids)}}, session=await tx.settled()).sort("_id", 1)
        return by_transaction([(row["transaction_id"], _read(row)) async for row in rows])

    async def update(self, tx: Tx, before: Refund, after: Refund) -> Refund:
        result = await self._rows.update_one(
            scoped(before.scope, {"_id": before.id, "state": before.state.value, "version": before.version}),
            {"$set": difference(before, after, skip=_FIXED) | {"version": before.version + 1}},
            session=await tx.settled(),
        )
        if result.modified_count != 1:
            raise stale("refund")
        return replace(after, version=before.version + 1)

    async def _one(self, condition: Raw, tx: Tx | None) -> Refund | None:
        row = await self._rows.find_one(condition, session=await tx.settled() if tx else None)
        return None if row is None else _read(row)


def _read(raw: Raw) -> Refund:
    return to_domain(RefundDocument.model_validate(raw), Refund)
