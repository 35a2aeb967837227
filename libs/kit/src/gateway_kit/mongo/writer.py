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


class WritesNow(Generic[E]):
    """One atomic operation each, outside of transactions: for what many do at once and nothing else depends on.

    Each answers whether it took effect, and is refused while work of a transaction runs. A change here increases no
    version. ``guard`` names the stored fields that must still be as they were read; the id and the tenant are always in
    the condition.
    """

    def __init__(self, document: type[StoredDocument], rows: Rows) -> None:
        self._document = document
        self._rows = rows

    async def insert(self, entity: E) -> bool:
        """Store a new object; False: its id or another unique key exists."""
        try:
            return await self._write(InsertOne(self._document.row_of(entity))) == 1
        except BulkWriteError as exc:
            if exc.details["writeErrors"][0]["code"] != DUPLICATE_KEY:
                raise
            return False

    async def insert_each(self, entities: Sequence[E]) -> list[bool]:
        """Store new objects with one write; of each, whether it was new (see `insert`)."""
        _require_none_in_work()
        return await self._rows.insert_each([self._document.row_of(entity) for entity in entities])

    async def replace(self, before: E, after: E, *, guard: Sequence[str]) -> bool:
        """Store the fields that changed; False: it is gone, or another in what ``guard`` names."""
        return await self._write(UpdateOne(guarded(before, guard), change_of(before, after), hint="_id_")) == 1

    async def delete(self, before: E, *, guard: Sequence[str] = ()) -> bool:
        """Delete the object; False: it is gone, or another in what ``guard`` names. Of several callers one deletes."""
        return await self._write(DeleteOne(guarded(before, guard), hint="_id_")) == 1

    async def fill(self, field: str, value: Any, *, where: Row) -> bool:
        """Set a field that one such object of any tenant lacks, without reading the object; False: none lacks it."""
        return await self._write(UpdateOne({**where, field: None}, {"$set": {field: value}})) == 1

    async def _write(self, operation: Write) -> int:
        _require_none_in_work()
        return await self._rows.write(operation)


def guarded(before: Entity, guard: Sequence[str]) -> Row:
    """The condition of a change; of a large object only what it needs is encoded."""
    names = {*FIXED[1:], *(path.partition(".")[0] for path in guard)}
    row = before.model_dump(include=names)
    fixed: Row = {name: row[name] for name in FIXED[1:] if name in row}
    conditions = {path: as_version(row[path]) if path == VERSION else _at(row, path) for path in guard}
    return {"_id": before.id, **fixed, **conditions}


class Writer(Generic[E]):
    """Writes that wait in a transaction.

    Args:
        document: the declaration of the collection, which inherits the object.
        rows: the collection in MongoDB, or its twin in memory.
    """

    def __init__(self, document: type[E], rows: Rows) -> None:
        assert issubclass(document, StoredDocument), "a document declares its collection"
        self._document: type[StoredDocument] = document
        self._name = document.collection.name
        self.now = WritesNow[E](document, rows)
        """Writes outside of transactions."""

    def insert(self, tx: Tx, entity: E, *, otherwise: Exception | None = None) -> None:
        """Store a new object with the transaction; ``otherwise`` is raised when a unique key of it exists."""
        tx.pending.insert(self._name, self._document.row_of(entity), otherwise=otherwise)

    def replace(
        self, tx: Tx, before: E, after: E, *, otherwise: Exception | None = None, taken: Exception | None = None
    ) -> E:
        """Store the fields that changed; the object as it is stored then, with the next version.

        The transaction fails with ``otherwise`` or `ChangedMeanwhile` where the document is not that of ``before`` any
        more: by its version, or by what else its declaration names as guard. ``taken`` is raised when a unique key of
        it exists.

        Raises:
            ValueError: id, organization or mode differ.
        """
        stored = self._next(before, after)
        if change := change_of(before, stored):
            condition = guarded(before, self._document.guard)
            lost = otherwise or ChangedMeanwhile()
            tx.pending.update(self._name, condition, change, otherwise=lost, taken=taken)
        return stored

    def delete(self, tx: Tx, before: E, *, otherwise: Exception | None = None) -> None:
        """Delete the object, guarded as `replace`."""
        condition = guarded(before, self._document.guard)
        tx.pending.delete(self._name, condition, otherwise=otherwise or ChangedMeanwhile())

    def _next(self, before: E, after: E) -> E:
        if any(getattr(before, name, None) != getattr(after, name, None) for name in FIXED):
            raise ValueError(f"a change of {self._name} keeps its id, organization and mode")
        if VERSION not in self._document.guard:
            return after
        return after.model_copy(update={VERSION: getattr(before, VERSION) + 1})


def _require_none_in_work() -> None:
    if IN_WORK.get():
        raise RuntimeError("work of a transaction writes with its transaction")


def _at(row: Row, path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = value[part]
    return value
