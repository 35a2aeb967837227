"""Leases on rows in memory, as `gateway_kit.mongo.leases.MongoLeases` has them in MongoDB."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pymongo.errors import BulkWriteError

from gateway_kit.mongo.leases import ONE_UNDER_WAY, UNHELD, Claims, Held, LeasedRow, LeaseRule, as_stored, read_each
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.memory.conditions import fulfils, sort_key

if TYPE_CHECKING:
    from gateway_testkit.memory.database import MemoryDatabase, MemoryWrites

T = TypeVar("T")
Row = dict[str, Any]


class MemoryLeases(Generic[T]):
    """The port `gateway_kit.mongo.leases.Leases`. Each call is a transaction of its own, but for `end`."""

    def __init__(self, database: "MemoryDatabase", collection: str, rule: LeaseRule, read: Callable[[Row], T]) -> None:
        self._database = database
        self._collection = collection
        self._rule = rule
        self._read = read

    async def tenants_due(self, *, now: datetime, after: str, limit: int) -> list[str]:
        """See the port."""
        due = self._matching({**self._due_at(now), "organization_id": {"$gt": after}})
        return sorted({str(row["organization_id"]) for row in due})[:limit]

    async def due_of(
        self, organization_id: str, *, now: datetime, limit: int, without: Collection[str]
    ) -> list[tuple[str, str]]:
        """See the port."""
        group = self._rule.group
        wanted = {**self._due_at(now), "organization_id": organization_id, group: {"$nin": list(without)}}
        rows = sorted(self._matching(wanted), key=sort_key("next_attempt_at"))
        return [(row["_id"], str(row.get(group, ""))) for row in rows[:limit]]

    async def claim(self, ids: Collection[str], *, now: datetime, until: datetime, claim: str) -> Claims[T]:
        """See the port."""
        held = {"state": self._rule.held, "claim": claim, "lease_until": until, "next_attempt_at": None}
        for row in self._matching({"_id": {"$in": list(ids)}, **self._due_at(now)}):
            try:
                await self._put(row | held)
            except BulkWriteError:
                await self._put(row | {"next_attempt_at": now + ONE_UNDER_WAY})
        return read_each(self._matching({"_id": {"$in": list(ids)}, "claim": claim}), self._read)

    async def release(self, held: Collection[Held], *, now: datetime) -> None:
        """See the port."""
        await self.take_back([(one, now, {}) for one in held])

    async def lost(self, *, now: datetime, limit: int) -> list[LeasedRow]:
        """See the port."""
        expired = self._matching({"state": self._rule.held, "lease_until": {"$lte": now}})
        return [as_stored(row) for row in sorted(expired, key=sort_key("lease_until"))[:limit]]

    async def take_back(self, lost: Collection[tuple[Held, datetime, Mapping[str, Any]]]) -> None:
        """See the port."""
        for one, at, fields in lost:
            for row in self._ours(one):
                await self._put(row | UNHELD | {"state": self._rule.waiting, "next_attempt_at": at, **fields})

    async def extend(self, held: Collection[Held], *, until: datetime) -> None:
        """See the port."""
        for one in held:
            for row in self._ours(one):
                await self._put(row | {"lease_until": until, "version": row["version"] - 1})

    async def end(self, tx: Tx, held: Held, *, states: Collection[str], change: Mapping[str, Any]) -> bool:
        """See the port."""
        await tx.settled()
        writes: MemoryWrites = tx.pending  # type: ignore[assignment]  # of the same database
        for row in writes.matching(self._collection, {"_id": held.id, "claim": held.claim}):
            if row["state"] in states:
                writes.replace(self._collection, row | UNHELD | dict(change) | {"version": row["version"] + 1})
                return True
        return False

    def _due_at(self, now: datetime) -> Row:
        return {"state": self._rule.waiting, "next_attempt_at": {"$lte": now}}

    def _ours(self, held: Held) -> list[Row]:
        return self._matching({"_id": held.id, "claim": held.claim, "state": self._rule.held})

    def _matching(self, condition: Row) -> list[Row]:
        return [row for row in self._database.stored(self._collection) if fulfils(row, condition)]

    async def _put(self, row: Row) -> None:
        async with self._database.transaction() as writes:
            writes.replace(self._collection, row | {"version": row["version"] + 1})
