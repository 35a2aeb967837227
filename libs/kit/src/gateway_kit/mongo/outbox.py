"""Rows of the outbox: what a transaction wants published, and how rows are found again (ADR 0029).

States: ``pending`` until the bus has it, then ``sent``; ``set_aside`` where the bus can never take it and a letter says
so (`gateway_kit.set_aside`).
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import bson
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.errors import Invalid
from gateway_kit.set_aside import STATE as SET_ASIDE
from gateway_kit.wire import json_bytes

Document = dict[str, Any]

COLLECTION: Final = "outbox"
PENDING: Final = "pending"
SENT: Final = "sent"


class OutboxRow(NamedTuple):
    """A row as the relay holds it.

    Attributes:
        organization_id: its lane; empty for the installation's own.
        entity_id: the aggregate; its rows are published in order.
        version: config: its place in the order of the key.
        wire: the bytes to publish; None for the removal of a configuration key.
        fault: why there are no bytes; such a row can never be published. ``fault_bytes`` is its size in the database.
        attempts: tries that earlier letters about it count.
    """

    id: str
    is_config: bool
    subject: str
    organization_id: str
    entity_id: str
    version: int
    traceparent: str | None
    wire: bytes | None
    fault: Invalid | None = None
    fault_bytes: int = 0
    attempts: int = 0

    @property
    def size(self) -> int:
        """Bytes on the bus, headers not counted; in the database where it has no form for the bus."""
        return self.fault_bytes or len(self.wire or b"")


def row_of(document: Document, wire: bytes | None) -> OutboxRow:
    """The row of a document whose body was encoded already."""
    return OutboxRow(
        id=document["_id"],
        is_config=document["kind"] == "config",
        subject=document["subject"],
        organization_id=_lane_of(document),
        entity_id=document["entity_id"],
        version=document["sequence"],
        traceparent=document.get("traceparent"),
        wire=wire,
        attempts=document.get("attempts", 0),
    )


def read_row(document: Document) -> OutboxRow:
    """The row of a stored document. One that cannot be encoded carries its fault."""
    if document["body"] is None:
        return row_of(document, None)
    try:
        return row_of(document, json_bytes(document["body"]))
    except Invalid as exc:
        return row_of(document, None)._replace(fault=exc, fault_bytes=len(bson.encode(document)))


def _lane_of(document: Document) -> str:
    """Rows of earlier versions name their organization in the event alone."""
    named = document.get("organization_id")
    if named is None:
        named = (document["body"] or {}).get("organizationId", "")
    return str(named)


LANES: Final[list[dict[str, Any]]] = [
    {"$match": {"state": PENDING}},
    {"$sort": {"state": 1, "organization_id": 1, "_id": 1}},
    {"$group": {"_id": "$organization_id", "oldest": {"$first": "$created_at"}}},
]


def pending_of(organization_id: str | None) -> dict[str, Any]:
    """The pending rows of one lane; in the order of ``_id`` an index has them ready."""
    return {"state": PENDING, "organization_id": organization_id}


class Outbox:
    """The outbox of one database."""

    def __init__(self, db: AsyncDatabase[Document]) -> None:
        self._db = db

    async def lanes(self) -> list[tuple[str | None, datetime]]:
        """Organizations with pending rows, each with the time of its oldest; None: rows of earlier versions.

        One index entry is read for each, however many rows wait.
        """
        return [(lane["_id"], lane["oldest"]) async for lane in await self._rows.aggregate(LANES)]

    async def pending(
        self, organization_id: str | None, limit: int, *, after: str = ""
    ) -> AsyncGenerator[Document, None]:
        """The oldest pending rows of one lane, with ids above ``after``."""
        query = pending_of(organization_id) | {"_id": {"$gt": after}}
        async with self._rows.find(query).sort("_id", 1).limit(limit) as cursor:
            async for document in cursor:
                yield document

    async def has_older(self, moment: datetime, *, but: Sequence[str] = ()) -> bool:
        """Whether a row other than these has been pending since before that moment."""
        for lane, oldest in await self.lanes():
            if oldest < moment:
                query = pending_of(lane) | {"_id": {"$nin": list(but)}}
                row = await self._rows.find_one(query, {"created_at": 1}, sort=[("_id", 1)])
                if row is not None and row["created_at"] < moment:
                    return True
        return False

    async def mark_sent(self, identifiers: Sequence[str], now: datetime) -> None:
        """These were published."""
        change = {"$set": {"state": SENT, "sent_at": now}}
        await self._rows.update_many({"_id": {"$in": list(identifiers)}}, change)

    async def set_aside(self, identifier: str, *, reason: str, attempts: int, now: datetime) -> None:
        """It has a letter; it is not tried again before that is redriven."""
        change = {"state": SET_ASIDE, "set_aside_at": now, "reason": reason, "attempts": attempts}
        await self._rows.update_one({"_id": identifier, "state": PENDING}, {"$set": change})

    async def redrive(self, identifier: str) -> bool:
        """Make it pending again; false where it is gone or was not set aside."""
        change = {"$set": {"state": PENDING}, "$unset": {"set_aside_at": ""}}
        result = await self._rows.update_one({"_id": identifier, "state": SET_ASIDE}, change)
        return bool(result.modified_count == 1)

    async def count_set_aside(self) -> int:
        """Rows that wait for an operator."""
        return int(await self._rows.count_documents({"set_aside_at": {"$type": "date"}, "state": SET_ASIDE}))

    @property
    def _rows(self) -> Any:
        return self._db[COLLECTION]
