"""Due rows of one collection in MongoDB; see the port `gateway_kit.passes.DueRows`.

A pass keeps its own notes beside the row, under ``passes.<name>``: the lease and the tries. They need no write when the
work succeeds: a row that is due at the very end of its last lease was not dealt with, any other was.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import bson
from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection

from gateway_contracts.clock import Clock
from gateway_kit.mongo.queries import is_due
from gateway_kit.passes import Claimed, DueRows
from gateway_kit.set_aside import STATE, origin_of

Row = TypeVar("Row")
Raw = dict[str, Any]

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The moment of a row that was set aside."""
_NOTES: Final = "passes"
_ASIDE: Final = "set_aside"


class MongoDueRows(Generic[Row]):
    """Rows of all tenants on purpose: a job. An index must begin with the condition's field, ``organization_id`` and
    the moment.

    Args:
        rows: the collection.
        name: of the pass.
        due: the field with the moment from which a row is due.
        condition: what else a row must be.
        read: makes what the work knows of a stored row.
        state: the field that says ``set_aside``; None where the row's state belongs to the business: then its moment
            never comes.
    """

    def __init__(
        self,
        rows: AsyncCollection[Raw],
        name: str,
        *,
        due: str,
        condition: Raw,
        read: Callable[[Raw], Row],
        state: str | None = None,
    ) -> None:
        self._rows = rows
        self._name = name
        self._due = due
        self._condition = condition
        self._read = read
        self._state = state

    @property
    def source(self) -> str:
        """See the port."""
        return self._rows.name

    def due_of(self, organization_id: str | Raw, now: datetime) -> Raw:
        """The condition of due rows."""
        return {**self._condition, "organization_id": organization_id, self._due: is_due(now)}

    async def next_tenant(self, after: str, now: datetime) -> str | None:
        """See the port. The index leads from one organization to the next, however many rows each has."""
        condition = self.due_of({"$gt": after}, now)
        found = await self._rows.find_one(condition, {"organization_id": 1}, sort=[("organization_id", 1)])
        return None if found is None else str(found["organization_id"])

    async def claim(self, organization_id: str, now: datetime, lease: timedelta) -> Claimed | None:
        """See the port."""
        until, notes = now + lease, f"{_NOTES}.{self._name}"
        is_again = {"$eq": [f"${self._due}", f"${notes}.until"]}
        tries = {"$cond": [is_again, {"$add": [f"${notes}.tries", 1]}, 1]}
        raw = await self._rows.find_one_and_update(
            self.due_of(organization_id, now),
            [{"$set": {self._due: until, notes: {"until": until, "tries": tries}}}],
            sort=[(self._due, 1)],
            return_document=ReturnDocument.AFTER,
        )
        if raw is None:
            return None
        size = len(bson.encode(raw))
        tried = raw[_NOTES][self._name]
        return Claimed(raw["_id"], organization_id, tried["until"], int(tried["tries"]), raw, size)

    def read(self, claimed: Claimed) -> Row:
        """See the port."""
        return self._read(dict(claimed.raw))

    async def postpone(self, claimed: Claimed, until: datetime, *, failed: bool) -> None:
        """See the port."""
        change: Raw = {self._due: until}
        if failed:
            change[f"{_NOTES}.{self._name}.until"] = until
        await self._rows.update_one(self._held(claimed), {"$set": change})

    async def set_aside(self, claimed: Claimed, error: BaseException, now: datetime) -> None:
        """See the port."""
        note: Raw = {"at": now, "reason": type(error).__name__, "origin": origin_of(error), "tries": claimed.tries}
        change: Raw = {f"{_ASIDE}.{self._name}": note}
        if self._state is None:
            change[self._due] = NEVER
        else:
            note["state"] = claimed.raw[self._state]
            change[self._state] = STATE
        await self._rows.update_one(self._held(claimed), {"$set": change})

    async def redrive(self, row_id: str, now: datetime) -> bool:
        """See the port."""
        aside = f"{_ASIDE}.{self._name}"
        back: Raw = {self._due: now}
        if self._state is not None:
            back[self._state] = f"${aside}.state"
        result = await self._rows.update_one(
            {"_id": row_id, aside: {"$exists": True}},
            [{"$set": back}, {"$unset": [aside, f"{_NOTES}.{self._name}"]}],
        )
        return result.modified_count == 1

    def _held(self, claimed: Claimed) -> Raw:
        """As it was claimed: what the work or another process changed stays as they left it."""
        return {"_id": claimed.id, **self._condition, self._due: claimed.until}


def redriver(clock: Clock, *rows: DueRows[Any]) -> Callable[[str], Any]:
    """For `SetAside.on_redrive`: a row of a collection over which several passes go."""

    async def redrive(row_id: str) -> bool:
        return any([await each.redrive(row_id, clock.now()) for each in rows])

    return redrive
