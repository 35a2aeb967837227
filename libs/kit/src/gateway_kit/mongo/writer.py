"""Writes of one collection: what is inserted, what of an object changed, and what guards the change."""

from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from gateway_contracts.aggregates import Entity
from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.changes import Row, as_version, change_of
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.pending_writes import DUPLICATE_KEY
from gateway_kit.mongo.rows import Rows, Write
from gateway_kit.mongo.unit_of_work import IN_WORK, Tx

E = TypeVar("E", bound=Entity)

FIXED: Final = ("id", "organization_id", "livemode")
"""Fields that no change touches; they are in the condition of every change."""
VERSION: Final = "version"


class Writer(Generic[E]):
    """Writes that wait in a transaction, and writes of their own.

    Args:
        document: the declaration of the collection.
    """

    def __init__(self, document: type[E], rows: Rows) -> None:
        assert issubclass(document, StoredDocument), "a document declares its collection"
        self._rows = rows
        self.document: type[StoredDocument] = document
        self.name = document.collection.name

    def insert(self, tx: Tx, entity: E, *, otherwise: Exception | None) -> None:
        """Store a new object with the transaction; ``otherwise`` is raised when a unique key of it exists."""
        tx.pending.insert(self.name, self.document.row_of(entity), otherwise=otherwise)

    def replace(self, tx: Tx, before: E, after: E, *, otherwise: Exception | None, taken: Exception | None = None) -> E:
        """Store the fields that changed; the object as it is stored then. See `store.Store.replace`.

        Raises:
            ValueError: id, organization or mode differ.
        """
        stored = self._next(before, after)
        if change := change_of(before, stored):
            condition = self._guarded(before, self.document.guard)
            lost = otherwise or ChangedMeanwhile()
            tx.pending.update(self.name, condition, change, otherwise=lost, taken=taken)
        return stored

    def delete(self, tx: Tx, before: E, *, otherwise: Exception | None) -> None:
        """Delete the object; ``otherwise`` is raised for a lost race."""
        condition = self._guarded(before, self.document.guard)
        tx.pending.delete(self.name, condition, otherwise=otherwise or ChangedMeanwhile())

    async def insert_now(self, entity: E) -> bool:
        """Whether it was stored; False: its id or another unique key exists."""
        try:
            return await self._now(InsertOne(self.document.row_of(entity))) == 1
        except BulkWriteError as exc:
            if exc.details["writeErrors"][0]["code"] != DUPLICATE_KEY:
                raise
            return False

    async def insert_each_now(self, entities: Sequence[E]) -> list[bool]:
        """Whether each was stored."""
        _require_none_in_work()
        return await self._rows.insert_each([self.document.row_of(entity) for entity in entities])

    async def replace_now(self, before: E, after: E, guard: Sequence[str]) -> bool:
        """Whether the fields that changed were stored: what ``guard`` names was still as in ``before``."""
        change = change_of(before, after)
        return await self._now(UpdateOne(self._guarded(before, guard), change, hint="_id_")) == 1

    async def fill_now(self, field: str, value: Any, where: Row) -> bool:
        return await self._now(UpdateOne({**where, field: None}, {"$set": {field: value}})) == 1

    async def delete_now(self, before: E, guard: Sequence[str]) -> bool:
        """Whether it was deleted: it was there, and what ``guard`` names was still as in ``before``."""
        return await self._now(DeleteOne(self._guarded(before, guard), hint="_id_")) == 1

    async def _now(self, operation: Write) -> int:
        _require_none_in_work()
        return await self._rows.write(operation)

    def _next(self, before: E, after: E) -> E:
        if any(getattr(before, name, None) != getattr(after, name, None) for name in FIXED):
            raise ValueError(f"a change of {self.name} keeps its id, organization and mode")
        if VERSION not in self.document.guard:
            return after
        return after.model_copy(update={VERSION: getattr(before, VERSION) + 1})

    def _guarded(self, before: E, guard: Sequence[str]) -> Row:
        """The condition; of a large object only what it needs is encoded."""
        names = {*FIXED[1:], *(path.partition(".")[0] for path in guard)}
        row = before.model_dump(include=names)
        fixed: Row = {name: row[name] for name in FIXED[1:] if name in row}
        guarded = {path: as_version(row[path]) if path == VERSION else _at(row, path) for path in guard}
        return {"_id": before.id, **fixed, **guarded}


def _require_none_in_work() -> None:
    if IN_WORK.get():
        raise RuntimeError("work of a transaction writes with its transaction")


def _at(row: Row, path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = value[part]
    return value
