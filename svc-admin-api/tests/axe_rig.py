"""Pages of a visitor in a browser without a network, and axe-core, which finds barriers to assistive technology."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from console_visits import ORIGIN, Visits
from playwright.async_api import Page, Route, async_playwright

from gateway_testkit.chromium import CHROMIUM, FLAGS, SHOWN_MS

# The package pins axe-core by the lock file; its own functions run rules beyond WCAG too.
_AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text()
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_REDIRECTS_MAX: Final = 3
_LINKS: Final = "[...document.querySelectorAll('a[href]')].map(link => new URL(link.href).pathname)"


@asynccontextmanager
async def shown_to(visits: Visits, **options: Any) -> AsyncIterator[Page]:
    """A page whose requests the visitor makes inside this process. ``options`` are those of the browser's context."""

    async def answer(route: Route) -> None:
        url = urlsplit(route.request.url)
        found = await visits.get(f"{url.path}?{url.query}" if url.query else url.path)
        for _ in range(_REDIRECTS_MAX):
            if not found.is_redirect:
                break
            found = await visits.get(found.headers["location"])
        headers = {name: value for name, value in found.headers.items() if name != "content-length"}
        await route.fulfill(status=found.status_code, headers=headers, body=found.content)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(**options)
        context.set_default_timeout(SHOWN_MS)
        page = await context.new_page()
        await page.route("**/*", answer)
        yield page
        await browser.close()


async def load(page: Page, path: str) -> set[str]:
    """Load a page; the paths that it links to."""
    response = await page.goto(ORIGIN + path)
    assert response is not None
    assert response.status == 200, f"{path}: {response.status}"
    return set(await page.evaluate(_LINKS))


async def findings(page: Page) -> list[str]:
    """Each violation of WCAG 2.2 AA that axe finds on the page: its rule and the elements."""
    await page.evaluate(_AXE)
    found = await page.evaluate("rules => axe.run(document, {runOnly: rules})", _RULES)
    return [
        f"{page.url.removeprefix(ORIGIN)}: {each['id']}: {node['html']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
