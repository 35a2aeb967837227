"""The guarded store of one aggregate: scoped to a tenant, guarded by the version, inside or outside a transaction."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from gateway_contracts.aggregates import Entity, Scope, TenantEntity
from gateway_kit.mongo.leases import LeaseRule, Leases
from gateway_kit.mongo.pages import Page, PageRequest, order_of, place_of, write_cursor
from gateway_kit.mongo.rows import Row, Rows, Sort
from gateway_kit.mongo.unit_of_work import IN_WORK, Tx
from gateway_kit.mongo.writer import E, Writer
from gateway_kit.passes import DueRows

A = TypeVar("A", bound=TenantEntity)

Where = Mapping[str, Any]
"""A MongoDB condition on fields of the aggregate."""


class Store(Writer[A]):
    """All access to one collection.

    Every method names the transaction first; None is a read outside of one, and is refused while work of a transaction
    runs. Every read names the scope; reads over all tenants are apart, in `across_tenants`.

    Args:
        document: the declaration of the collection, which inherits the aggregate.
        rows: the collection in MongoDB, or its twin in memory.
    """

    def __init__(self, document: type[A], rows: Rows) -> None:
        super().__init__(document, rows)
        self.across_tenants = Reader[A](self._document.aggregate_class(), rows)
        """Reads without a tenant: for jobs, and for what is unique among all tenants."""

    async def get(self, tx: Tx | None, scope: Scope, identifier: str) -> A | None:
        """The aggregate with this id; None where the scope has none."""
        return await self.first(tx, scope, {"_id": identifier})

    async def first(self, tx: Tx | None, scope: Scope, where: Where, *, sort: Sort = ()) -> A | None:
        """The first aggregate of the scope, in this order, that fulfils the condition; without an order any one."""
        return await self.across_tenants.first(tx, self._within(scope, where), sort=sort)

    async def find(
        self, tx: Tx | None, scope: Scope, where: Where, *, sort: Sort = (("_id", 1),), skip: int = 0, limit: int = 0
    ) -> list[A]:
        """All aggregates of the scope that fulfil the condition; ``limit`` 0 means all."""
        return await self.across_tenants.find(tx, self._within(scope, where), sort=sort, skip=skip, limit=limit)

    async def find_among(self, tx: Tx | None, wanted: Sequence[tuple[Scope, Where]], *, hint: Sort) -> list[A]:
        """All aggregates of several scopes in one read, each with the condition beside its scope.

        Args:
            hint: keys of the index to read by: without it the server plans every scope against every index.

        Raises:
            ValueError: the collection has no such index.
        """
        if hint not in {index.keys for index in self._document.collection.indexes}:
            raise ValueError(f"{self._name} have no index {hint}")
        within = [self._within(scope, where) for scope, where in wanted]
        return await self.across_tenants.find(tx, {"$or": within}, hint=hint) if within else []

    async def count(self, tx: Tx | None, scope: Scope, where: Where, *, limit: int) -> int:
        """The number of such aggregates, counted to ``limit``."""
        return await self.across_tenants.count(tx, self._within(scope, where), limit=limit)

    async def page(
        self, scope: Scope, request: PageRequest, where: Where, *, key: str = "_id", any_of: Sequence[Where] = ()
    ) -> Page[A]:
        """One page, newest first.

        Args:
            key: where the list is not in the order of ids: ``created_at``, or a number that is unique in the scope and
                ascends with time.
            any_of: one of these is fulfilled as well, if there are any. The server plans each by itself, so each wants
                an index that begins with the tenant and ends with the list's order.
        """
        return await self.across_tenants.page(request, self._within(scope, where), key=key, any_of=any_of)

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
        return self.across_tenants.due_rows(name, due=due, where=where, state=state)

    def leases(self, rule: LeaseRule) -> Leases[A]:
        """Leases on many rows of all tenants at once (ADR 0055).

        Raises:
            ValueError: the aggregate lacks one of the fields, or the collection the index.
        """
        keys = tuple(rule.index)
        if keys not in {index.keys for index in self._document.collection.indexes}:
            raise ValueError(f"{self._name} have no index {keys}")
        self.across_tenants.checked(dict.fromkeys(("lease_until", "claim", "version", *dict(keys))))
        return self.across_tenants.leases(rule)

    def _within(self, scope: Scope, where: Where) -> Row:
        """
        Raises:
            ValueError: a mode is missing.
        """
        tenant: Row = {"organization_id": scope.organization_id}
        if "livemode" in self.across_tenants.fields:
            if scope.livemode is None and self._document.has_modes:
                raise ValueError(f"{self._name} belong to a mode: the scope names it")
            if scope.livemode is not None:
                tenant["livemode"] = scope.livemode
        if scope.site_id is not None:
            tenant["site_id"] = scope.site_id
        return _all_of(where, tenant)


class Reader(Generic[E]):
    """Rows as entities, of all tenants."""

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

    async def first(self, tx: Tx | None, where: Where, *, sort: Sort = ()) -> E | None:
        """The first entity in this order that fulfils the condition; without an order any one."""
        found = await self.find(tx, where, sort=sort, limit=1)
        return found[0] if found else None

    async def find(
        self,
        tx: Tx | None,
        where: Where,
        *,
        sort: Sort = (),
        skip: int = 0,
        limit: int = 0,
        hint: Sort = (),
    ) -> list[E]:
        """The entities in this order that fulfil the condition; ``limit`` 0 means all."""
        _require_transaction(tx)
        found = await self._rows.find(tx, self.checked(where), sort=sort, skip=skip, limit=limit, hint=hint)
        return [self._of(row) for row in found]

    async def count(self, tx: Tx | None, where: Where, *, limit: int) -> int:
        """The number of such entities, counted to ``limit``."""
        _require_transaction(tx)
        return await self._rows.count(tx, self.checked(where), limit=limit)

    async def walk(
        self, index: Sort, *, within: Sequence[Any] = (), after: Sequence[Any] = (), limit: int
    ) -> list[tuple[Any, ...]]:
        """See `gateway_kit.mongo.rows.Rows.walk`."""
        _require_transaction(None)
        return await self._rows.walk(index, within=within, after=after, limit=limit)

    async def bytes_of(self, identifier: str) -> int:
        """The stored size of one entity; 0 where there is none."""
        _require_transaction(None)
        return await self._rows.bytes_of(identifier)

    async def page(
        self, request: PageRequest, where: Where, *, key: str = "_id", any_of: Sequence[Where] = ()
    ) -> Page[E]:
        """One page, newest first; see `Store.page`."""
        matching = _all_of(where, request.created)
        # One row more than wanted shows whether there is a next page.
        found = await self.find(
            None,
            _one_of(any_of, _all_of(matching, request.after(key))),
            sort=order_of(key),
            skip=request.skipped,
            limit=request.limit + 1,
        )
        rows = tuple(found[: request.limit])
        total = await self.count(None, _one_of(any_of, matching), limit=request.counted_max + 1)
        following = write_cursor(place_of(rows[-1], key)) if len(found) > request.limit else None
        return Page(rows, min(total, request.counted_max), total > request.counted_max, following)

    async def each(self, where: Where, *, sort: Sort = (("_id", 1),)) -> AsyncGenerator[E, None]:
        """All such entities one after another."""
        _require_transaction(None)
        async for row in self._rows.each(self.checked(where), sort=sort):
            yield self._of(row)

    def due_rows(self, name: str, *, due: str, where: Where, state: str | None) -> DueRows[E]:
        """See `Store.claim_due`."""
        self.checked({due: None, **({} if state is None else {state: None})})
        return self._rows.due_rows(name, due=due, condition=self.checked(where), read=self._of, state=state)

    def leases(self, rule: LeaseRule) -> Leases[E]:
        """See `Store.leases`."""
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


def _one_of(alternatives: Sequence[Where], where: Where) -> Row:
    """The condition with one of the alternatives. Nothing stands beside them: else the server reads by one index for
    all of them."""
    return {"$or": [_all_of(each, where) for each in alternatives]} if alternatives else dict(where)


def _all_of(first: Where, second: Where) -> Row:
    """Both conditions, also where they name the same field."""
    if first.keys() & second.keys():
        return {"$and": [dict(first), dict(second)]}
    return {**first, **second}
