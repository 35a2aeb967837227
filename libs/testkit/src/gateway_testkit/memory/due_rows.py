"""Due rows of a collection in memory, as `gateway_kit.mongo.due_rows.MongoDueRows` has them in MongoDB."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import bson

from gateway_kit.mongo.due_rows import NEVER
from gateway_kit.mongo.queries import is_due
from gateway_kit.passes import Claimed
from gateway_kit.set_aside import STATE, origin_of
from gateway_testkit.memory.conditions import fulfils

if TYPE_CHECKING:
    from gateway_testkit.memory.database import MemoryDatabase

T = TypeVar("T")
Row = dict[str, Any]


class MemoryDueRows(Generic[T]):
    """The port `gateway_kit.passes.DueRows`. Each call is a transaction of its own."""

    def __init__(
        self,
        database: "MemoryDatabase",
        collection: str,
        name: str,
        *,
        due: str,
        condition: Row,
        read: Callable[[Row], T],
        state: str | None,
    ) -> None:
        self._database = database
        self.source = collection
        self._name = name
        self._due = due
        self._condition = condition
        self._read = read
        self._state = state

    async def next_tenant(self, after: str, now: datetime) -> str | None:
        """See the port."""
        due = self._matching({"organization_id": {"$gt": after}, self._due: is_due(now)})
        return min((str(row["organization_id"]) for row in due), default=None)

    async def claim(self, organization_id: str, now: datetime, lease: timedelta) -> Claimed | None:
        """See the port."""
        due = self._matching({"organization_id": organization_id, self._due: is_due(now)})
        if not due:
            return None
        row = min(due, key=lambda each: each[self._due])
        notes = row.setdefault("passes", {})
        before = notes.get(self._name, {})
        tries = before["tries"] + 1 if before.get("until") == row[self._due] else 1
        notes[self._name] = {"until": now + lease, "tries": tries}
        stored = await self._put(row | {self._due: now + lease})
        return Claimed(row["_id"], organization_id, stored[self._due], tries, stored, len(bson.encode(stored)))

    def read(self, claimed: Claimed) -> T:
        """See the port."""
        return self._read(dict(claimed.raw))

    async def postpone(self, claimed: Claimed, until: datetime, *, failed: bool) -> None:
        """See the port."""
        for row in self._held(claimed):
            if failed:
                row["passes"][self._name]["until"] = until
            await self._put(row | {self._due: until})

    async def set_aside(self, claimed: Claimed, error: BaseException, now: datetime) -> None:
        """See the port."""
        note: Row = {"at": now, "reason": type(error).__name__, "origin": origin_of(error), "tries": claimed.tries}
        for row in self._held(claimed):
            if self._state is None:
                row[self._due] = NEVER
            else:
                note["state"] = claimed.raw[self._state]
                row[self._state] = STATE
            row.setdefault("set_aside", {})[self._name] = note
            await self._put(row)

    async def redrive(self, row_id: str, now: datetime) -> bool:
        """See the port."""
        for row in self._database.stored(self.source):
            note = row.get("set_aside", {}).get(self._name)
            if row["_id"] == row_id and note is not None:
                del row["set_aside"][self._name], row["passes"][self._name]
                await self._put(row | {self._due: now} | ({} if self._state is None else {self._state: note["state"]}))
                return True
        return False

    def _held(self, claimed: Claimed) -> list[Row]:
        return self._matching({"_id": claimed.id, self._due: claimed.until})

    def _matching(self, condition: Row) -> list[Row]:
        rows = self._database.stored(self.source)
        return [row for row in rows if fulfils(row, self._condition) and fulfils(row, condition)]

    async def _put(self, row: Row) -> Row:
        """The row as it was stored."""
        async with self._database.transaction() as writes:
            writes.replace(self.source, row)
        return next(stored for stored in self._database.stored(self.source) if stored["_id"] == row["_id"])
