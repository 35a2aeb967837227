"""Leases on many rows in MongoDB."""

import pytest_asyncio
from lease_conformance import Errand, ErrandDocument, LeaseConformance

from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StorePlace, in_mongodb


class TestInMongoDb(LeaseConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Errand]:
        for index in ErrandDocument.collection.indexes:
            await database.db.errands.create_index(
                list(index.keys), unique=index.unique, partialFilterExpression=index.partial
            )
        return await in_mongodb(ErrandDocument, database)
