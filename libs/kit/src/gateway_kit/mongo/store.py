"""The guarded store of one aggregate: scoped to a tenant, guarded by the version, inside or outside a transaction."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from gateway_contracts.aggregates import Entity, Scope, TenantEntity
from gateway_kit.mongo.leases import LeaseRule, Leases
from gateway_kit.mongo.pages import TOTAL_MAX, Page, PageRequest, order_of, place_of, write_cursor
from gateway_kit.mongo.rows import Row, Rows, Sort
from gateway_kit.mongo.unit_of_work import IN_WORK, Tx
from gateway_kit.mongo.writer import E, Writer
from gateway_kit.mongo.writes_now import WritesNow
from gateway_kit.passes import DueRows

A = TypeVar("A", bound=TenantEntity)

Where = Mapping[str, Any]
"""A MongoDB condition on fields of the aggregate."""


class Store(Generic[A]):
    """All access to one collection.

    Every method names the transaction first; None is a read outside of one, and is refused while work of a transaction
    runs. Every read names the scope; reads over all tenants are apart, in `across_tenants`.

    Args:
        document: the declaration of the collection, which inherits the aggregate.
        rows: the collection in MongoDB, or its twin in memory.
    """

    def __init__(self, document: type[A], rows: Rows) -> None:
        self._write = Writer[A](document, rows)
        self._name = self._write.name
        self._read = Reader[A](self._write.document.aggregate_class(), rows)

    @property
    def across_tenants(self) -> "AcrossTenants[A]":
        """Reads without a tenant: for jobs, and for what is unique among all tenants."""
        return AcrossTenants(self._read)

    @property
    def now(self) -> WritesNow[A]:
        """Writes outside of transactions."""
        return WritesNow(self._write)

    async def get(self, tx: Tx | None, scope: Scope, identifier: str) -> A | None:
        """The aggregate with this id; None where the scope has none."""
        return await self.first(tx, scope, {"_id": identifier})

    async def first(self, tx: Tx | None, scope: Scope, where: Where, *, sort: Sort = ()) -> A | None:
        """The first aggregate of the scope, in this order, that fulfils the condition; without an order any one."""
        found = await self._read.find(tx, self._within(scope, where), sort=sort, limit=1)
        return found[0] if found else None

    async def find(
        self, tx: Tx | None, scope: Scope, where: Where, *, sort: Sort = (("_id", 1),), skip: int = 0, limit: int = 0
    ) -> list[A]:
        """All aggregates of the scope that fulfil the condition; ``limit`` 0 means all."""
        return await self._read.find(tx, self._within(scope, where), sort=sort, skip=skip, limit=limit)

    async def find_among(self, tx: Tx | None, wanted: Sequence[tuple[Scope, Where]], *, hint: Sort) -> list[A]:
        """All aggregates of several scopes in one read, each with the condition beside its scope.

        Args:
            hint: keys of the index to read by: without it the server plans every scope against every index.

        Raises:
            ValueError: the collection has no such index.
        """
        if hint not in {index.keys for index in self._write.document.collection.indexes}:
            raise ValueError(f"{self._name} have no index {hint}")
        within = [self._within(scope, where) for scope, where in wanted]
        return await self._read.find(tx, {"$or": within}, hint=hint) if within else []

    async def count(self, tx: Tx | None, scope: Scope, where: Where, *, limit: int) -> int:
        """The number of such aggregates, counted to ``limit``."""
        return await self._read.count(tx, self._within(scope, where), limit=limit)

    async def page(self, scope: Scope, request: PageRequest, where: Where, *, key: str = "_id") -> Page[A]:
        """One page, newest first.

        Args:
            key: where the list is not in the order of ids: ``created_at``, or a number that is unique in the scope and
                ascends with time.
        """
        return await self._read.page(self._within(scope, _all_of(where, request.created)), request, key)

    def claim_due(self, name: str, *, due: str, where: Where, state: str | None = None) -> DueRows[A]:
        """Rows of all tenants for a pass, which claims them one by one under a lease (ADR 0055).

        Args:
            name: of the pass.
            due: the field with the moment from which a row is due.
            where: what else a row must fulfil. An index begins with its field, ``organization_id`` and the moment.
            state: the field that becomes ``set_aside``; None where the moment never comes instead.

        Raises:
            ValueError: the aggregate lacks one of the fields.
        """
        return self._read.due_rows(name, due=due, where=where, state=state)

    def leases(self, rule: LeaseRule) -> Leases[A]:
        """Leases on many rows of all tenants at once (ADR 0055).

        Raises:
            ValueError: the aggregate lacks one of the fields, or the collection the index.
        """
        keys = tuple(rule.index)
        if keys not in {index.keys for index in self._write.document.collection.indexes}:
            raise ValueError(f"{self._name} have no index {keys}")
        self._read.checked(dict.fromkeys(("lease_until", "claim", "version", *dict(keys))))
        return self._read.leases(rule)

    def insert(self, tx: Tx, aggregate: A, *, otherwise: Exception | None = None) -> None:
        """Store a new aggregate with the transaction; ``otherwise`` is raised when a unique key of it exists."""
        self._write.insert(tx, aggregate, otherwise=otherwise)

    def replace(
        self, tx: Tx, before: A, after: A, *, otherwise: Exception | None = None, taken: Exception | None = None
    ) -> A:
        """Store the fields that changed; the aggregate as it is stored then, with the next version.

        The transaction fails with ``otherwise`` or `ChangedMeanwhile` where the document is not that of ``before`` any
        more: by its version, or by what else its declaration names as guard. ``taken`` is raised when a unique key of
        it exists.

        Raises:
            ValueError: id, organization or mode differ.
        """
        return self._write.replace(tx, before, after, otherwise=otherwise, taken=taken)

    def delete(self, tx: Tx, before: A, *, otherwise: Exception | None = None) -> None:
        """Delete the aggregate, guarded as `replace`."""
        self._write.delete(tx, before, otherwise=otherwise)

    def _within(self, scope: Scope, where: Where) -> Row:
        """
        Raises:
            ValueError: a mode is missing, or the condition or the scope names an unknown field.
        """
        tenant: Row = {"organization_id": scope.organization_id}
        if "livemode" in self._read.fields:
            if scope.livemode is None and self._write.document.has_modes:
                raise ValueError(f"{self._name} belong to a mode: the scope names it")
            if scope.livemode is not None:
                tenant["livemode"] = scope.livemode
        if scope.site_id is not None:
            tenant["site_id"] = scope.site_id
        return self._read.checked(_all_of(where, tenant))


class AcrossTenants(Generic[A]):
    """Reads of a store over all tenants."""

    def __init__(self, read: "Reader[A]") -> None:
        self._read = read

    async def first(self, tx: Tx | None, where: Where, *, sort: Sort = ()) -> A | None:
        """The first aggregate in this order that fulfils the condition; without an order any one."""
        found = await self._read.find(tx, self._read.checked(where), sort=sort, limit=1)
        return found[0] if found else None

    async def find(self, tx: Tx | None, where: Where, *, sort: Sort = (), limit: int = 0) -> list[A]:
        """The aggregates in this order that fulfil the condition; ``limit`` 0 means all."""
        return await self._read.find(tx, self._read.checked(where), sort=sort, limit=limit)

    async def count(self, tx: Tx | None, where: Where, *, limit: int) -> int:
        """The number of such aggregates, counted to ``limit``."""
        return await self._read.count(tx, self._read.checked(where), limit=limit)

    async def walk(
        self, index: Sort, *, within: Sequence[Any] = (), after: Sequence[Any] = (), limit: int
    ) -> list[tuple[Any, ...]]:
        """See `gateway_kit.mongo.rows.Rows.walk`."""
        return await self._read.walk(index, within=within, after=after, limit=limit)

    async def bytes_of(self, identifier: str) -> int:
        """The stored size of one aggregate; 0 where there is none."""
        return await self._read.bytes_of(identifier)

    async def each(self, where: Where, *, sort: Sort = (("_id", 1),)) -> AsyncGenerator[A, None]:
        """All such aggregates one after another."""
        async for aggregate in self._read.each(self._read.checked(where), sort=sort):
            yield aggregate

    async def page(self, request: PageRequest, where: Where) -> Page[A]:
        """One page, newest first."""
        return await self._read.page(self._read.checked(_all_of(where, request.created)), request, "_id")


class Reader(Generic[E]):
    """Rows as entities."""

    def __init__(self, entity: type[Entity], rows: Rows) -> None:
        self._entity = entity
        self._rows = rows
        self.fields = frozenset(entity.model_fields) | frozenset(entity.model_computed_fields)

    def checked(self, where: Where) -> Row:
        """
        Raises:
            ValueError: the condition names a field that the aggregate lacks.
        """
        if unknown := set(_names_of(where)) - self.fields - {"_id"}:
            raise ValueError(f"{self._entity.__name__} has no field {', '.join(sorted(unknown))}")
        return dict(where)

    async def find(
        self,
        tx: Tx | None,
        condition: Row,
        *,
        sort: Sort = (),
        skip: int = 0,
        limit: int = 0,
        hint: Sort = (),
    ) -> list[E]:
        _require_transaction(tx)
        found = await self._rows.find(tx, condition, sort=sort, skip=skip, limit=limit, hint=hint)
        return [self._of(row) for row in found]

    async def count(self, tx: Tx | None, condition: Row, *, limit: int) -> int:
        _require_transaction(tx)
        return await self._rows.count(tx, condition, limit=limit)

    async def walk(
        self, index: Sort, *, within: Sequence[Any], after: Sequence[Any], limit: int
    ) -> list[tuple[Any, ...]]:
        _require_transaction(None)
        return await self._rows.walk(index, within=within, after=after, limit=limit)

    async def bytes_of(self, identifier: str) -> int:
        _require_transaction(None)
        return await self._rows.bytes_of(identifier)

    async def page(self, matching: Row, request: PageRequest, key: str) -> Page[E]:
        # One row more than wanted shows whether there is a next page.
        found = await self.find(
            None,
            _all_of(matching, request.after(key)),
            sort=order_of(key),
            skip=request.skipped,
            limit=request.limit + 1,
        )
        rows = tuple(found[: request.limit])
        total = await self.count(None, matching, limit=TOTAL_MAX + 1)
        following = write_cursor(place_of(rows[-1], key)) if len(found) > request.limit else None
        return Page(rows, min(total, TOTAL_MAX), total > TOTAL_MAX, following)

    async def each(self, condition: Row, *, sort: Sort) -> AsyncGenerator[E, None]:
        _require_transaction(None)
        async for row in self._rows.each(condition, sort=sort):
            yield self._of(row)

    def due_rows(self, name: str, *, due: str, where: Where, state: str | None) -> DueRows[E]:
        self.checked({due: None, **({} if state is None else {state: None})})
        return self._rows.due_rows(name, due=due, condition=self.checked(where), read=self._of, state=state)

    def leases(self, rule: LeaseRule) -> Leases[E]:
        return self._rows.leases(rule, self._of)

    def _of(self, row: Row) -> E:
        return self._entity.model_validate({**row, "id": row["_id"]})  # type: ignore[return-value]  # the class that E is


def _require_transaction(tx: Tx | None) -> None:
    if tx is None and IN_WORK.get():
        raise RuntimeError("work of a transaction reads with its transaction: pass tx")


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
