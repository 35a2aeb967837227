"""Rows of one collection: the reads that a store needs. The only place that attaches the session of a transaction."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Protocol, TypeVar

from bson import MaxKey, MinKey
from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.due_rows import MongoDueRows
from gateway_kit.mongo.leases import LeaseRule, Leases, MongoLeases
from gateway_kit.mongo.pending_writes import DUPLICATE_KEY
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import DueRows

T = TypeVar("T")
Row = dict[str, Any]
Sort = Sequence[tuple[str, int]]
Write = InsertOne[Row] | UpdateOne | DeleteOne


class Rows(Protocol):
    """Reads of one collection, in MongoDB or in memory. Writes wait in the transaction (`Tx.pending`).

    A read with a transaction sees its writes; without one it sees what was committed.
    """

    async def find(
        self,
        tx: Tx | None,
        condition: Row,
        *,
        sort: Sort = (),
        skip: int = 0,
        limit: int = 0,
        hint: Sort = (),
    ) -> list[Row]:
        """The rows that fulfil the condition; ``limit`` 0 means all, ``hint`` has the keys of the index to read by."""

    async def count(self, tx: Tx | None, condition: Row, *, limit: int) -> int:
        """The number of such rows, counted to ``limit``."""

    def each(self, condition: Row, *, sort: Sort = ()) -> AsyncGenerator[Row, None]:
        """All such rows one after another, outside transactions."""

    async def walk(
        self, index: Sort, *, within: Sequence[Any], after: Sequence[Any], limit: int
    ) -> list[tuple[Any, ...]]:
        """Values of an index's fields, in its order and without reading the rows, outside transactions.

        Args:
            index: the fields and directions of an index.
            within: the values with which they begin.
            after: the place behind which they begin: all values of the last one found, or the first of them, then
                everything that begins with these is passed over.
        """

    async def bytes_of(self, identifier: str) -> int:
        """The stored size of one row; 0 where there is none."""

    async def write(self, operation: Write) -> int:
        """One write of its own, outside transactions; the number of rows that were inserted, matched or deleted.

        Raises:
            BulkWriteError: a unique key exists.
        """

    def due_rows(
        self, name: str, *, due: str, condition: Row, read: Callable[[Row], T], state: str | None
    ) -> DueRows[T]:
        """The rows that a pass works on; see `gateway_kit.mongo.due_rows.MongoDueRows`."""

    def leases(self, rule: LeaseRule, read: Callable[[Row], T]) -> Leases[T]:
        """Leases on many rows at once."""

    async def insert_each(self, rows: Sequence[Row]) -> list[bool]:
        """Insert outside transactions: whether each was new, which it is not where a unique key of it exists."""


RowsOf = Callable[[type[StoredDocument]], Rows]
"""The rows of a document: `MongoRows`, or ``MemoryDatabase.rows``."""


class MongoRows:
    """Rows of a document that was bound (`gateway_kit.mongo.documents.bind_documents`)."""

    def __init__(self, document: type[StoredDocument]) -> None:
        self._rows: AsyncCollection[Row] = document.get_pymongo_collection()

    async def find(
        self,
        tx: Tx | None,
        condition: Row,
        *,
        sort: Sort = (),
        skip: int = 0,
        limit: int = 0,
        hint: Sort = (),
    ) -> list[Row]:
        """See the port."""
        session = None if tx is None else await tx.settled()
        order, index = list(sort) or None, list(hint) or None
        found = self._rows.find(condition, sort=order, skip=skip, limit=limit, hint=index, session=session)
        return await found.to_list()

    async def count(self, tx: Tx | None, condition: Row, *, limit: int) -> int:
        """See the port."""
        session = None if tx is None else await tx.settled()
        return await self._rows.count_documents(condition, limit=limit, session=session)

    async def each(self, condition: Row, *, sort: Sort = ()) -> AsyncGenerator[Row, None]:
        """See the port."""
        async with self._rows.find(condition, sort=list(sort) or None) as cursor:
            async for row in cursor:
                yield row

    async def walk(
        self, index: Sort, *, within: Sequence[Any], after: Sequence[Any], limit: int
    ) -> list[tuple[Any, ...]]:
        """See the port."""
        names = [name for name, _ in index]
        begin = _bound(index, after, at_end=True) if after else _bound(index, within, at_end=False)
        # The place itself is the first row found, where it is a whole one and still exists.
        cursor = self._rows.find({}, dict.fromkeys(names, 1)).hint(list(index)).min(begin).limit(limit + 1)
        if within:
            cursor = cursor.max(_bound(index, within, at_end=True))
        found = [tuple(row.get(name) for name in names) async for row in cursor]
        return [place for place in found if place != tuple(after)][:limit]

    async def bytes_of(self, identifier: str) -> int:
        """See the port."""
        found = await self._rows.find_one({"_id": identifier}, {"_id": 0, "size": {"$bsonSize": "$$ROOT"}})
        return 0 if found is None else int(found["size"])

    async def write(self, operation: Write) -> int:
        """See the port."""
        result = await self._rows.bulk_write([operation])
        return result.inserted_count + result.matched_count + result.deleted_count

    def due_rows(
        self, name: str, *, due: str, condition: Row, read: Callable[[Row], T], state: str | None
    ) -> DueRows[T]:
        """See the port."""
        return MongoDueRows(self._rows, name, due=due, condition=condition, read=read, state=state)

    def leases(self, rule: LeaseRule, read: Callable[[Row], T]) -> Leases[T]:
        """See the port."""
        return MongoLeases(self._rows, rule, read)

    async def insert_each(self, rows: Sequence[Row]) -> list[bool]:
        """See the port."""
        refused: set[int] = set()
        try:
            await self._rows.insert_many(rows, ordered=False)
        except BulkWriteError as exc:
            errors = exc.details["writeErrors"]
            if exc.details["writeConcernErrors"] or any(error["code"] != DUPLICATE_KEY for error in errors):
                raise
            refused = {error["index"] for error in errors}
        return [place not in refused for place in range(len(rows))]


def _bound(index: Sort, values: Sequence[Any], *, at_end: bool) -> list[tuple[str, Any]]:
    """A place in an index: before or behind everything that begins with these values."""
    rest = [MaxKey() if (direction > 0) is at_end else MinKey() for _, direction in index[len(values) :]]
    return [(name, value) for (name, _), value in zip(index, [*values, *rest], strict=True)]
