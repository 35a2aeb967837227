"""Due rows in MongoDB."""

import pytest_asyncio
from due_conformance import DueConformance, Job, JobDocument

from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StorePlace, in_mongodb


class TestInMongoDb(DueConformance):
    @pytest_asyncio.fixture
    async def place(self, database: TestDatabase) -> StorePlace[Job]:
        return await in_mongodb(JobDocument, database)
