"""The conformance suite of the persistence kernel: every store passes it in MongoDB and in memory.

A service derives from `StoreConformance`, says how its objects are made and changed, and gives the fixture ``place``
twice: `in_memory` and `in_mongodb`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

import pytest

from gateway_contracts.aggregates import Aggregate, Scope
from gateway_contracts.clock import SystemClock
from gateway_contracts.errors import ChangedMeanwhile, Conflict, Unreadable
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo import pages
from gateway_kit.mongo.documents import StoredDocument, bind_documents
from gateway_kit.mongo.pages import PageRequest, write_cursor
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import AlreadyHandled, InboxKey, Operation, OperationReplayed, Tx, UnitOfWork
from gateway_testkit.clock import START
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from gateway_testkit.plugin import TestDatabase

A = TypeVar("A", bound=Aggregate)


@dataclass
class StorePlace(Generic[A]):
    """A store, and the unit of work of its database."""

    store: Store[A]
    uow: UnitOfWork


def in_memory(document: type[A]) -> StorePlace[A]:
    """A store in memory."""
    assert issubclass(document, StoredDocument)
    database = MemoryDatabase(document)
    return StorePlace(Store(document, database.rows(document)), MemoryUnitOfWork(database, clock=SystemClock()))


async def in_mongodb(document: type[A], database: TestDatabase) -> StorePlace[A]:
    """A store in a database of its own."""
    assert issubclass(document, StoredDocument)
    await bind_documents(database.db, [document])
    uow = UnitOfWork(database.client, database.db, source="svc-test", clock=SystemClock())
    return StorePlace(Store(document, MongoRows(document)), uow)


class StoreConformance(Generic[A]):
    """A subclass has a fixture ``place`` and says how objects are made and changed."""

    def new(self, organization_id: str, **fields: Any) -> A:
        """An object that collides with no other; created at `START` unless ``created_at`` is given."""
        raise NotImplementedError

    def change(self, aggregate: A) -> A:
        """The object with another value in a field of its own."""
        raise NotImplementedError

    def scope(self, organization_id: str) -> Scope:
        """The scope of the objects that ``new`` makes."""
        return Scope(organization_id)

    async def test_an_inserted_object_is_read_as_it_was(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))

        assert await place.store.get(None, self.scope(one.organization_id), one.id) == one

    async def test_a_change_is_the_next_version(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))

        changed = await place.uow.run(_replacing(place, one, self.change(one)))

        assert changed == self.change(one).model_copy(update={"version": one.version + 1})
        assert await place.store.get(None, self.scope(one.organization_id), one.id) == changed

    async def test_of_two_changes_of_one_version_one_is_refused(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))
        change = _replacing(place, one, self.change(one))

        outcomes = await asyncio.gather(place.uow.run(change), place.uow.run(change), return_exceptions=True)

        assert sum(isinstance(outcome, ChangedMeanwhile) for outcome in outcomes) == 1
        stored = await place.store.get(None, self.scope(one.organization_id), one.id)
        assert stored is not None
        assert stored.version == one.version + 1

    async def test_a_deletion_is_guarded_as_a_change(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))
        scope = self.scope(one.organization_id)
        changed = await place.uow.run(_replacing(place, one, self.change(one)))
        foreign = changed.model_copy(update={"organization_id": new_object_id()})

        for wrong in (one, foreign):
            with pytest.raises(ChangedMeanwhile):
                await place.uow.run(_deleting(place, wrong))
        assert await place.store.get(None, scope, one.id) == changed

        outcomes = await asyncio.gather(
            *(place.uow.run(_deleting(place, changed)) for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ChangedMeanwhile", "NoneType"]
        assert await place.store.get(None, scope, one.id) is None

    async def test_a_lost_race_may_have_an_error_of_its_own(self, place: StorePlace[A]) -> None:
        one = self.new(new_object_id())

        async def work(tx: Tx) -> None:
            place.store.replace(tx, one, self.change(one), otherwise=Conflict("gone"))

        with pytest.raises(Conflict, match="gone"):
            await place.uow.run(work)

    async def test_writes_of_their_own_are_guarded_and_scoped(self, place: StorePlace[A]) -> None:
        one = self.new(new_object_id())
        changed, foreign = self.change(one), one.model_copy(update={"organization_id": new_object_id()})
        now = place.store.now

        assert [await now.insert(one) for _ in range(2)] == [True, False]
        assert not await now.replace(foreign, self.change(foreign), guard=())
        assert await now.replace(one, changed, guard=("version",))
        assert await place.store.get(None, self.scope(one.organization_id), one.id) == changed
        later = changed.model_copy(update={"version": 7})
        assert not await now.replace(later, one, guard=("version",))
        assert not await now.delete(later, guard=("version",))
        assert not await now.delete(foreign)
        assert [await now.delete(one) for _ in range(2)] == [True, False]

    async def test_a_write_of_its_own_is_refused_inside_a_transaction(self, place: StorePlace[A]) -> None:
        async def work(tx: Tx) -> None:
            await place.store.now.insert(self.new(new_object_id()))

        with pytest.raises(RuntimeError, match="with its transaction"):
            await place.uow.run(work)

    async def test_a_change_keeps_id_and_tenant(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))
        for other in ({"id": new_object_id()}, {"organization_id": new_object_id()}):
            with pytest.raises(ValueError, match="keeps its id"):
                await place.uow.run(_replacing(place, one, one.model_copy(update=other)))

    async def test_another_tenant_finds_nothing(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))
        stranger = self.scope(new_object_id())

        assert await place.store.get(None, stranger, one.id) is None
        assert await place.store.find(None, stranger, {}) == []
        assert (await place.store.page(stranger, PageRequest(), {})).rows == ()
        # A condition cannot widen the scope.
        assert await place.store.find(None, stranger, {"organization_id": one.organization_id}) == []

    async def test_another_tenant_changes_nothing(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))
        forged = one.model_copy(update={"organization_id": new_object_id()})

        with pytest.raises(ChangedMeanwhile):
            await place.uow.run(_replacing(place, forged, self.change(forged)))

        assert await place.store.get(None, self.scope(one.organization_id), one.id) == one

    async def test_a_condition_on_an_unknown_field_is_refused(self, place: StorePlace[A]) -> None:
        scope = self.scope(new_object_id())
        for where in ({"no_such_field": 1}, {"$or": [{"no_such_field": 1}]}, {"$where": "1"}):
            with pytest.raises(ValueError, match="has no field"):
                await place.store.find(None, scope, where)
            with pytest.raises(ValueError, match="has no field"):
                await place.store.across_tenants.first(None, where, sort=[("_id", 1)])

    async def test_a_read_in_a_transaction_sees_its_writes(self, place: StorePlace[A]) -> None:
        one = self.new(new_object_id())
        scope = self.scope(one.organization_id)

        async def work(tx: Tx) -> A | None:
            place.store.insert(tx, one)
            assert await place.store.find(tx, scope, {}) == [one]
            place.store.replace(tx, one, self.change(one))
            return await place.store.get(tx, scope, one.id)

        assert await place.uow.run(work) == await place.store.get(None, scope, one.id)

    async def test_a_read_without_the_transaction_is_refused_inside_it(self, place: StorePlace[A]) -> None:
        async def work(tx: Tx) -> None:
            await place.store.get(None, self.scope(new_object_id()), new_object_id())

        with pytest.raises(RuntimeError, match="pass tx"):
            await place.uow.run(work)

    async def test_a_failure_leaves_nothing(self, place: StorePlace[A]) -> None:
        one = self.new(new_object_id())

        async def work(tx: Tx) -> None:
            place.store.insert(tx, one)
            await tx.settled()
            raise LookupError

        with pytest.raises(LookupError):
            await place.uow.run(work, inbox=InboxKey("test", "m1"), operation=Operation("op_1", one.id))

        assert await place.store.get(None, self.scope(one.organization_id), one.id) is None
        await place.uow.run(_nothing, inbox=InboxKey("test", "m1"), operation=Operation("op_1", one.id))

    async def test_an_id_is_inserted_once(self, place: StorePlace[A]) -> None:
        one = await _inserted(place, self.new(new_object_id()))
        again = self.new(new_object_id()).model_copy(update={"id": one.id})

        async def work(tx: Tx) -> None:
            place.store.insert(tx, again, otherwise=Conflict("taken"))

        with pytest.raises(Conflict, match="taken"):
            await place.uow.run(work)

    async def test_messages_and_operations_count_once(self, place: StorePlace[A]) -> None:
        await place.uow.run(_nothing, inbox=InboxKey("test", "m2"), operation=Operation("op_2", "first"))

        with pytest.raises(AlreadyHandled):
            await place.uow.run(_nothing, inbox=InboxKey("test", "m2"))
        with pytest.raises(OperationReplayed) as replayed:
            await place.uow.run(_nothing, operation=Operation("op_2", "second"))
        assert replayed.value.entity_id == "first"

    async def test_pages_lead_through_all_rows_newest_first(self, place: StorePlace[A]) -> None:
        owner = new_object_id()
        made = [await _inserted(place, self.new(owner)) for _ in range(5)]
        await _inserted(place, self.new(new_object_id()))
        expected = [one.id for one in reversed(made)]

        numbered = [await place.store.page(self.scope(owner), PageRequest(page, 2), {}) for page in (1, 2, 3)]
        by_cursor, cursor = list[str](), None
        while True:
            page = await place.store.page(self.scope(owner), PageRequest(1, 2, cursor), {})
            by_cursor += [one.id for one in page.rows]
            if (cursor := page.next_cursor) is None:
                break

        assert [one.id for page in numbered for one in page.rows] == by_cursor == expected
        assert {(page.total, page.total_capped) for page in numbered} == {(5, False)}
        of_another_list = write_cursor(7)
        for strange in ("x", "ZDE6bm90LWFuLWlk", "é", of_another_list):
            with pytest.raises(Unreadable) as refused:
                await place.store.page(self.scope(owner), PageRequest(cursor=strange), {})
            assert refused.value.code == "CURSOR_INVALID"

    async def test_rows_are_counted_to_a_number_behind_the_page(
        self, place: StorePlace[A], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "COUNTED_AHEAD", 2)
        owner = new_object_id()
        for _ in range(5):
            await _inserted(place, self.new(owner))

        first, second = [await place.store.page(self.scope(owner), PageRequest(page, 2), {}) for page in (1, 2)]
        by_cursor = await place.store.page(self.scope(owner), PageRequest(1, 2, first.next_cursor), {})

        assert (first.total, first.total_capped) == (4, True)
        assert (second.total, second.total_capped) == (5, False)
        assert (by_cursor.total, by_cursor.total_capped) == (4, True)

    async def test_pages_have_a_period(self, place: StorePlace[A]) -> None:
        owner = new_object_id()
        moments = [START + timedelta(hours=hour) for hour in range(3)]
        made = [await _inserted(place, self.new(owner, created_at=moment)) for moment in moments]

        page = await place.store.page(self.scope(owner), PageRequest(created_from=moments[1]), {})
        before = await place.store.page(self.scope(owner), PageRequest(created_to=moments[1]), {})

        assert [one.id for one in page.rows] == [made[2].id, made[1].id]
        assert [one.id for one in before.rows] == [made[0].id]
        assert (page.total, before.total) == (2, 1)

    async def test_reads_over_all_tenants_are_apart(self, place: StorePlace[A]) -> None:
        made = [await _inserted(place, self.new(new_object_id())) for _ in range(2)]
        everything = place.store.across_tenants

        assert {one.id async for one in everything.each({})} == {one.id for one in made}
        newest = sorted(made, key=lambda one: one.id, reverse=True)
        assert await everything.first(None, {}, sort=[("_id", -1)]) == newest[0]
        assert await everything.find(None, {}, sort=[("_id", -1)]) == newest
        assert [one async for one in everything.each({}, sort=[("_id", -1)])] == newest
        assert (await everything.page(PageRequest(limit=1), {})).rows == (newest[0],)

    async def test_a_list_is_cut(self, place: StorePlace[A]) -> None:
        owner = new_object_id()
        made = [await _inserted(place, self.new(owner)) for _ in range(3)]

        newest = await place.store.find(None, self.scope(owner), {}, sort=[("_id", -1)], limit=2)

        assert newest == made[:0:-1]

    def test_every_index_is_on_fields_of_the_collection(self, place: StorePlace[A]) -> None:
        documents = type(self).documents_of_collection()
        aggregates = [document.aggregate_class() for document in documents]
        known = {"_id", *(name for one in aggregates for name in (*one.model_fields, *one.model_computed_fields))}

        for index in documents[0].collection.indexes:
            assert {path.partition(".")[0] for path, _ in index.keys} <= known

    @classmethod
    def documents_of_collection(cls) -> tuple[type[StoredDocument], ...]:
        """All declarations of the collection: several where its documents are more than one aggregate."""
        return (cls.document_under_test(),)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        """The declaration whose indexes are checked."""
        raise NotImplementedError


async def _inserted(place: StorePlace[A], aggregate: A) -> A:
    async def work(tx: Tx) -> A:
        place.store.insert(tx, aggregate)
        return aggregate

    return await place.uow.run(work)


def _replacing(place: StorePlace[A], before: A, after: A) -> Callable[[Tx], Awaitable[A]]:
    async def work(tx: Tx) -> A:
        return place.store.replace(tx, before, after)

    return work


def _deleting(place: StorePlace[A], before: A) -> Callable[[Tx], Awaitable[None]]:
    async def work(tx: Tx) -> None:
        place.store.delete(tx, before)

    return work


async def _nothing(tx: Tx) -> None:
    """Claims alone."""
