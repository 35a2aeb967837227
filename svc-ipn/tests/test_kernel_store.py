"""The store of deliveries passes the conformance suite of the kernel, in MongoDB and in memory."""

from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_testkit.clock import START
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StoreConformance, StorePlace, in_memory, in_mongodb
from ipn.domain.delivery import Delivery
from ipn.store.documents import DeliveryDocument


class DeliveryConformance(StoreConformance[Delivery]):
    """The suite."""

    def new(self, organization_id: str, **fields: Any) -> Delivery:
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "site_id": new_object_id(),
            "livemode": False,
            "lane": new_object_id(),
            "transaction_id": new_object_id(),
            "ipn_status": 1,
            "event_version": 2,
            "dialect": 1,
            "body": EncryptedValue(v=1, c="body"),
            "url": EncryptedValue(v=1, c="url"),
            "target": "shop",
            "state": "waiting",
            "created_at": START,
            "next_attempt_at": START,
            "pays": ("order",),
        }
        return Delivery.model_validate(values | fields)

    def change(self, aggregate: Delivery) -> Delivery:
        return aggregate.changed(made=1)

    def scope(self, organization_id: str) -> Scope:
        return Scope(organization_id, livemode=False)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return DeliveryDocument


class TestInMemory(DeliveryConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Delivery]:
        return in_memory(DeliveryDocument)


@pytest.mark.integration
class TestInMongoDb(DeliveryConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Delivery]:
        return await in_mongodb(DeliveryDocument, database)

    async def test_a_row_of_an_earlier_version_is_read(
        self, place: StorePlace[Delivery], database: TestDatabase
    ) -> None:
        """Without the fields that came later, and with what stands beside them."""
        row = DeliveryDocument.row_of(self.new(new_object_id(), pays=()))
        attempt = {"at": START, "duration_ms": 7, "http_status": 503, "error": None, "retry_after": 1e300}
        later = ("unrecorded", "reason", "dispute_id", "finished_at", "solo")
        old = {name: value for name, value in row.items() if name not in later} | {"attempts": [attempt]}
        await database.db.deliveries.insert_one(old | {"set_aside": {"reason": "x", "at": START}})

        read = await place.store.get(None, self.scope(row["organization_id"]), row["_id"])

        assert read is not None
        assert (read.unrecorded, read.orders, read.pays) == (0, (), ())
        assert [(outcome.http_status, outcome.body_fault) for outcome in read.attempts] == [(503, None)]
