"""The unit of work over rows in memory."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from gateway_contracts.clock import Clock
from gateway_kit.mongo.outbox import OutboxRow
from gateway_kit.mongo.unit_of_work import AlreadyHandled, InboxKey, Operation, OperationReplayed, Tx, UnitOfWork
from gateway_testkit.memory.database import MemoryDatabase, MemoryWrites

T = TypeVar("T")


class _Absent:
    """Session and database of a transaction in memory: only a store outside of the kernel would use them."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"in memory there is no driver (asked for {name}): use a store of the kernel")

    def __getitem__(self, name: str) -> Any:
        raise AttributeError(f"in memory there is no driver (asked for {name}): use a store of the kernel")


class MemoryUnitOfWork(UnitOfWork):
    """Inbox, operations and outbox as in MongoDB, each a collection of the database in memory.

    Args:
        committed: receives the rows of the outbox after the commit.
    """

    def __init__(
        self,
        database: MemoryDatabase,
        *,
        clock: Clock,
        source: str = "svc-test",
        committed: Callable[[list[OutboxRow]], None] = lambda rows: None,
    ) -> None:
        absent: Any = _Absent()
        super().__init__(absent, absent, source=source, clock=clock, committed=committed)
        self._memory = database

    async def _transaction(self, attempt: Callable[[Any], Awaitable[T]]) -> T:
        async with self._memory.transaction() as writes:
            return await attempt(writes)

    def _tx(self, session: Any) -> Tx:
        absent: Any = _Absent()
        return Tx(session=absent, source=self._source, now=self._clock.now(), pending=session)

    async def _claim_inbox(self, tx: Tx, messages: Sequence[InboxKey]) -> None:
        for key in messages:
            row = {"_id": f"{key.consumer}:{key.message_id}", "handled_at": tx.now}
            await self._write(tx, "inbox", row, otherwise=AlreadyHandled(row["_id"]))

    async def _claim_operation(self, tx: Tx, operation: Operation) -> None:
        row = {"_id": operation.operation_id, "entity_id": operation.entity_id, "created_at": tx.now}
        stored = {each["_id"]: each["entity_id"] for each in self._memory.stored("operations")}
        replayed = OperationReplayed(stored.get(operation.operation_id, operation.entity_id))
        await self._write(tx, "operations", row, otherwise=replayed)

    async def _write_outbox(self, tx: Tx) -> None:
        for row in tx.outbox:
            await self._write(tx, "outbox", row)

    async def _write(self, tx: Tx, collection: str, row: dict[str, Any], *, otherwise: Exception | None = None) -> None:
        assert isinstance(tx.pending, MemoryWrites)
        tx.pending.insert(collection, row, otherwise=otherwise)
        await tx.settled()
