"""Stores beside the usual one: without a tenant, in another order, with nested records, of the installation."""

from datetime import datetime
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from pydantic import computed_field, field_serializer

from gateway_contracts.aggregates import Aggregate, Entity, Scope
from gateway_contracts.base import Contract
from gateway_contracts.collection_specs import CollectionSpec
from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.errors import RunAgain
from gateway_kit.mongo.pages import PageRequest, write_cursor
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import START
from gateway_testkit.global_store_conformance import (
    GlobalPlace,
    GlobalStoreConformance,
    global_in_memory,
    global_in_mongodb,
)
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StorePlace, in_memory, in_mongodb


class Login(Entity):
    step: int = 1
    secret: bytes


class LoginDocument(Login, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "logins")
    guard: ClassVar = ("step",)


class LoginConformance(GlobalStoreConformance[Login]):
    def new(self) -> Login:
        return Login(id=new_object_id(), secret=b"\x00\xff")

    def change(self, entity: Login) -> Login:
        return entity.changed(step=entity.step + 1)


class TestInMemory(LoginConformance):
    @pytest.fixture
    def place(self) -> GlobalPlace[Login]:
        return global_in_memory(LoginDocument)


@pytest.mark.integration
class TestInMongoDb(LoginConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> GlobalPlace[Login]:
        return await global_in_mongodb(LoginDocument, database)


class Colors(Contract):
    main_color: str
    revision: int = 1


class Line(Aggregate):
    """A place in a chain, with a record in its wire form."""

    livemode: bool
    sequence: int
    at: datetime
    colors: Colors

    @computed_field
    def created_at(self) -> datetime:
        return self.at

    @field_serializer("colors")
    def _wire(self, colors: Colors) -> dict[str, object]:
        return colors.wire()


class LineDocument(Line, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "lines")
    guard: ClassVar = ("version", "colors.revision")
    has_modes: ClassVar = False


def line(organization_id: str, sequence: int, **fields: Any) -> Line:
    values = {
        "id": new_object_id(),
        "organization_id": organization_id,
        "livemode": True,
        "sequence": sequence,
        "at": START,
        "colors": {"mainColor": "red"},
    }
    return Line.model_validate(values | fields)


async def kept(place: StorePlace[Line], *several: Line) -> None:
    async def work(tx: Tx) -> None:
        for one in several:
            place.store.insert(tx, one)

    await place.uow.run(work)


class LineRules:
    """The same in MongoDB and in memory."""

    async def test_a_list_may_be_in_the_order_of_a_number(self, lines: StorePlace[Line]) -> None:
        owner = new_object_id()
        # Numbers do not follow the ids.
        await kept(lines, *(line(owner, sequence) for sequence in (9, 10, 2, 1)))
        scope, found, cursor = Scope(owner), list[int](), None

        while True:
            page = await lines.store.page(scope, PageRequest(limit=3, cursor=cursor), {}, key="sequence")
            found += [one.sequence for one in page.rows]
            if (cursor := page.next_cursor) is None:
                break

        assert found == [10, 9, 2, 1]
        with pytest.raises(Unreadable) as refused:
            await lines.store.page(scope, PageRequest(cursor=write_cursor(new_object_id())), {}, key="sequence")
        assert refused.value.code == "CURSOR_INVALID"
        before = await lines.store.page(scope, PageRequest(created_to=START), {}, key="sequence")
        assert before.rows == ()

    async def test_a_scope_without_a_mode_finds_both(self, lines: StorePlace[Line]) -> None:
        owner = new_object_id()
        await kept(lines, line(owner, 1), line(owner, 2, livemode=False))

        assert len(await lines.store.find(None, Scope(owner), {})) == 2
        assert len(await lines.store.find(None, Scope(owner, livemode=False), {})) == 1

    async def test_the_installation_has_a_scope(self, lines: StorePlace[Line]) -> None:
        own, foreign = line("", 1), line(new_object_id(), 1)
        await kept(lines, own, foreign)

        assert await lines.store.find(None, Scope.installation(), {}) == [own]

    async def test_a_record_is_stored_in_its_wire_form(self, lines: StorePlace[Line]) -> None:
        owner = new_object_id()
        one = line(owner, 1)
        await kept(lines, one)
        assert await lines.store.find(None, Scope(owner), {"colors.mainColor": "red"}) == [one]

        async def paint(tx: Tx) -> Line:
            return lines.store.replace(tx, one, one.changed(colors=Colors(main_color="blue", revision=2)))

        painted = await lines.uow.run(paint)
        assert await lines.store.find(None, Scope(owner), {"colors.mainColor": "blue"}) == [painted]
        assert not await lines.store.now.replace(one, painted, guard=("colors.revision",))


class TestLinesInMemory(LineRules):
    @pytest.fixture
    def lines(self) -> StorePlace[Line]:
        return in_memory(LineDocument)


@pytest.mark.integration
class TestLinesInMongoDb(LineRules):
    @pytest_asyncio.fixture
    async def lines(self, database: TestDatabase) -> StorePlace[Line]:
        return await in_mongodb(LineDocument, database)


@pytest.mark.integration
async def test_work_on_a_state_that_has_gone_runs_again(database: TestDatabase) -> None:
    place = await in_mongodb(LineDocument, database)
    runs = []

    async def work(tx: Tx) -> None:
        runs.append(tx)
        if len(runs) == 1:
            raise RunAgain("the chain grew meanwhile")

    await place.uow.run(work)
    assert len(runs) == 2
