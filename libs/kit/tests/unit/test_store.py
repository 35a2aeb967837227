"""Scope and typing rules of the store, with an aggregate that belongs to a mode and a site."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import BaseModel

from gateway_contracts.aggregates import Aggregate, Appended, Entity, Scope
from gateway_contracts.clock import SystemClock
from gateway_contracts.collection_specs import CollectionSpec, IndexSpec
from gateway_contracts.errors import CHANGED_MEANWHILE, ChangedMeanwhile, Conflict, Transient, from_wire, is_final
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.changes import change_of
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import START
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from gateway_testkit.store_conformance import StoreConformance, StorePlace, in_memory


class Order(Aggregate):
    livemode: bool
    site_id: str
    created_at: datetime
    label: str | None = None


class OrderDocument(Order, StoredDocument):
    collection: ClassVar = CollectionSpec(
        "gw_test",
        "orders",
        (
            IndexSpec((("organization_id", 1), ("_id", -1))),
            IndexSpec((("label", 1),), unique=True, partial={"label": {"$type": "string"}}),
        ),
    )


class TestOrders(StoreConformance[Order]):
    @pytest.fixture
    def place(self) -> StorePlace[Order]:
        return in_memory(OrderDocument)

    def new(self, organization_id: str, **fields: Any) -> Order:
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "livemode": True,
            "site_id": new_object_id(),
            "created_at": START,
        }
        return Order.model_validate(values | fields)

    def change(self, aggregate: Order) -> Order:
        return aggregate.changed(label=f"changed {aggregate.id}")

    def scope(self, organization_id: str) -> Scope:
        return Scope(organization_id, livemode=True)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return OrderDocument

    async def test_the_other_mode_and_other_sites_find_nothing(self, place: StorePlace[Order]) -> None:
        order = self.new(new_object_id())

        async def work(tx: Tx) -> None:
            place.store.insert(tx, order)

        await place.uow.run(work)
        of_site = Scope(order.organization_id, True, order.site_id)
        assert await place.store.get(None, of_site, order.id) == order
        # Two conditions on one field are both fulfilled or find nothing.
        assert await place.store.find(None, of_site, {"site_id": new_object_id()}) == []
        for scope in (Scope(order.organization_id, False), Scope(order.organization_id, True, new_object_id())):
            assert await place.store.get(None, scope, order.id) is None
        with pytest.raises(ValueError, match="the scope names it"):
            await place.store.get(None, Scope(order.organization_id), order.id)

    async def test_a_change_may_meet_a_unique_key(self, place: StorePlace[Order]) -> None:
        one, other = (self.new(new_object_id(), label=label) for label in ("A", "B"))

        async def work(tx: Tx) -> None:
            place.store.insert(tx, one)
            place.store.insert(tx, other)
            place.store.replace(tx, other, other.changed(label="A"), taken=Conflict("label is taken"))

        with pytest.raises(Conflict, match="label is taken"):
            await place.uow.run(work)


def test_a_scope_names_its_organization() -> None:
    with pytest.raises(ValueError, match="organization"):
        Scope("")


def test_a_change_is_validated() -> None:
    order = TestOrders().new(new_object_id())
    with pytest.raises(TypeError, match="no field lable"):
        order.changed(lable="x")
    with pytest.raises(ValueError, match="label"):
        order.changed(label=7)


def test_a_field_may_have_any_name() -> None:
    class Ring(Entity):
        keys: int = 0

    assert Ring(id="1").changed(keys=2) == Ring(id="1", keys=2)


def test_a_document_has_no_instances() -> None:
    with pytest.raises(TypeError, match="declares a collection"):
        OrderDocument(id="1")  # type: ignore[call-arg]  # what the type check refuses, too


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (Conflict("taken"), True),
        (ChangedMeanwhile(), False),
        (from_wire(ChangedMeanwhile().to_wire()), False),
        (Conflict("older form", code=CHANGED_MEANWHILE), False),
        (Transient("later"), False),
        (KeyError("x"), False),
    ],
)
def test_a_lost_race_may_be_repeated(error: Exception, final: bool) -> None:
    assert is_final(error) is final


class Line(BaseModel):
    text: str


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Journal(Aggregate):
    lines: Annotated[tuple[Line, ...], Appended(3)] = ()
    color: Color = Color.RED


class JournalDocument(Journal, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "journals")


def _journal(*texts: str) -> Journal:
    return Journal(id=new_object_id(), organization_id=new_object_id(), lines=tuple(Line(text=text) for text in texts))


def test_of_a_list_that_grows_the_new_entries_are_stored() -> None:
    journal = _journal("a", "b")

    change = change_of(journal, journal.changed(lines=(*journal.lines, Line(text="c")), version=2))

    assert change == {"$set": {"version": 2}, "$push": {"lines": {"$each": ({"text": "c"},), "$slice": -3}}}
    with pytest.raises(ValueError, match="only grow: lines"):
        change_of(journal, journal.changed(lines=(Line(text="a"), Line(text="other"))))


async def test_a_list_that_grows_keeps_its_latest_entries() -> None:
    database = MemoryDatabase(JournalDocument)
    store: Store[Journal] = Store(JournalDocument, database.rows(JournalDocument))
    journal = _journal("a", "b")

    async def work(tx: Tx) -> Journal | None:
        store.insert(tx, journal)
        longer = journal.changed(lines=(*journal.lines, Line(text="c"), Line(text="d")), color=Color.BLUE)
        after = store.replace(tx, journal, longer)
        store.replace(tx, after, after.changed(lines=(*after.lines, Line(text="e"))))
        return await store.first(tx, journal.scope, {"color": "blue"})

    stored = await MemoryUnitOfWork(database, clock=SystemClock()).run(work)

    assert stored is not None
    assert [line.text for line in stored.lines] == ["c", "d", "e"]
    assert await store.count(None, journal.scope, {}, limit=10) == 1
    assert database.stored("journals")[0]["color"] == "blue"


async def test_a_document_without_a_version_is_changed_once() -> None:
    database = MemoryDatabase(JournalDocument)
    store: Store[Journal] = Store(JournalDocument, database.rows(JournalDocument))
    journal = _journal()
    uow = MemoryUnitOfWork(database, clock=SystemClock())

    async def insert(tx: Tx) -> None:
        tx.pending.insert("journals", {"_id": journal.id, "organization_id": journal.organization_id, "lines": []})

    async def change(tx: Tx) -> None:
        store.replace(tx, journal, journal.changed(color=Color.BLUE))

    await uow.run(insert)
    await uow.run(change)
    with pytest.raises(ChangedMeanwhile):
        await uow.run(change)

    stored = await store.get(None, journal.scope, journal.id)
    assert stored is not None
    assert (stored.version, stored.color) == (2, Color.BLUE)
