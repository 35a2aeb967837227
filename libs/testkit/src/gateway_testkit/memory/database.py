"""Collections in memory: committed rows, the writes of a transaction, and reads of both."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import bson
from bson.codec_options import CodecOptions
from pymongo import DeleteMany, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from gateway_contracts.collection_specs import IndexSpec
from gateway_kit.mongo.client import PLAIN_INTEGERS
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.leases import LeaseRule, Leases
from gateway_kit.mongo.pending_writes import DUPLICATE_KEY, Operation, PendingWrites
from gateway_kit.mongo.rows import Sort, Write
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import DueRows
from gateway_testkit.memory.conditions import fulfils, is_absent, sort_key, value_at
from gateway_testkit.memory.due_rows import MemoryDueRows
from gateway_testkit.memory.leases import MemoryLeases

T = TypeVar("T")
Row = dict[str, Any]
State = dict[str, dict[str, bytes]]
"""The rows of each collection as BSON, by id."""

_OPTIONS: Final[CodecOptions[Row]] = CodecOptions(tz_aware=True, type_registry=PLAIN_INTEGERS)


def decoded(raw: bytes) -> Row:
    """A row as the driver returns it."""
    return bson.decode(raw, _OPTIONS)


class MemoryDatabase:
    """One database of a service. Transactions run one after another, which is what MongoDB's conflicts amount to."""

    def __init__(self, *documents: type[StoredDocument]) -> None:
        self.uniques = {
            document.collection.name: tuple(index for index in document.collection.indexes if index.unique)
            for document in documents
        }
        self.state: State = {}
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["MemoryWrites"]:
        """Commits when the body ends, and changes nothing where it raises."""
        async with self._writer:
            writes = MemoryWrites(self)
            yield writes
            self.state = writes.state

    def rows(self, document: type[StoredDocument]) -> "MemoryRows":
        """The rows of a document, for its store."""
        return MemoryRows(self, document.collection.name)

    def stored(self, collection: str) -> list[Row]:
        """Everything committed to a collection, for assertions."""
        return [decoded(raw) for raw in self.state.get(collection, {}).values()]


class MemoryWrites(PendingWrites):
    """Writes that wait, and the state that the transaction sees once they were written."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(_NoCollections(self))  # type: ignore[arg-type]  # has the one method that is used
        self.state: State = {name: dict(rows) for name, rows in database.state.items()}
        self._uniques = database.uniques

    def write(self, collection: str, operations: Sequence[Operation]) -> "_Result":
        """Apply operations in their order, and count the rows.

        Raises:
            BulkWriteError: a unique key exists.
        """
        result = _Result()
        for place, operation in enumerate(operations):
            if isinstance(operation, InsertOne):
                self._put(collection, dict(operation._doc), place, is_new=True)
                result.inserted_count += 1
                continue
            found = self.matching(collection, dict(operation._filter))
            if isinstance(operation, UpdateOne):
                for row in found[:1]:
                    self._put(collection, row | _changed(row, operation), place, is_new=False)
                    result.matched_count += 1
                continue
            for row in found if isinstance(operation, DeleteMany) else found[:1]:
                del self.state[collection][row["_id"]]
                result.deleted_count += 1
        return result

    def replace(self, collection: str, row: Row) -> None:
        """Write a whole row over the stored one."""
        self._put(collection, row, 0, is_new=False)

    def matching(self, collection: str, condition: Row) -> list[Row]:
        """The rows that fulfil the condition, as the transaction sees them."""
        rows = (decoded(raw) for raw in self.state.get(collection, {}).values())
        return [row for row in rows if fulfils(row, condition)]

    def _put(self, collection: str, row: Row, place: int, *, is_new: bool) -> None:
        rows = self.state.setdefault(collection, {})
        raw = bson.encode(row)
        taken = is_new and row["_id"] in rows
        others = [decoded(other) for key, other in rows.items() if key != row["_id"]]
        if taken or any(_collides(index, decoded(raw), others) for index in self._uniques.get(collection, ())):
            raise BulkWriteError({"writeErrors": [{"code": DUPLICATE_KEY, "index": place, "op": row}]})
        rows[row["_id"]] = raw


class _NoCollections:
    """Stands where the driver's database is: `PendingWrites` asks it for a collection to write to."""

    def __init__(self, writes: MemoryWrites) -> None:
        self._writes = writes

    def __getitem__(self, name: str) -> "_Collection":
        return _Collection(self._writes, name)


class _Collection:
    def __init__(self, writes: MemoryWrites, name: str) -> None:
        self._writes = writes
        self._name = name

    async def bulk_write(self, operations: list[Any], *, session: object) -> "_Result":
        return self._writes.write(self._name, operations)


@dataclass
class _Result:
    inserted_count: int = 0
    matched_count: int = 0
    deleted_count: int = 0


class MemoryRows:
    """The port `gateway_kit.mongo.rows.Rows`."""

    def __init__(self, database: MemoryDatabase, collection: str) -> None:
        self._database = database
        self._collection = collection

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
        """See the port. An index changes no result."""
        rows = await self._matching(tx, condition)
        for path, direction in reversed(sort):
            rows.sort(key=sort_key(path), reverse=direction < 0)
        return rows[skip : skip + limit if limit else None]

    async def count(self, tx: Tx | None, condition: Row, *, limit: int) -> int:
        """See the port."""
        return min(limit, len(await self._matching(tx, condition)))

    async def each(self, condition: Row, *, sort: Sort = ()) -> AsyncGenerator[Row, None]:
        """See the port."""
        for row in await self.find(None, condition, sort=sort):
            yield row

    async def walk(
        self, index: Sort, *, within: Sequence[Any], after: Sequence[Any], limit: int
    ) -> list[tuple[Any, ...]]:
        """See the port."""
        rows = await self.find(None, {}, sort=index)
        names = [name for name, _ in index]
        places = [tuple(row.get(name) for name in names) for row in rows]
        places = [place for place in places if place[: len(within)] == tuple(within)]
        return [place for place in places if not after or _is_behind(index, place, after)][:limit]

    async def bytes_of(self, identifier: str) -> int:
        """See the port."""
        return len(self._database.state.get(self._collection, {}).get(identifier, b""))

    async def write(self, operation: Write) -> int:
        """See the port."""
        async with self._database.transaction() as writes:
            result = writes.write(self._collection, [operation])
        return result.inserted_count + result.matched_count + result.deleted_count

    def due_rows(
        self, name: str, *, due: str, condition: Row, read: Callable[[Row], T], state: str | None
    ) -> DueRows[T]:
        """See the port."""
        return MemoryDueRows(
            self._database, self._collection, name, due=due, condition=condition, read=read, state=state
        )

    def leases(self, rule: LeaseRule, read: Callable[[Row], T]) -> Leases[T]:
        """See the port."""
        return MemoryLeases(self._database, self._collection, rule, read)

    async def insert_each(self, rows: Sequence[Row]) -> list[bool]:
        """See the port."""
        return [await self._is_inserted(row) for row in rows]

    async def _is_inserted(self, row: Row) -> bool:
        try:
            return await self.write(InsertOne(row)) == 1
        except BulkWriteError:
            return False

    async def _matching(self, tx: Tx | None, condition: Row) -> list[Row]:
        rows = await self._state(tx)
        return [row for row in map(decoded, rows.get(self._collection, {}).values()) if fulfils(row, condition)]

    async def _state(self, tx: Tx | None) -> State:
        if tx is None:
            return self._database.state
        await tx.settled()
        assert isinstance(tx.pending, MemoryWrites), "the transaction belongs to another database"
        return tx.pending.state


def _changed(row: Row, operation: UpdateOne) -> Row:
    """The new values of the fields that the update changes."""
    change = operation._doc
    assert isinstance(change, dict)
    fields: Row = dict(change.get("$set", {}))
    if change.keys() - {"$set", "$push"} or any("." in name for part in change.values() for name in part):
        raise NotImplementedError(f"the twin knows no update like {change}")
    for name, added in change.get("$push", {}).items():
        if added.keys() != {"$each", "$slice"} or added["$slice"] >= 0:
            raise NotImplementedError(f"the twin knows no $push like {added}")
        fields[name] = [*row.get(name, ()), *added["$each"]][added["$slice"] :]
    return fields


def _is_behind(index: Sort, place: Sequence[Any], after: Sequence[Any]) -> bool:
    for (name, direction), value, bound in zip(index, place, after, strict=False):
        one, other = (sort_key(name)({name: each}) for each in (value, bound))
        if one != other:
            return bool((one > other) is (direction > 0))
    return False


def _collides(index: IndexSpec, row: Row, others: list[Row]) -> bool:
    def key(one: Row) -> list[Any]:
        values = [value_at(one, path) for path, _ in index.keys]
        return [None if is_absent(value) else value for value in values]

    partial = index.partial or {}
    return fulfils(row, partial) and any(fulfils(other, partial) and key(other) == key(row) for other in others)
