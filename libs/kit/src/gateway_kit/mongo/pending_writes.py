"""Writes of a database transaction that wait for each other: many of them cost one round trip per collection."""

from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
Operation = InsertOne[Document] | UpdateOne


class PendingWrites:
    """In the order in which they were asked for, per collection. Nothing is written before `flush`.

    Collections with a guarded update come first: whoever worked with an old state hears of it by his guard, before an
    insert that belonged to that state is refused.
    """

    def __init__(self, db: AsyncDatabase[Document]) -> None:
        self._db = db
        self._operations: dict[str, list[Operation]] = {}
        self._guards: dict[str, list[Exception]] = {}

    def insert(self, collection: str, row: Document) -> None:
        """Insert a document."""
        self._operations.setdefault(collection, []).append(InsertOne(row))

    def update(self, collection: str, condition: Document, change: Document, *, otherwise: Exception) -> None:
        """Change the one document that fulfils the condition; ``otherwise`` is raised when there is none.

        The condition names the ``_id``: with the tenant, the state and many indexes beside it the server would weigh
        all of them against each other, which costs more than the update.
        """
        self._operations.setdefault(collection, []).append(UpdateOne(condition, change, hint="_id_"))
        self._guards.setdefault(collection, []).append(otherwise)

    async def flush(self, session: AsyncClientSession) -> None:
        """Write everything.

        Raises:
            BulkWriteError: a document exists already.
            Exception: what the first update of a collection named, when one of them found nothing.
        """
        operations, guards = self._operations, self._guards
        self._operations, self._guards = {}, {}
        for name, several in sorted(operations.items(), key=lambda each: each[0] not in guards):
            result = await self._db[name].bulk_write(several, session=session)
            guarded = guards.get(name, [])
            if result.matched_count != len(guarded):
                raise guarded[0]
