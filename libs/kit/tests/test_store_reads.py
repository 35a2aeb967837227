"""Reads beyond one page of one tenant by id: other orders, several tenants at once, counts and sizes."""

import base64
import json
from datetime import datetime, timedelta
from typing import ClassVar

import bson
import pytest
import pytest_asyncio

from gateway_contracts.aggregates import Aggregate, Scope
from gateway_contracts.collection_specs import CollectionSpec, IndexSpec
from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.indexes import apply_collection
from gateway_kit.mongo.pages import CREATED, PageRequest
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import START
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StorePlace, in_memory, in_mongodb

BY_PAYMENT = (("payment", 1), ("kind", 1))


class Note(Aggregate):
    livemode: bool
    kind: str = "a"
    payment: str
    created_at: datetime


class NoteDocument(Note, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "notes", (IndexSpec(BY_PAYMENT, partial={"kind": "a"}),))


def note(organization_id: str, *, livemode: bool = True, payment: str = "p", **fields: object) -> Note:
    values = {"id": new_object_id(), "organization_id": organization_id, "livemode": livemode, "payment": payment}
    return Note.model_validate({**values, "created_at": START, **fields})


async def insert(place: StorePlace[Note], *notes: Note) -> None:
    async def work(tx: Tx) -> None:
        for one in notes:
            place.store.insert(tx, one)

    await place.uow.run(work)


class StoreReads:
    """The same cases in memory and in MongoDB."""

    async def test_pages_in_the_order_of_creation(self, place: StorePlace[Note]) -> None:
        owner = new_object_id()
        scope = Scope(owner, livemode=True)
        # The ids ascend; the moments do not, and some are equal.
        made = [note(owner, created_at=START + timedelta(milliseconds=moment)) for moment in (5, 1, 3, 3, 3, 0)]
        await insert(place, *made)
        expected = [one.id for one in sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)]

        numbered = [await place.store.page(scope, PageRequest(n, 2), {}, key="created_at") for n in (1, 2, 3)]
        by_cursor, cursor = list[str](), None
        while True:
            page = await place.store.page(scope, PageRequest(1, 2, cursor), {"kind": "a"}, key="created_at")
            by_cursor += [one.id for one in page.rows]
            if (cursor := page.next_cursor) is None:
                break

        assert [one.id for page in numbered for one in page.rows] == by_cursor == expected

    @pytest.mark.parametrize("key", ["_id", CREATED])
    async def test_a_page_of_what_fulfils_one_of_several_conditions(self, place: StorePlace[Note], key: str) -> None:
        owner = new_object_id()
        wanted = [note(owner, payment=name) for name in ("p1", "p2", "p1")]
        others = note(owner, payment="p3"), note(owner, payment="p1", kind="b"), note(new_object_id(), payment="p1")
        await insert(place, *wanted, *others)
        scope, any_of = Scope(owner, livemode=True), [{"payment": "p1"}, {"payment": "p2"}, {"_id": wanted[0].id}]

        found, cursor = list[str](), None
        while True:
            request = PageRequest(limit=1, cursor=cursor, created_from=START)
            page = await place.store.page(scope, request, {"kind": "a"}, key=key, any_of=any_of)
            found += [one.id for one in page.rows]
            assert page.total == len(wanted)
            if (cursor := page.next_cursor) is None:
                break

        assert sorted(found) == sorted(one.id for one in wanted)

    async def test_a_cursor_belongs_to_its_order(self, place: StorePlace[Note]) -> None:
        owner = new_object_id()
        scope = Scope(owner, livemode=True)
        await insert(place, note(owner), note(owner))
        for key, other in (("created_at", "_id"), ("_id", "created_at")):
            page = await place.store.page(scope, PageRequest(limit=1), {}, key=key)
            with pytest.raises(Unreadable) as refused:
                await place.store.page(scope, PageRequest(cursor=page.next_cursor), {}, key=other)
            assert refused.value.code == "CURSOR_INVALID"

    async def test_cursors_of_earlier_lists_lead_on(self, place: StorePlace[Note]) -> None:
        owner = new_object_id()
        older, newer = note(owner), note(owner)
        await insert(place, older, newer)
        moment = newer.created_at.isoformat()
        for text in (json.dumps([moment, newer.id]), f"v1:{newer.id}:{moment}"):
            cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
            page = await place.store.page(Scope(owner, livemode=True), PageRequest(cursor=cursor), {}, key="created_at")
            assert page.rows == (older,)

    @pytest.mark.parametrize(
        "text",
        ['["x", "y"]', "[1, 2]", "[" * 5000, '["2026-01-01", "0"]', "v1:1.x", "v1:x.1", "v1:.", "v1:x:y", "v1::", "::"],
    )
    def test_other_texts_are_no_cursor(self, text: str) -> None:
        with pytest.raises(Unreadable) as refused:
            PageRequest(cursor=base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))
        assert refused.value.code == "CURSOR_INVALID"

    async def test_several_tenants_in_one_read(self, place: StorePlace[Note]) -> None:
        first, second = new_object_id(), new_object_id()
        live, test = note(first, payment="p1"), note(first, payment="p2", livemode=False)
        foreign = note(second, payment="p1")
        await insert(place, live, test, foreign, note(first, payment="p9"), note(second, payment="p3", kind="b"))
        wanted = [
            (Scope(first, livemode=True), {"payment": {"$in": ["p1", "p2"]}, "kind": "a"}),
            (Scope(second, livemode=True), {"payment": {"$in": ["p2", "p3"]}, "kind": "a"}),
        ]

        async def work(tx: Tx) -> list[Note]:
            return await place.store.find_among(tx, wanted, hint=BY_PAYMENT)

        assert await place.uow.run(work) == [live]
        assert await place.store.find_among(None, [], hint=BY_PAYMENT) == []
        with pytest.raises(ValueError, match="have no index"):
            await place.store.find_among(None, wanted, hint=(("kind", 1),))

    async def test_counts_and_sizes(self, place: StorePlace[Note]) -> None:
        owner = new_object_id()
        one = note(owner)
        await insert(place, one, note(owner), note(owner, livemode=False))
        scope, everything = Scope(owner, livemode=True), place.store.across_tenants

        assert [await place.store.count(None, scope, {}, limit=limit) for limit in (1, 5)] == [1, 2]
        assert await everything.count(None, {"kind": "a"}, limit=5) == 3
        assert await everything.bytes_of(one.id) == len(bson.encode(NoteDocument.row_of(one)))
        assert await everything.bytes_of(new_object_id()) == 0


class TestInMemory(StoreReads):
    @pytest.fixture
    def place(self) -> StorePlace[Note]:
        return in_memory(NoteDocument)


@pytest.mark.integration
class TestInMongoDb(StoreReads):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Note]:
        await apply_collection(database.db, NoteDocument.collection)
        return await in_mongodb(NoteDocument, database)
