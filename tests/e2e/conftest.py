"""One started stack, one merchant's endpoint and one browser for all stories."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from einvoice_rules import rules
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway_testkit.chromium import CHROMIUM, FLAGS, SHOWN_MS
from gateway_testkit.merchant import Merchant, running_merchant
from gateway_testkit.stack import REPOSITORY, Stack, running_stack

__all__ = ["browser", "merchant", "page", "rules", "stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            # Against hangs only. The first one starts the whole stack, too.
            item.add_marker(pytest.mark.timeout(1200))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole gateway, fresh, in a run directory of its own."""
    with running_stack(REPOSITORY / ".run" / "e2e") as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def merchant() -> AsyncIterator[Merchant]:
    """Where the notifications of all stories arrive."""
    async with running_merchant() as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless."""
    expect.set_options(timeout=SHOWN_MS)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


@pytest_asyncio.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A customer's tab; a script error on the page fails the story."""
    context = await browser.new_context(ignore_https_errors=True, locale="en-GB")
    context.set_default_timeout(SHOWN_MS)
    tab = await context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    await context.close()
    assert errors == []
