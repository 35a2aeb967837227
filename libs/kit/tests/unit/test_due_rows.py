"""Due rows in memory."""

import pytest
from due_conformance import DueConformance, Job, JobDocument

from gateway_testkit.store_conformance import StorePlace, in_memory


class TestInMemory(DueConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Job]:
        return in_memory(JobDocument)
