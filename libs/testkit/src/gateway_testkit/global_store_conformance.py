"""The conformance suite of stores without a tenant; see `gateway_testkit.store_conformance`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic

import pytest

from gateway_contracts.clock import SystemClock
from gateway_contracts.errors import ChangedMeanwhile, Conflict
from gateway_kit.mongo.documents import StoredDocument, bind_documents
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from gateway_kit.mongo.writer import E
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from gateway_testkit.plugin import TestDatabase


@dataclass
class GlobalPlace(Generic[E]):
    """A store, and the unit of work of its database."""

    store: GlobalStore[E]
    uow: UnitOfWork


def global_in_memory(document: type[E]) -> GlobalPlace[E]:
    """A store in memory."""
    assert issubclass(document, StoredDocument)
    database = MemoryDatabase(document)
    return GlobalPlace(GlobalStore(document, database.rows(document)), MemoryUnitOfWork(database, clock=SystemClock()))


async def global_in_mongodb(document: type[E], database: TestDatabase) -> GlobalPlace[E]:
    """A store in a database of its own."""
    assert issubclass(document, StoredDocument)
    await bind_documents(database.db, [document])
    uow = UnitOfWork(database.client, database.db, source="svc-test", clock=SystemClock())
    return GlobalPlace(GlobalStore(document, MongoRows(document)), uow)


class GlobalStoreConformance(Generic[E]):
    """A subclass has a fixture ``place`` and says how objects are made and changed."""

    def new(self) -> E:
        """An object that collides with no other."""
        raise NotImplementedError

    def change(self, entity: E) -> E:
        """The object in another state, also in what guards it."""
        raise NotImplementedError

    def stored(self, entity: E) -> E:
        """The store's return value for an object that was changed, with the next version where it has one."""
        return entity

    async def test_an_inserted_object_is_read_as_it_was(self, place: GlobalPlace[E]) -> None:
        one = await self._inserted(place)

        assert await place.store.get(None, one.id) == one
        assert await place.store.find(None, {"_id": one.id}) == [one]
        assert [each async for each in place.store.each({})] == [one]
        assert await place.store.get(None, "unknown") is None

    async def test_of_two_changes_of_one_state_one_is_refused(self, place: GlobalPlace[E]) -> None:
        one = await self._inserted(place)
        change = self._replacing(place, one)

        outcomes = await asyncio.gather(place.uow.run(change), place.uow.run(change), return_exceptions=True)

        assert sum(isinstance(outcome, ChangedMeanwhile) for outcome in outcomes) == 1
        assert await place.store.get(None, one.id) == self.stored(self.change(one))

    async def test_a_deletion_is_guarded_as_a_change(self, place: GlobalPlace[E]) -> None:
        one = await self._inserted(place)
        await place.uow.run(self._replacing(place, one))

        async def delete(tx: Tx) -> None:
            place.store.delete(tx, one)

        with pytest.raises(ChangedMeanwhile):
            await place.uow.run(delete)
        current = await place.store.get(None, one.id)
        assert current is not None

        async def delete_current(tx: Tx) -> None:
            place.store.delete(tx, current)

        await place.uow.run(delete_current)
        assert await place.store.get(None, one.id) is None

    async def test_an_id_is_inserted_once(self, place: GlobalPlace[E]) -> None:
        one = await self._inserted(place)

        async def work(tx: Tx) -> None:
            place.store.insert(tx, one, otherwise=Conflict("taken"))

        with pytest.raises(Conflict, match="taken"):
            await place.uow.run(work)
        assert not await place.store.now.insert(one)

    async def test_a_read_in_a_transaction_sees_its_writes(self, place: GlobalPlace[E]) -> None:
        one = self.new()

        async def work(tx: Tx) -> E | None:
            place.store.insert(tx, one)
            place.store.replace(tx, one, self.change(one))
            return await place.store.first(tx, {"_id": one.id})

        assert await place.uow.run(work) == self.stored(self.change(one))

    async def test_of_several_who_take_an_object_one_gets_it(self, place: GlobalPlace[E]) -> None:
        one = self.new()
        assert await place.store.now.insert(one)

        taken = await asyncio.gather(*(place.store.now.delete(one) for _ in range(3)))

        assert sorted(taken) == [False, False, True]

    async def test_a_condition_on_an_unknown_field_is_refused(self, place: GlobalPlace[E]) -> None:
        with pytest.raises(ValueError, match="has no field"):
            await place.store.find(None, {"no_such_field": 1})

    async def _inserted(self, place: GlobalPlace[E]) -> E:
        one = self.new()

        async def work(tx: Tx) -> None:
            place.store.insert(tx, one)

        await place.uow.run(work)
        return one

    def _replacing(self, place: GlobalPlace[E], before: E) -> Callable[[Tx], Awaitable[E]]:
        async def work(tx: Tx) -> E:
            return place.store.replace(tx, before, self.change(before))

        return work
