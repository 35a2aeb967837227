"""The world of these tests: one installation for all files, two new merchants per test."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway_testkit.installation import Installation, running_installation
from gateway_testkit.seller import Two, two_sellers

FOLDER = Path(__file__).parent


class Shared:
    """The installation of the files that do not ask for one of their own, started for the first of them."""

    def __init__(self, stack: AsyncExitStack, factory: pytest.TempPathFactory) -> None:
        self._stack = stack
        self._factory = factory
        self._made: Installation | None = None

    async def get(self) -> Installation:
        """The installation at work."""
        if self._made is None:
            started = running_installation(self._factory.mktemp("two"))
            self._made = await self._stack.enter_async_context(started)
        return self._made

    async def end(self) -> None:
        """End it: two installations in one process would bind the same document classes to two databases."""
        self._made = None
        await self._stack.aclose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that share the installation come before those with one of their own."""
    places = [place for place, item in enumerate(items) if item.path.parent == FOLDER]
    ordered = sorted((items[place] for place in places), key=_has_its_own)
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _has_its_own(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and hasattr(item.module, "INSTALLATION")


@pytest_asyncio.fixture(scope="package")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shared]:
    """To start all services takes twenty times as long as a test; tenants do not see each other."""
    async with AsyncExitStack() as stack:
        yield Shared(stack, tmp_path_factory)


@pytest_asyncio.fixture(scope="module")
async def installation(
    shared: Shared, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Installation]:
    """All services. A file that names ``INSTALLATION``, arguments of `running_installation`, has its own."""
    wanted = getattr(request.module, "INSTALLATION", None)
    if wanted is None:
        yield await shared.get()
        return
    await shared.end()
    async with running_installation(tmp_path_factory.mktemp("two"), **wanted) as made:
        yield made


@pytest_asyncio.fixture
async def two(installation: Installation) -> AsyncIterator[Two]:
    """Two ordinary merchants who have nothing to do with each other."""
    async with two_sellers(installation) as both:
        yield both
