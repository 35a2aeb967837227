"""The store of what has no tenant: people, logins, data keys. Same guards and transactions as `store.Store`."""

from collections.abc import AsyncGenerator
from typing import Generic

from gateway_kit.mongo.rows import Rows, Sort
from gateway_kit.mongo.store import Reader, Where
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.mongo.writer import E, Writer
from gateway_kit.mongo.writes_now import WritesNow


class GlobalStore(Generic[E]):
    """All access to one collection whose objects belong to no organization.

    Who may see an object is the caller's question. What belongs to an organization has a `Store` instead.

    Args:
        document: the declaration of the collection, which inherits the entity.
        rows: the collection in MongoDB, or its twin in memory.
    """

    def __init__(self, document: type[E], rows: Rows) -> None:
        self._write = Writer[E](document, rows)
        self._read = Reader[E](self._write.document.aggregate_class(), rows)

    @property
    def now(self) -> WritesNow[E]:
        """Writes outside of transactions."""
        return WritesNow(self._write)

    async def get(self, tx: Tx | None, identifier: str) -> E | None:
        """The object with this id."""
        return await self.first(tx, {"_id": identifier})

    async def first(self, tx: Tx | None, where: Where, *, sort: Sort = (("_id", 1),)) -> E | None:
        """The first object in this order that fulfils the condition."""
        found = await self.find(tx, where, sort=sort, limit=1)
        return found[0] if found else None

    async def find(self, tx: Tx | None, where: Where, *, sort: Sort = (("_id", 1),), limit: int = 0) -> list[E]:
        """All objects that fulfil the condition; ``limit`` 0 means all."""
        return await self._read.find(tx, self._read.checked(where), sort=sort, limit=limit)

    async def each(self, where: Where, *, sort: Sort = (("_id", 1),)) -> AsyncGenerator[E, None]:
        """All such objects one after another, outside transactions."""
        async for entity in self._read.each(self._read.checked(where), sort=sort):
            yield entity

    def insert(self, tx: Tx, entity: E, *, otherwise: Exception | None = None) -> None:
        """Store a new object with the transaction; ``otherwise`` is raised when a unique key of it exists."""
        self._write.insert(tx, entity, otherwise=otherwise)

    def replace(self, tx: Tx, before: E, after: E, *, otherwise: Exception | None = None) -> E:
        """Store the fields that changed; the object as it is stored then. See `store.Store.replace`."""
        return self._write.replace(tx, before, after, otherwise=otherwise)

    def delete(self, tx: Tx, before: E, *, otherwise: Exception | None = None) -> None:
        """Delete the object, guarded as a change."""
        self._write.delete(tx, before, otherwise=otherwise)
