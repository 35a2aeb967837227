"""The console in a real browser, with an operator who registered a passkey."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from admin_world import Api
from browser_rig import page_with_authenticator, served
from operations_world import a_letter
from playwright.async_api import Page, expect

from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token

# A screenshot is kept if the environment asks for it.
PICTURES = os.environ.get("PICTURES_OF_PAGES")


@asynccontextmanager
async def console(api: Api, **options: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """The console with an operator at its first page; and what the browser complained of."""
    async with served(api) as (origin, access), page_with_authenticator(origin, **options) as page:
        complaints: list[str] = []
        api.deps.operations.letters.stored.append(a_letter(7))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        issued = await issue_bootstrap_token(tenancy=access.tenancy, bootstrap=access.bootstrap)
        assert issued is not None
        await page.goto(f"{origin}/register#{issued[0]}")
        await page.locator("details", has=page.locator("#name")).locator("summary").click()
        await page.locator("#name").fill("Olga Ops")
        await page.locator("#email").fill("ops@example.com")
        await page.locator("[data-start]").click()
        await page.wait_for_url(f"{origin}/organizations")
        yield page, complaints


async def choose(page: Page, name: str = "Shop GmbH") -> None:
    await page.locator(".choices button", has_text=name).click()
    await expect(page.get_by_role("heading", name=re.compile("Home|Übersicht"), level=1)).to_be_visible()
    menu = page.locator("nav summary")
    if await menu.is_visible():
        await menu.click()
    await page.locator('nav a[href="/payments"]:visible').click()
    await page.wait_for_url("**/payments")


async def keep_picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
