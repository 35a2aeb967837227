"""The stores of svc-transaction pass the conformance suite of the kernel, in MongoDB and in memory."""

from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.transaction import TimelineEntry
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.indexes import apply_collection
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import START
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StoreConformance, StorePlace, in_memory, in_mongodb
from transaction.domain.states import Status
from transaction.domain.transaction import TIMELINE_ENTRIES_MAX, Transaction
from transaction.store.documents import TransactionDocument

ENTRY = TimelineEntry(at=START, type="created", effect="applied", to_status="initiated", source="customer")


class TransactionConformance(StoreConformance[Transaction]):
    """With a list that grows, an enum and encrypted values, this collection has all that the others have."""

    def new(self, organization_id: str, **fields: Any) -> Transaction:
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "livemode": False,
            "site_id": new_object_id(),
            "checkout_id": new_object_id(),
            "session_public_id": EncryptedValue(v=1, c="c2VhbGVk"),
            "session_hash": new_object_id(),
            "provider_id": new_object_id(),
            "provider_type": "stripe",
            "status": Status.INITIATED,
            "amount": 3_000_000_000,
            "currency": "EUR",
            "created_at": START,
            "updated_at": START,
            "timeline": (ENTRY,),
        }
        return Transaction.model_validate(values | fields)

    def change(self, aggregate: Transaction) -> Transaction:
        return aggregate.changed(status=Status.SUCCEEDED)

    def scope(self, organization_id: str) -> Scope:
        return Scope(organization_id, livemode=False)

    async def test_a_timeline_grows_to_its_bound(self, place: StorePlace[Transaction]) -> None:
        made = self.new(new_object_id())
        entries = [ENTRY.model_copy(update={"note": str(number)}) for number in range(TIMELINE_ENTRIES_MAX)]

        async def work(tx: Tx) -> None:
            place.store.insert(tx, made)
            longer = made.changed(timeline=(*made.timeline, *entries))
            after = place.store.replace(tx, made, longer)
            place.store.replace(tx, after, after.changed(timeline=(*after.timeline, ENTRY)))

        await place.uow.run(work)

        stored = await place.store.get(None, made.scope, made.id)
        assert stored is not None
        assert stored.timeline == (*entries[1:], ENTRY)

    async def test_an_index_is_walked_tenant_by_tenant(self, place: StorePlace[Transaction]) -> None:
        owners = sorted(new_object_id() for _ in range(2))
        made = {owner: [self.new(owner) for _ in range(3)] for owner in owners}

        async def work(tx: Tx) -> None:
            for each in made.values():
                for transaction in each:
                    place.store.insert(tx, transaction)

        await place.uow.run(work)
        walk = place.store.across_tenants.walk
        index = (("organization_id", 1), ("livemode", 1), ("hidden_at", 1), ("_id", -1))
        first = await walk(index, within=(owners[0],), limit=2)
        rest = await walk(index, within=(owners[0],), after=first[-1], limit=2)

        assert [each[3] for each in first + rest] == [each.id for each in reversed(made[owners[0]])]
        assert [[each[0] for each in await walk(index, after=(owner,), limit=1)] for owner in ("", *owners)] == [
            [owners[0]],
            [owners[1]],
            [],
        ]

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return TransactionDocument


class TestInMemory(TransactionConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Transaction]:
        return in_memory(TransactionDocument)


@pytest.mark.integration
class TestInMongoDb(TransactionConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Transaction]:
        await apply_collection(database.db, TransactionDocument.collection)
        return await in_mongodb(TransactionDocument, database)
