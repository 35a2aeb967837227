"""Leases on many rows in memory."""

import pytest
from lease_conformance import Errand, ErrandDocument, LeaseConformance

from gateway_testkit.store_conformance import StorePlace, in_memory


class TestInMemory(LeaseConformance):
    @pytest.fixture
    def place(self) -> StorePlace[Errand]:
        return in_memory(ErrandDocument)
