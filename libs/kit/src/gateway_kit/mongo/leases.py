"""Leases on many rows at once: found by tenant, claimed together, given back together (ADR 0055).

A leased row has the fields ``state``, ``organization_id``, ``next_attempt_at``, ``lease_until``, ``claim`` and
``version``. Every change here increases the version: a caller that read the row before is refused.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Protocol, TypeVar

import bson
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from gateway_kit.mongo.unit_of_work import Tx

T = TypeVar("T")
Row = dict[str, Any]

_TOGETHER_MAX: Final = 500
"""Leases that one write gives back."""
ONE_UNDER_WAY: Final = timedelta(seconds=5)
"""When a row is looked at again whose unique key another row under a lease has."""


@dataclass(frozen=True)
class LeaseRule:
    """The states of a leased row, and the index by which due rows are found.

    Attributes:
        waiting: state of a row that is due at ``next_attempt_at``.
        held: state under a lease.
        group: a field by which due rows can be passed over.
    """

    waiting: str
    held: str
    group: str

    @property
    def index(self) -> list[tuple[str, int]]:
        """The keys by which due rows are found; there is such an index.

        Queries name it: a plan that was chosen for the backlog of one tenant would read it for all others.
        """
        return [("state", 1), ("organization_id", 1), ("next_attempt_at", 1), (self.group, 1)]


@dataclass(frozen=True)
class Held:
    """A lease, which ends by its claim."""

    id: str
    claim: str | None


@dataclass(frozen=True)
class LeasedRow:
    """A row as it is stored, for one that may be unreadable."""

    raw: Row
    size: int


@dataclass(frozen=True)
class Claims(Generic[T]):
    """Rows under a new lease; the unreadable ones are under it as well."""

    won: list[T]
    unreadable: list[tuple[LeasedRow, Exception]]


class Leases(Protocol[T]):
    """Rows of all tenants on purpose."""

    async def tenants_due(self, *, now: datetime, after: str, limit: int) -> list[str]:
        """Organizations with due rows, in the order of their ids, behind ``after``."""
        ...

    async def due_of(
        self, organization_id: str, *, now: datetime, limit: int, without: Collection[str]
    ) -> list[tuple[str, str]]:
        """Ids and groups of the organization's due rows, oldest first; without these groups."""
        ...

    async def claim(self, ids: Collection[str], *, now: datetime, until: datetime, claim: str) -> Claims[T]:
        """Put those that are still due under a lease. Of several claims at a time one gets a row."""
        ...

    async def release(self, held: Collection[Held], *, now: datetime) -> None:
        """Make rows due at once. A lease that another process has by now is left alone, here and below."""
        ...

    async def lost(self, *, now: datetime, limit: int) -> list[LeasedRow]:
        """Rows whose lease ran out, in that order."""
        ...

    async def take_back(self, lost: Collection[tuple[Held, datetime, Mapping[str, Any]]]) -> None:
        """Make rows due at the given times, with other values in fields of their own."""
        ...

    async def extend(self, held: Collection[Held], *, until: datetime) -> None:
        """Let leases end later. The version stays."""
        ...

    async def end(self, tx: Tx, held: Held, *, states: Collection[str], change: Mapping[str, Any]) -> bool:
        """End a lease of a row that may be unreadable; false when it has another claim or none of the states."""
        ...


class MongoLeases(Generic[T]):
    """The port in MongoDB."""

    def __init__(self, rows: AsyncCollection[Row], rule: LeaseRule, read: Callable[[Row], T]) -> None:
        self._rows = rows
        self._rule = rule
        self._read = read

    async def tenants_due(self, *, now: datetime, after: str, limit: int) -> list[str]:
        """See the port. One index key is read per organization that has waiting rows, however many it has."""
        query = tenants_due_query(self._rule, now=now, after=after, limit=limit)
        rows = await self._rows.aggregate(query, hint=dict(self._rule.index))
        return [row["_id"] async for row in rows]

    async def due_of(
        self, organization_id: str, *, now: datetime, limit: int, without: Collection[str]
    ) -> list[tuple[str, str]]:
        """See the port."""
        group = self._rule.group
        wanted: Row = {
            "state": self._rule.waiting,
            "organization_id": organization_id,
            "next_attempt_at": {"$lte": now},
        }
        if without:
            wanted[group] = {"$nin": sorted(without)}
        found = self._rows.find(wanted, {group: 1}).hint(self._rule.index)
        rows = await found.sort("next_attempt_at", 1).limit(limit).to_list()
        return [(row["_id"], str(row.get(group, ""))) for row in rows]

    async def claim(self, ids: Collection[str], *, now: datetime, until: datetime, claim: str) -> Claims[T]:
        """See the port. The update's condition lets one of several processes win."""
        held = {"state": self._rule.held, "claim": claim, "lease_until": until, "next_attempt_at": None}
        change = {"$set": held, "$inc": {"version": 1}}
        due = {"state": self._rule.waiting, "next_attempt_at": {"$lte": now}}
        try:
            await self._rows.update_many({"_id": {"$in": list(ids)}, **due}, change)
        except DuplicateKeyError:
            await self._claim_singly(ids, due, change, now)
        rows = await self._rows.find({"_id": {"$in": list(ids)}, "claim": claim}).to_list()
        return read_each(rows, self._read)

    async def _claim_singly(self, ids: Collection[str], due: Row, change: Row, now: datetime) -> None:
        """A unique key of one of the rows is that of another under a lease: that one waits, all others are claimed."""
        for identifier in ids:
            try:
                await self._rows.update_one({"_id": identifier, **due}, change)
            except DuplicateKeyError:
                later = {"$set": {"next_attempt_at": now + ONE_UNDER_WAY}, "$inc": {"version": 1}}
                await self._rows.update_one({"_id": identifier, **due}, later)

    async def release(self, held: Collection[Held], *, now: datetime) -> None:
        """See the port."""
        ours = [self._ours(one) for one in held]
        for start in range(0, len(ours), _TOGETHER_MAX):
            await self._rows.update_many({"$or": ours[start : start + _TOGETHER_MAX]}, self._due(now, {}))

    async def lost(self, *, now: datetime, limit: int) -> list[LeasedRow]:
        """See the port."""
        expired = {"state": self._rule.held, "lease_until": {"$lte": now}}
        rows = await self._rows.find(expired).sort("lease_until", 1).limit(limit).to_list()
        return [as_stored(row) for row in rows]

    async def take_back(self, lost: Collection[tuple[Held, datetime, Mapping[str, Any]]]) -> None:
        """See the port."""
        operations = [UpdateOne(self._ours(one), self._due(at, fields)) for one, at, fields in lost]
        if operations:
            await self._rows.bulk_write(operations, ordered=False)

    async def extend(self, held: Collection[Held], *, until: datetime) -> None:
        """See the port."""
        if held:
            ours = [self._ours(one) for one in held]
            await self._rows.update_many({"$or": ours}, {"$set": {"lease_until": until}})

    async def end(self, tx: Tx, held: Held, *, states: Collection[str], change: Mapping[str, Any]) -> bool:
        """See the port."""
        result = await self._rows.update_one(
            {"_id": held.id, "claim": held.claim, "state": {"$in": sorted(states)}},
            {"$set": UNHELD | dict(change), "$inc": {"version": 1}},
            session=await tx.settled(),
        )
        return result.modified_count == 1

    def _ours(self, held: Held) -> Row:
        return {"_id": held.id, "claim": held.claim, "state": self._rule.held}

    def _due(self, at: datetime, fields: Mapping[str, Any]) -> Row:
        return {"$set": UNHELD | {"state": self._rule.waiting, "next_attempt_at": at, **fields}, "$inc": {"version": 1}}


UNHELD: Final[Row] = {"claim": None, "lease_until": None, "next_attempt_at": None}
"""The fields of a lease that ended."""


def as_stored(row: Row) -> LeasedRow:
    """The row with its size in bytes."""
    return LeasedRow(row, len(bson.encode(row)))


def read_each(rows: Collection[Row], read: Callable[[Row], T]) -> Claims[T]:
    """Edge: one row that cannot be read must not keep those of other organizations from their work."""
    claims: Claims[T] = Claims([], [])
    for row in rows:
        try:
            claims.won.append(read(row))
        except Exception as exc:
            claims.unreadable.append((as_stored(row), exc))
    return claims


def tenants_due_query(rule: LeaseRule, *, now: datetime, after: str, limit: int) -> list[Row]:
    """The aggregation of `MongoLeases.tenants_due`."""
    return [
        {"$match": {"state": rule.waiting, "organization_id": {"$gt": after}}},
        {"$sort": {"state": 1, "organization_id": 1, "next_attempt_at": 1}},
        {"$group": {"_id": "$organization_id", "first_at": {"$first": "$next_attempt_at"}}},
        {"$match": {"first_at": {"$lte": now}}},
        {"$sort": {"_id": 1}},
        {"$limit": limit},
    ]
