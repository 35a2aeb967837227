"""One MongoDB transaction per command or event: inbox row, state, outbox rows, all or nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, overload

from pymongo import ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from gateway_contracts.clock import Clock
from gateway_contracts.config import ConfigRecord, OrganizationConfig
from gateway_contracts.envelope import EventData
from gateway_contracts.errors import TooLarge
from gateway_contracts.ids import new_event_id
from gateway_contracts.topology import BODY_BYTES_MAX
from gateway_kit import context
from gateway_kit.mongo.client import DURABLE, MongoClient
from gateway_kit.mongo.outbox import PENDING, OutboxRow, row_of
from gateway_kit.mongo.pending_writes import DUPLICATE_KEY, PendingWrites
from gateway_kit.telemetry import current_traceparent
from gateway_kit.wire import json_bytes

T = TypeVar("T")
Ahead = TypeVar("Ahead")
Document = dict[str, Any]

IN_WORK: Final = ContextVar("in_work", default=False)
"""Whether the running code is the work of a transaction: then reads of the store belong to it."""


class AlreadyHandled(Exception):
    """The inbox knows this message: acknowledge it, nothing more."""


class OperationReplayed(Exception):
    """An operation id was used before.

    Attributes:
        entity_id: what the first execution made or changed.
    """

    def __init__(self, entity_id: str) -> None:
        super().__init__(entity_id)
        self.entity_id = entity_id


@dataclass(frozen=True)
class InboxKey:
    """A message as one consumer sees it."""

    consumer: str
    message_id: str


@dataclass(frozen=True)
class Operation:
    """A caller's operation id and the entity that the operation makes or changes."""

    operation_id: str
    entity_id: str


@dataclass
class Tx:
    """The transaction of a piece of work, which passes it to the stores of the kernel (`gateway_kit.mongo.store`).

    Attributes:
        session: of the driver; attached by the kernel.
        pending: writes that wait until something is read, or the work ends.
    """

    session: AsyncClientSession
    source: str
    now: datetime
    pending: PendingWrites
    outbox: list[Document] = field(default_factory=list)
    emitted: list[OutboxRow] = field(default_factory=list)

    async def settled(self) -> AsyncClientSession:
        """The session, after everything that waited has been written.

        Raises:
            Exception: see `PendingWrites.flush`.
        """
        await self.pending.flush(self.session)
        return self.session

    def emit(
        self,
        data: EventData,
        *,
        organization_id: str,
        livemode: bool,
        entity_id: str,
        sequence: int,
        event_id: str | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> str:
        """Write an event to the outbox; it is published after the commit. Returns the event's id.

        Raises:
            TooLarge: it is larger than what the bus takes; nothing may be stored.
            Invalid: it holds text that UTF-8 cannot hold.
        """
        identifier = event_id or new_event_id()
        traceparent = current_traceparent()
        envelope = {
            "specversion": "1.0",
            "id": identifier,
            "source": self.source,
            "type": data.TYPE,
            "time": self.now.isoformat(),
            "dataschema": f"urn:gateway:schema:{data.TYPE}",
            "organizationId": organization_id,
            "livemode": livemode,
            "entityId": entity_id,
            "sequence": sequence,
            "correlationId": correlation_id or context.correlation_id.get() or identifier,
            "causationId": causation_id or context.causation_id.get() or None,
            "traceparent": traceparent,
            "data": data.wire(),
        }
        self._add(
            identifier,
            kind="event",
            subject=f"{data.TYPE}.{organization_id}",
            organization_id=organization_id,
            entity_id=entity_id,
            sequence=sequence,
            traceparent=traceparent,
            body={key: value for key, value in envelope.items() if value is not None},
        )
        return identifier

    def put_config(
        self, key: str, record: ConfigRecord | None, *, version: int, organization_id: str | None = None
    ) -> None:
        """Write a record of the configuration bucket through the outbox; None removes the key.

        Args:
            key: in the bucket.
            record: the new value.
            version: of two puts of a key the higher one stands; a removal stands against a put of its own version.
            organization_id: whose it is, where the record does not say so.

        Raises:
            TooLarge: it is larger than what the bus takes.
        """
        owner = organization_id if organization_id is not None else _owner_of(record)
        self._add(
            new_event_id(),
            kind="config",
            subject=key,
            organization_id=owner,
            entity_id=f"config:{key}",
            sequence=version,
            traceparent=current_traceparent(),
            body=None if record is None else record.wire(),
        )

    def forget_config(self, key: str) -> None:
        """Delete every copy of a record that waits, or was published in the last days and stayed, in the outbox."""
        self.pending.delete_all("outbox", {"entity_id": f"config:{key}", "kind": "config"})

    def _add(self, identifier: str, *, kind: str, subject: str, body: Document | None, **fields: Any) -> None:
        wire = None if body is None else json_bytes(body)
        if wire is not None and len(wire) > BODY_BYTES_MAX:
            what = "configuration" if kind == "config" else subject.rpartition(".")[0]
            raise TooLarge(f"{what} is larger than {BODY_BYTES_MAX} bytes", limitBytes=BODY_BYTES_MAX, type=what)
        document = {
            "_id": identifier,
            "state": PENDING,
            "kind": kind,
            "subject": subject,
            **fields,
            "body": body,
            "created_at": self.now,
        }
        self.outbox.append(document)
        self.emitted.append(row_of(document, wire))


def _owner_of(record: ConfigRecord | None) -> str:
    if isinstance(record, OrganizationConfig):
        return record.id
    return str(getattr(record, "organization_id", ""))


class UnitOfWork:
    """Runs work in one transaction and notifies the relay after the commit.

    What depends on the database is in `_transaction`, `_tx`, `_claim_inbox`, `_claim_operation` and `_write_outbox`:
    the twin for tests replaces these and nothing else.
    """

    def __init__(
        self,
        client: MongoClient,
        database: AsyncDatabase[Document],
        *,
        source: str,
        clock: Clock,
        committed: Callable[[list[OutboxRow]], None] = lambda rows: None,
    ) -> None:
        self._client = client
        self._db = database
        self._source = source
        self._clock = clock
        self._committed = committed

    @overload
    async def run(
        self,
        work: Callable[[Tx], Awaitable[T]],
        *,
        inbox: InboxKey | Sequence[InboxKey] = (),
        operation: Operation | None = None,
    ) -> T: ...

    @overload
    async def run(
        self,
        work: Callable[[Tx, Ahead], Awaitable[T]],
        *,
        ahead: Callable[[], Awaitable[Ahead]],
        inbox: InboxKey | Sequence[InboxKey] = (),
        operation: Operation | None = None,
    ) -> T: ...

    async def run(
        self,
        work: Callable[..., Awaitable[T]],
        *,
        ahead: Callable[[], Awaitable[Any]] | None = None,
        inbox: InboxKey | Sequence[InboxKey] = (),
        operation: Operation | None = None,
    ) -> T:
        """Run ``work`` in one transaction. It may run more than once (write conflicts): no side effects inside.

        Args:
            work: reads and writes.
            ahead: reads outside of the transaction, while the inbox is written; the work gets its result. That may be
                older than what the transaction sees: the work takes it for what `Store.replace` guards by its version.
            inbox: the messages that the work handles.
            operation: the caller's operation that it carries out.

        Raises:
            AlreadyHandled: the inbox has this message, or one of these.
            OperationReplayed: the operation id was used before.
        """
        rows: list[OutboxRow] = []
        messages = [inbox] if isinstance(inbox, InboxKey) else inbox

        async def attempt(session: AsyncClientSession) -> T:
            tx = self._tx(session)
            async with _beside(ahead) as reading:
                if messages:
                    await self._claim_inbox(tx, messages)
                if operation is not None:
                    await self._claim_operation(tx, operation)
            read = () if reading is None else (reading.result(),)
            result = await _in_work(lambda: work(tx, *read))
            await tx.settled()
            rows[:] = tx.emitted
            if rows:
                await self._write_outbox(tx)
            return result

        result = await self._transaction(attempt)
        if rows:
            self._committed(rows)
        return result

    async def _transaction(self, attempt: Callable[[AsyncClientSession], Awaitable[T]]) -> T:
        async with self._client.start_session() as session:
            return await session.with_transaction(
                attempt,
                read_concern=ReadConcern("snapshot"),
                write_concern=DURABLE,
                read_preference=ReadPreference.PRIMARY,
            )

    def _tx(self, session: AsyncClientSession) -> Tx:
        pending = PendingWrites(self._db)
        return Tx(session=session, source=self._source, now=self._clock.now(), pending=pending)

    async def _write_outbox(self, tx: Tx) -> None:
        await self._db.outbox.insert_many(tx.outbox, session=tx.session)

    async def _claim_inbox(self, tx: Tx, messages: Sequence[InboxKey]) -> None:
        rows = [{"_id": f"{key.consumer}:{key.message_id}", "handled_at": tx.now} for key in messages]
        try:
            await self._db.inbox.insert_many(rows, session=tx.session)
        except BulkWriteError as exc:
            errors = exc.details["writeErrors"]
            if any(error["code"] != DUPLICATE_KEY for error in errors):
                raise
            raise AlreadyHandled(errors[0]["op"]["_id"]) from exc

    async def _claim_operation(self, tx: Tx, operation: Operation) -> None:
        row = {"_id": operation.operation_id, "entity_id": operation.entity_id, "created_at": tx.now}
        try:
            await self._db.operations.insert_one(row, session=tx.session)
        except DuplicateKeyError as exc:
            stored = await self._db.operations.find_one({"_id": operation.operation_id})
            # The unique row exists; only an operator's deletion in between could hide it again.
            assert stored is not None, "operation vanished"
            raise OperationReplayed(stored["entity_id"]) from exc


async def _in_work(work: Callable[[], Awaitable[T]]) -> T:
    token = IN_WORK.set(True)
    try:
        return await work()
    finally:
        IN_WORK.reset(token)


@asynccontextmanager
async def _beside(ahead: Callable[[], Awaitable[Any]] | None) -> AsyncIterator["asyncio.Future[Any] | None"]:
    """Read ahead while the body runs."""
    if ahead is None:
        yield None
        return
    reading = asyncio.ensure_future(ahead())
    try:
        yield reading
    finally:
        # To its end, also beside a body that failed: the driver closes the connection of a query that is broken off.
        await asyncio.gather(reading, return_exceptions=True)
    await reading
