"""The guarded store of one aggregate: scoped to a tenant, guarded by the version, inside or outside a transaction."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

from gateway_contracts.aggregates import Aggregate, Scope
from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.pages import TOTAL_MAX, Page, PageRequest, write_cursor
from gateway_kit.mongo.rows import Row, Rows, Sort
from gateway_kit.mongo.unit_of_work import IN_WORK, Tx

A = TypeVar("A", bound=Aggregate)

Where = Mapping[str, Any]
"""A MongoDB condition on fields of the aggregate."""

_FIXED: Final = ("id", "organization_id", "livemode")


class Store(Generic[A]):
    """All access to one collection.

    Every method names the transaction first; None is a read outside of one, and is refused while work of a transaction
    runs. Every read names the scope; reads over all tenants are apart, in `across_tenants`.

    Args:
        document: the declaration of the collection, which inherits the aggregate.
        rows: the collection in MongoDB, or its twin in memory.
    """

    def __init__(self, document: type[A], rows: Rows) -> None:
        assert issubclass(document, StoredDocument), "a document declares its collection"
        self._row_of = document.row_of
        self._name = document.collection.name
        self._read = _Reader[A](document.aggregate_class(), rows)

    @property
    def across_tenants(self) -> "AcrossTenants[A]":
        """Reads without a tenant: for jobs, and for what is unique among all tenants."""
        return AcrossTenants(self._read)

    async def get(self, tx: Tx | None, scope: Scope, identifier: str) -> A | None:
        """The aggregate with this id; None where the scope has none."""
        found = await self._read.find(tx, self._within(scope, {"_id": identifier}), limit=1)
        return found[0] if found else None

    async def find(self, tx: Tx | None, scope: Scope, where: Where, *, sort: Sort = (("_id", 1),)) -> list[A]:
        """All aggregates of the scope that fulfil the condition."""
        return await self._read.find(tx, self._within(scope, where), sort=sort)

    async def page(self, scope: Scope, request: PageRequest, where: Where) -> Page[A]:
        """One page, newest first."""
        matching = self._within(scope, _all_of(where, request.created))
        # One row more than wanted shows whether there is a next page.
        found = await self._read.find(
            None,
            _all_of(matching, request.after),
            sort=(("_id", -1),),
            skip=request.skipped,
            limit=request.limit + 1,
        )
        rows = tuple(found[: request.limit])
        total = await self._read.count(matching, limit=TOTAL_MAX + 1)
        following = write_cursor(rows[-1].id) if len(found) > request.limit else None
        return Page(rows, min(total, TOTAL_MAX), total > TOTAL_MAX, following)

    def insert(self, tx: Tx, aggregate: A, *, otherwise: Exception | None = None) -> None:
        """Store a new aggregate with the transaction; ``otherwise`` is raised when a unique key of it exists."""
        tx.pending.insert(self._name, self._row_of(aggregate), otherwise=otherwise)

    def replace(self, tx: Tx, before: A, after: A) -> A:
        """Store the fields that changed as the next version, which is returned.

        The transaction fails with `ChangedMeanwhile` where the stored version is not that of ``before``.

        Raises:
            ValueError: id, organization or mode differ.
        """
        if any(getattr(before, name, None) != getattr(after, name, None) for name in _FIXED):
            raise ValueError(f"a change of {self._name} keeps its id, organization and mode")
        stored = after.model_copy(update={"version": before.version + 1})
        changed = {name for name in self._read.fields if getattr(before, name) != getattr(stored, name)}
        condition = self._within(_scope_of(before), {"_id": before.id, "version": before.version})
        change = {"$set": stored.model_dump(include=changed)}
        tx.pending.update(self._name, condition, change, otherwise=ChangedMeanwhile())
        return stored

    def _within(self, scope: Scope, where: Where) -> Row:
        """
        Raises:
            ValueError: a mode is missing, or the condition or the scope names an unknown field.
        """
        tenant: Row = {"organization_id": scope.organization_id}
        if "livemode" in self._read.fields:
            if scope.livemode is None:
                raise ValueError(f"{self._name} belong to a mode: the scope names it")
            tenant["livemode"] = scope.livemode
        if scope.site_id is not None:
            tenant["site_id"] = scope.site_id
        return self._read.checked(_all_of(where, tenant))


class AcrossTenants(Generic[A]):
    """Reads of a store over all tenants."""

    def __init__(self, read: "_Reader[A]") -> None:
        self._read = read

    async def first(self, tx: Tx | None, where: Where, *, sort: Sort) -> A | None:
        """The first aggregate in this order that fulfils the condition."""
        found = await self._read.find(tx, self._read.checked(where), sort=sort, limit=1)
        return found[0] if found else None

    async def each(self, where: Where) -> AsyncGenerator[A, None]:
        """All such aggregates one after another."""
        async for aggregate in self._read.each(self._read.checked(where)):
            yield aggregate


class _Reader(Generic[A]):
    """Rows as aggregates."""

    def __init__(self, aggregate: type[Aggregate], rows: Rows) -> None:
        self._aggregate = aggregate
        self._rows = rows
        self.fields = frozenset(aggregate.model_fields)

    def checked(self, where: Where) -> Row:
        """
        Raises:
            ValueError: the condition names a field that the aggregate lacks.
        """
        if unknown := set(_names_of(where)) - self.fields - {"_id"}:
            raise ValueError(f"{self._aggregate.__name__} has no field {', '.join(sorted(unknown))}")
        return dict(where)

    async def find(self, tx: Tx | None, condition: Row, *, sort: Sort = (), skip: int = 0, limit: int = 0) -> list[A]:
        _require_transaction(tx)
        return [self._of(row) for row in await self._rows.find(tx, condition, sort=sort, skip=skip, limit=limit)]

    async def count(self, condition: Row, *, limit: int) -> int:
        _require_transaction(None)
        return await self._rows.count(None, condition, limit=limit)

    async def each(self, condition: Row) -> AsyncGenerator[A, None]:
        _require_transaction(None)
        async for row in self._rows.each(condition):
            yield self._of(row)

    def _of(self, row: Row) -> A:
        return self._aggregate.model_validate({**row, "id": row["_id"]})  # type: ignore[return-value]  # the class that A is


def _require_transaction(tx: Tx | None) -> None:
    if tx is None and IN_WORK.get():
        raise RuntimeError("work of a transaction reads with its transaction: pass tx")


def _scope_of(aggregate: Aggregate) -> Scope:
    return Scope(aggregate.organization_id, getattr(aggregate, "livemode", None))


def _names_of(where: Where) -> Iterable[str]:
    """The first part of every field that the condition names."""
    for name, condition in where.items():
        if name in ("$and", "$or"):
            for each in condition:
                yield from _names_of(each)
        else:
            yield name.partition(".")[0]


def _all_of(first: Where, second: Where) -> Row:
    """Both conditions, also where they name the same field."""
    if first.keys() & second.keys():
        return {"$and": [dict(first), dict(second)]}
    return {**first, **second}
