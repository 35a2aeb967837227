"""Documents that wait for their PDF: the collection of invoices is the queue, taken in turns of the organizations."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

import bson
from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.set_aside import STATE as SET_ASIDE
from invoice.domain.invoice import Invoice
from invoice.domain.rendering import LEASE_S, Tries
from invoice.ports import RenderTask
from invoice.store.documents import INVOICES, Row, from_row

COUNTED_MAX: Final = 10_000
TURNS: Final = [("organization_id", 1), ("render_at", 1)]
"""The order of claims; the index of waiting documents has it, so that a claim reads a few keys of each tenant."""


def due_documents(due: datetime, *, turn: dict[str, Any]) -> Row:
    """Waiting documents whose time came; ``turn`` limits the organizations."""
    return {"render_state": "pending", "organization_id": turn, "render_at": {"$lte": due}}


class MongoRenderQueue:
    """See the port."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._rows = db[INVOICES]

    async def claim(
        self, *, now: datetime, due: datetime, after: str, without: Collection[str] = ()
    ) -> RenderTask | None:
        """See the port. Nobody else gets it until the lease ends; the try is counted before it begins."""
        for bound in ({"$gt": after}, {"$lte": after}):
            row = await self._rows.find_one_and_update(
                due_documents(due, turn={**bound, "$nin": sorted(without)}),
                {"$set": {"render_at": now + timedelta(seconds=LEASE_S)}, "$inc": {"render_attempts": 1}},
                sort=TURNS,
                return_document=ReturnDocument.AFTER,
            )
            if row is not None:
                return _task(row)
        return None

    async def renew(self, task: RenderTask, *, until: datetime) -> None:
        await self._rows.update_one(_of(task), {"$max": {"render_at": until}})

    async def postpone(self, task: RenderTask, tries: Tries, *, until: datetime) -> None:
        await self._rows.update_one(_of(task), {"$set": {"render_at": until, **_counted(tries)}})

    async def set_aside(self, task: RenderTask, tries: Tries) -> None:
        await self._rows.update_one(_of(task), {"$set": {"render_state": SET_ASIDE, **_counted(tries)}})

    async def redrive(self, document_id: str, *, now: datetime) -> bool:
        changed = await self._rows.update_one({"_id": document_id, "render_state": SET_ASIDE}, _fresh(now))
        return changed.modified_count == 1

    async def remake(self, invoice: Invoice, *, now: datetime) -> None:
        """See the port. The digest stays: what is made again is compared with it."""
        await self._rows.update_one({"_id": invoice.id, "render_state": "done"}, _fresh(now))

    async def is_set_aside(self, invoice: Invoice) -> bool:
        return await self._rows.find_one({"_id": invoice.id, "render_state": SET_ASIDE}, {"_id": 1}) is not None

    async def waiting(self) -> int:
        """How many documents are to be made; no more than 10,000 are counted."""
        return await self._rows.count_documents({"render_state": "pending"}, limit=COUNTED_MAX)

    async def given_up(self) -> int:
        """How many documents are set aside; no more than 10,000 are counted."""
        return await self._rows.count_documents({"render_state": SET_ASIDE}, limit=COUNTED_MAX)


def _of(task: RenderTask) -> Row:
    """The claimed row, unless another worker has claimed it since."""
    return {"_id": task.id, "render_state": "pending", "render_attempts": task.number}


def _counted(tries: Tries) -> Row:
    return {"render_failures": tries.failures, "render_waits": tries.waits}


def _fresh(now: datetime) -> list[Row]:
    """Waiting as after the issue; the count of all claims goes on."""
    return [
        {
            "$set": {
                "pdf_object": None,
                "render_state": "pending",
                "render_at": now,
                "render_since": "$render_attempts",
                "render_failures": 0,
                "render_waits": 0,
            }
        }
    ]


def _tries(row: Row) -> Tries:
    return Tries(
        claims=row["render_attempts"] - row.get("render_since", 0),
        failures=row.get("render_failures", 0),
        waits=row.get("render_waits", 0),
    )


def _task(row: Row) -> RenderTask:
    return RenderTask(
        id=row["_id"],
        organization_id=row["organization_id"],
        number=row["render_attempts"],
        tries=_tries(row),
        size=len(bson.encode(row)),
        read=lambda: from_row(row),
        traceparent=row.get("traceparent"),
    )
