"""The store of invoices passes the conformance suite of the kernel, in MongoDB and in memory."""

from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.aggregates import Scope
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.mongo.encrypted_fields import EncryptedField
from gateway_testkit.clock import START
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StoreConformance, StorePlace, in_memory, in_mongodb
from invoice.domain.invoice import Invoice
from invoice.domain.settlement import Settlement
from invoice.domain.totals import compute_totals
from invoice.field_cipher import FORMER_BUYER, REASON
from invoice.store.documents import DOCUMENTS, InvoiceDocument, RenderTaskDocument


class InvoiceConformance(StoreConformance[Invoice]):
    """The suite, with drafts."""

    def new(self, organization_id: str, **fields: Any) -> Invoice:
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "livemode": True,
            "site_id": new_object_id(),
            "status": "draft",
            "totals": compute_totals([], amount=11900, currency="EUR", reference="ORDER-1"),
            "settlements": (Settlement(new_object_id(), new_object_id(), "hash", "stripe", START, 11900),),
            "created_at": START,
        }
        return Invoice.model_validate(values | fields)

    def change(self, aggregate: Invoice) -> Invoice:
        return aggregate.money_moved(aggregate.transaction_ids[0], refunded=100, credited=0)

    def scope(self, organization_id: str) -> Scope:
        return Scope(organization_id, livemode=True)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return InvoiceDocument

    @classmethod
    def documents_of_collection(cls) -> tuple[type[StoredDocument], ...]:
        return InvoiceDocument, RenderTaskDocument


class TestInMemory(InvoiceConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Invoice]:
        return in_memory(InvoiceDocument)


@pytest.mark.integration
class TestInMongoDb(InvoiceConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Invoice]:
        return await in_mongodb(InvoiceDocument, database)


def test_parties_and_document_key_are_encrypted_again() -> None:
    [invoices] = encrypted_collections(DOCUMENTS)

    assert (invoices.name, invoices.walk) == ("invoices", "all")
    assert invoices.fields == (
        EncryptedField("buyer.value", name="buyer"),
        EncryptedField("ship_to.value", name="ship_to"),
        EncryptedField("seller.value", name="seller"),
        EncryptedField("document_key"),
        EncryptedField("corrections.[].reason.value", name=REASON),
        EncryptedField("corrections.[].buyer.value", name=FORMER_BUYER),
        EncryptedField("payment_link.url"),
    )
