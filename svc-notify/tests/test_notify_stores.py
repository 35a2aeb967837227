"""The stores of messages and templates pass the conformance suite of the kernel, in MongoDB and in memory."""

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
from notify.domain.message import Message
from notify.domain.template import Template
from notify.store.documents import MessageDocument, TemplateDocument

SEALED = EncryptedValue(v=1, c="b25seSBmb3IgdGhlIHRlc3Q=")


class MessageConformance(StoreConformance[Message]):
    """Messages."""

    def new(self, organization_id: str, **fields: Any) -> Message:
        identifier = new_object_id()
        values = {
            "id": identifier,
            "organization_id": organization_id,
            "livemode": True,
            "key": identifier,
            "kind": "invoice.issued",
            "channel": "email",
            "audience": "customer",
            "recipient": SEALED,
            "content": SEALED,
            "language": "en",
            "due_at": START,
            # The database removes what is past it.
            "kept_until": START.replace(year=2999),
            "correlation_id": "req_1",
            "created_at": START,
        }
        return Message.model_validate(values | fields)

    def change(self, aggregate: Message) -> Message:
        return aggregate.changed(state="failed")

    def scope(self, organization_id: str) -> Scope:
        return Scope(organization_id, livemode=True)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return MessageDocument


class TestMessagesInMemory(MessageConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Message]:
        return in_memory(MessageDocument)


@pytest.mark.integration
class TestMessagesInMongoDB(MessageConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Message]:
        return await in_mongodb(MessageDocument, database)


class TemplateConformance(StoreConformance[Template]):
    """Templates."""

    _revision = 0

    def new(self, organization_id: str, **fields: Any) -> Template:
        type(self)._revision += 1
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "livemode": True,
            "kind": "invoice.issued",
            "channel": "email",
            "language": "en",
            "revision": type(self)._revision,
            "state": "retired",
            "text": "{{ number }}",
            "created_at": START,
        }
        return Template.model_validate(values | fields)

    def change(self, aggregate: Template) -> Template:
        return aggregate.changed(text="{{ amount }}")

    def scope(self, organization_id: str) -> Scope:
        return Scope(organization_id, livemode=True)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return TemplateDocument


class TestTemplatesInMemory(TemplateConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Template]:
        return in_memory(TemplateDocument)


@pytest.mark.integration
class TestTemplatesInMongoDB(TemplateConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Template]:
        return await in_mongodb(TemplateDocument, database)
