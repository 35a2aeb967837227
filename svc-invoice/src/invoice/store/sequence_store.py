"""Counters and the register's head: guarded updates that an abort takes back, so that no number is ever lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice
from invoice.domain.register import GENESIS, RegisterRow
from invoice.errors import StaleSeries
from invoice.store.documents import HEADS, INVOICES, REGISTER, SEQUENCES


class MongoNumberSequence:
    """One counter per register and reset period."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._db = db
        self._prepared: set[str] = set()
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def lane(self, register: str) -> AsyncIterator[None]:
        """Issues of one register line up here instead of aborting each other's transactions."""
        lock = self._lanes.setdefault(register, asyncio.Lock())
        async with lock:
            yield

    async def prepare(self, register: str, series: str) -> None:
        """Upserts inside transactions collide as duplicates, which are not retried: create them outside."""
        if series in self._prepared:
            return
        await self._db[SEQUENCES].update_one(
            {"_id": series}, {"$setOnInsert": {"register": register, "value": 0}}, upsert=True
        )
        await self._db[HEADS].update_one(
            {"_id": register}, {"$setOnInsert": {"position": 0, "seal": GENESIS}}, upsert=True
        )
        self._prepared.add(series)

    async def next(self, tx: Tx, *, register: str, series: str, stem: str, start: int) -> int:
        value = await self._value(tx, series)
        # A changed reset policy may come back to texts that another counter has printed already.
        taken = await self._highest(tx, register, stem)
        following = max(value + 1, taken + 1, start if value == 0 else 1)
        tx.pending.update(
            SEQUENCES,
            {"_id": series, "value": value},
            {"$inc": {"value": following - value}},
            otherwise=StaleSeries("the counter moved"),
        )
        # The next number of the same transaction goes on from here.
        tx.ahead |= {(SEQUENCES, series): following, (INVOICES, register, stem): following}
        return following

    async def _value(self, tx: Tx, series: str) -> int:
        written: int | None = tx.ahead.get((SEQUENCES, series))
        if written is not None:
            return written
        counter = await self._db[SEQUENCES].find_one({"_id": series}, session=await tx.settled())
        if counter is None:
            self._prepared.discard(series)
            raise StaleSeries("the counter does not exist")
        value: int = counter["value"]
        return value

    async def _highest(self, tx: Tx, register: str, stem: str) -> int:
        written: int | None = tx.ahead.get((INVOICES, register, stem))
        if written is not None:
            return written
        organization_id, mode, kind = register.split(":")
        row = await self._db[INVOICES].find_one(
            {
                "organization_id": organization_id,
                "livemode": mode == "live",
                "kind": kind,
                "numbering.stem": stem,
            },
            sort=[("numbering.sequence", -1)],
            projection={"numbering.sequence": 1},
            session=await tx.settled(),
        )
        return 0 if row is None else int(row["numbering"]["sequence"])


class MongoRegister:
    """Appends sealed rows."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._db = db

    async def append(self, tx: Tx, invoice: Invoice) -> RegisterRow:
        head = tx.ahead.get((HEADS, invoice.register)) or await self._head(tx, invoice.register)
        row = invoice.register_row(head["position"] + 1, head["seal"])
        following = {"position": row.position, "seal": row.seal}
        tx.pending.update(
            HEADS,
            {"_id": row.register, "position": head["position"], "seal": row.previous},
            {"$set": following},
            otherwise=StaleSeries("the register moved"),
        )
        tx.ahead[HEADS, invoice.register] = following
        tx.pending.insert(REGISTER, {"_id": f"{row.register}:{row.position}", **vars(row), "seal": row.seal})
        return row

    async def _head(self, tx: Tx, register: str) -> dict[str, Any]:
        head = await self._db[HEADS].find_one({"_id": register}, session=await tx.settled())
        if head is None:
            raise StaleSeries("the register has no head")
        return head
