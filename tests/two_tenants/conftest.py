"""The world of these tests: one installation per file, two new merchants per test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway_testkit.installation import Installation, running_installation
from gateway_testkit.seller import Two, two_sellers


@pytest_asyncio.fixture(scope="module")
async def installation(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Installation]:
    """All services. A file may say with ``INSTALLATION`` how they run: arguments of `running_installation`."""
    wanted = getattr(request.module, "INSTALLATION", {})
    async with running_installation(tmp_path_factory.mktemp("two"), **wanted) as made:
        yield made


@pytest_asyncio.fixture
async def two(installation: Installation) -> AsyncIterator[Two]:
    """Two ordinary merchants who have nothing to do with each other."""
    async with two_sellers(installation) as both:
        yield both
