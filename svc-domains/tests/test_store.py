"""The store of domains passes the conformance suite of the kernel, in MongoDB and in memory."""

import asyncio
import secrets
from typing import Any

import pytest
import pytest_asyncio

from domains.domain.domain import Domain
from domains.errors import DomainTaken
from domains.store.documents import DomainDocument
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import START
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StoreConformance, StorePlace, in_memory, in_mongodb


class DomainConformance(StoreConformance[Domain]):
    """The suite, and the one rule that this collection adds."""

    def new(self, organization_id: str, **fields: Any) -> Domain:
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "site_id": new_object_id(),
            "name": f"pay.{secrets.token_hex(6)}.de",
            "state": "pending",
            "created_at": START,
        }
        return Domain.model_validate(values | fields)

    def change(self, aggregate: Domain) -> Domain:
        return aggregate.suspended()

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return DomainDocument

    async def test_a_name_has_one_holder_until_it_is_removed(self, place: StorePlace[Domain]) -> None:
        first, second, third = (self.new(new_object_id(), name="pay.shop.de") for _ in range(3))

        def registering(domain: Domain) -> Any:
            async def work(tx: Tx) -> None:
                place.store.insert(tx, domain, otherwise=DomainTaken(domain.name))

            return place.uow.run(work)

        async def remove(tx: Tx) -> None:
            place.store.replace(tx, first, first.gone())

        await registering(first)
        outcomes = await asyncio.gather(registering(second), registering(third), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [DomainTaken] * 2

        await place.uow.run(remove)
        outcomes = await asyncio.gather(registering(second), registering(third), return_exceptions=True)
        assert sum(isinstance(outcome, DomainTaken) for outcome in outcomes) == 1


class TestInMemory(DomainConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Domain]:
        return in_memory(DomainDocument)


@pytest.mark.integration
class TestInMongoDb(DomainConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Domain]:
        return await in_mongodb(DomainDocument, database)

    async def test_stored_rows_have_the_form_of_earlier_versions_and_what_came_later(
        self, place: StorePlace[Domain], database: TestDatabase
    ) -> None:
        row = {
            "_id": new_object_id(),
            "organization_id": new_object_id(),
            "site_id": new_object_id(),
            "name": "pay.shop.de",
            "state": "failing",
            "version": 7,
            "created_at": START,
            "checked_at": START,
            "problem": "no record",
            "removed": False,
            "schema_version": 1,
        }
        await database.db.domains.insert_one(dict(row))
        read = await place.store.get(None, self.scope(str(row["organization_id"])), str(row["_id"]))
        assert read is not None
        fresh = read.changed(id=new_object_id(), name="pay.other.de")

        async def work(tx: Tx) -> None:
            place.store.insert(tx, fresh)

        await place.uow.run(work)

        unknown: dict[str, Any] = {
            "certificate": None,
            "certificate_due_at": None,
            "problem_code": None,
            "problem_values": {},
        }
        assert await database.db.domains.find_one({"_id": fresh.id}) == row | unknown | {
            "_id": fresh.id,
            "name": fresh.name,
        }
