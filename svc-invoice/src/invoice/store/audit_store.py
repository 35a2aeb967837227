"""What the verification of registers reads."""

from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from invoice.domain.invoice import Invoice
from invoice.domain.register import GENESIS, RegisterRow
from invoice.store.documents import HEADS, INVOICES, REGISTER, SEQUENCES, Row, from_row

_FIELDS = tuple(field.name for field in fields(RegisterRow))


def _issued_in(register: str) -> Row:
    organization_id, mode, kind = register.split(":")
    return {"organization_id": organization_id, "livemode": mode == "live", "kind": kind, "status": "issued"}


class MongoRegisterAudit:
    """Reads registers row by row."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._db = db

    async def registers(self) -> list[str]:
        return sorted(await self._db[HEADS].distinct("_id"))

    async def rows(self, register: str) -> AsyncIterator[tuple[RegisterRow, str]]:
        """Each row with the seal that is stored beside it."""
        async for row in self._db[REGISTER].find({"register": register}).sort("position", 1):
            yield RegisterRow(**{name: row[name] for name in _FIELDS if name in row}), row["seal"]

    async def head(self, register: str) -> tuple[int, str]:
        head = await self._db[HEADS].find_one({"_id": register})
        return (0, GENESIS) if head is None else (head["position"], head["seal"])

    async def counter_values(self, register: str) -> dict[str, int]:
        return {row["_id"]: row["value"] async for row in self._db[SEQUENCES].find({"register": register})}

    async def issued(self, register: str, ids: list[str]) -> dict[str, Invoice]:
        found = self._db[INVOICES].find({"_id": {"$in": ids}, **_issued_in(register)})
        return {row["_id"]: from_row(row) async for row in found}

    async def count_issued(self, register: str) -> int:
        return await self._db[INVOICES].count_documents(_issued_in(register))
