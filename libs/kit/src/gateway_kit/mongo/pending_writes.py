"""Writes of a database transaction that wait for each other: many of them cost one round trip per collection."""

from typing import Any, Final

from pymongo import DeleteMany, DeleteOne, InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

Document = dict[str, Any]
Operation = InsertOne[Document] | UpdateOne | DeleteOne | DeleteMany

DUPLICATE_KEY: Final = 11000
"""The server's code for a unique key that exists."""


class PendingWrites:
    """In the order in which they were asked for, per collection. Nothing is written before `flush`.

    Collections with a guarded change come first: a writer with an old state is refused by its guard, before an
    insert that belonged to that state is refused.
    """

    def __init__(self, db: AsyncDatabase[Document]) -> None:
        self._db = db
        self._operations: dict[str, list[Operation]] = {}
        self._guards: dict[str, list[Exception]] = {}
        self._taken: dict[tuple[str, int], Exception] = {}

    def insert(self, collection: str, row: Document, *, otherwise: Exception | None = None) -> None:
        """Insert a document; ``otherwise`` is raised when a unique key of it exists already."""
        several = self._operations.setdefault(collection, [])
        if otherwise is not None:
            self._taken[collection, len(several)] = otherwise
        several.append(InsertOne(row))

    def update(
        self,
        collection: str,
        condition: Document,
        change: Document,
        *,
        otherwise: Exception,
        taken: Exception | None = None,
    ) -> None:
        """Change the one document that fulfils the condition; ``otherwise`` is raised when there is none.

        ``taken`` is raised when the change gives it a unique key that exists already.

        The condition names the ``_id``: with the tenant, the state and many indexes beside it the server would weigh
        all of them against each other, which costs more than the update.
        """
        several = self._operations.setdefault(collection, [])
        if taken is not None:
            self._taken[collection, len(several)] = taken
        several.append(UpdateOne(condition, change, hint="_id_"))
        self._guards.setdefault(collection, []).append(otherwise)

    def delete(self, collection: str, condition: Document, *, otherwise: Exception) -> None:
        """Delete the one document that fulfils the condition; see `update`."""
        self._operations.setdefault(collection, []).append(DeleteOne(condition, hint="_id_"))
        self._guards.setdefault(collection, []).append(otherwise)

    def delete_all(self, collection: str, condition: Document) -> None:
        """Delete what fulfils the condition, also nothing. No guarded change of that collection waits beside it."""
        self._operations.setdefault(collection, []).append(DeleteMany(condition))

    async def flush(self, session: AsyncClientSession) -> None:
        """Write everything.

        Raises:
            BulkWriteError: a document exists already, and its insert named no other error.
            Exception: what the insert named, or the first guarded change of a collection when one found nothing.
        """
        operations, guards, taken = self._operations, self._guards, self._taken
        self._operations, self._guards, self._taken = {}, {}, {}
        for name, several in sorted(operations.items(), key=lambda each: each[0] not in guards):
            try:
                result = await self._db[name].bulk_write(several, session=session)
            except BulkWriteError as exc:
                if refusal := _refusal(exc, name, taken):
                    raise refusal from exc
                raise
            guarded = guards.get(name, [])
            if guarded and result.matched_count + result.deleted_count != len(guarded):
                raise guarded[0]


def _refusal(error: BulkWriteError, collection: str, taken: dict[tuple[str, int], Exception]) -> Exception | None:
    """The error named by the insert whose key exists."""
    first = next(iter(error.details.get("writeErrors", ())), None)
    if first is None or first["code"] != DUPLICATE_KEY:
        return None
    return taken.get((collection, first["index"]))
