"""The store of what has no tenant: people, logins, data keys. Same guards and transactions as `store.Store`."""

from collections.abc import AsyncGenerator

from gateway_kit.mongo.rows import Rows, Sort
from gateway_kit.mongo.store import Reader, Where
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.mongo.writer import E, Writer


class GlobalStore(Writer[E]):
    """All access to one collection whose objects belong to no organization.

    Who may see an object is the caller's question. What belongs to an organization has a `Store` instead.

    Args:
        document: the declaration of the collection, which inherits the entity.
        rows: the collection in MongoDB, or its twin in memory.
    """

    def __init__(self, document: type[E], rows: Rows) -> None:
        super().__init__(document, rows)
        self._read = Reader[E](self._document.aggregate_class(), rows)

    async def get(self, tx: Tx | None, identifier: str) -> E | None:
        """The object with this id."""
        return await self.first(tx, {"_id": identifier})

    async def first(self, tx: Tx | None, where: Where, *, sort: Sort = (("_id", 1),)) -> E | None:
        """The first object in this order that fulfils the condition."""
        return await self._read.first(tx, where, sort=sort)

    async def find(self, tx: Tx | None, where: Where, *, sort: Sort = (("_id", 1),), limit: int = 0) -> list[E]:
        """All objects that fulfil the condition; ``limit`` 0 means all."""
        return await self._read.find(tx, where, sort=sort, limit=limit)

    async def each(self, where: Where, *, sort: Sort = (("_id", 1),)) -> AsyncGenerator[E, None]:
        """All such objects one after another, outside transactions."""
        async for entity in self._read.each(where, sort=sort):
            yield entity
