"""A person in a browser who walks through the console: pages, actions that are shown, and actions that are forged."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import walk_plan
from browser_rig import Authenticator, page_and_authenticator, served
from console_crawl import Crawl, Loaded
from console_table import Entry
from playwright.async_api import ConsoleMessage, Locator, Page, expect
from walk_world import World

from gateway_contracts.actor import Role

_READ: Final = """() => ({
  links: [...document.querySelectorAll('a[href]')].map(link => new URL(link.href))
    .filter(url => url.origin === location.origin).map(url => url.pathname),
  actions: [...document.querySelectorAll('form[method=post]')].map(form => new URL(form.action).pathname),
})"""
_FORGE: Final = """async ([path, fields]) =>
  (await fetch(path, {method: 'POST', body: new URLSearchParams(fields), redirect: 'manual'})).status"""


@dataclass
class Walker:
    """One person with one role.

    Attributes:
        reads: requests to owners that pages make.
        complaints: errors of scripts, and breaches of the page's policy.
    """

    role: Role
    world: World
    page: Page
    origin: str
    authenticator: Authenticator
    reads: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.crawl = Crawl(self.load)

    async def register(self) -> None:
        """Create a passkey with an invitation, and an account with everything that it may have."""
        world, page = self.world, self.page
        invited = await world.invitation(self.role, email=f"walker-{self.role}@example.com", name="Wanda Walker")
        await page.goto(f"{self.origin}/register#{invited['token']}")
        await page.locator("[data-start]").click()
        await page.wait_for_url(lambda url: "/register" not in url)
        other = World(world.api, world.values["other_organization"])
        invitation = await other.invitation("viewer", email=f"walker-{self.role}@example.com")
        world.values |= {"invitation": invitation["token"], "role": self.role}

    async def sign_in(self) -> None:
        """Sign in by the passkey, and select the organization."""
        await self.page.goto(f"{self.origin}/sign-in")
        await self.page.get_by_role("button", name="Sign in with a passkey").click()
        await self.page.wait_for_url(lambda url: "/sign-in" not in url)
        if self.role == "global":
            await self.page.locator(".choices button", has_text="Shop GmbH").click()
        await expect(self.page.get_by_role("heading", name="Home", level=1)).to_be_visible()

    async def settle_in(self) -> None:
        """A session of another browser and a second passkey."""
        [first] = await self._ids("/account/passkeys/")
        await self.page.context.clear_cookies()
        await self.sign_in()
        [session] = await self._ids("/account/sessions/")
        await self.authenticator.take_another()
        await self.page.locator("summary", has_text="Add a passkey").click()
        await self.page.get_by_role("button", name="Create the passkey").click()
        await self.page.wait_for_url("**/account?done=passkey")
        [spare] = set(await self._ids("/account/passkeys/")) - {first}
        self.world.values |= {"passkey": first, "spare_passkey": spare, "other_session": session}

    async def _ids(self, prefix: str) -> list[str]:
        """Ids of the account's objects, from the addresses of their forms."""
        await self.page.goto(f"{self.origin}/account")
        read = await self.page.evaluate(_READ)
        return sorted({path.removeprefix(prefix).split("/")[0] for path in read["actions"] if path.startswith(prefix)})

    async def load(self, path: str) -> Loaded:
        """Load a page."""
        response = await self.page.goto(self.origin + path)
        assert response is not None, path
        read = await self.page.evaluate(_READ)
        return Loaded(response.status, read["links"], read["actions"])

    async def follow_links(self, **extent: int) -> None:
        """Load every page that links lead to from the first one."""
        await self.crawl.follow_links(**extent)
        self.reads = self.world.asked()

    async def forge(self, action: Entry) -> int:
        """Send an action as a page would, with the session of this person; the status."""
        status: int = await self.page.evaluate(_FORGE, [self.world.address_of(action), _forged(self.world, action)])
        return status

    async def status(self, path: str) -> int:
        """The status of a page or a file, with the session of this person."""
        status: int = await self.page.evaluate("async path => (await fetch(path)).status", path)
        return status

    async def choose(self) -> None:
        """Look at the other mode and in another language, and come back."""
        for name, badge in (("Switch to test", "Test"), ("Switch to live", "Live")):
            await self.page.get_by_role("button", name=name).first.click()
            await expect(self.page.locator(".badge")).to_have_text(badge)
        for name, language in (("Deutsch", "de"), ("English", "en")):
            await self.page.get_by_role("button", name=name).click()
            await expect(self.page.locator("html")).to_have_attribute("lang", language)

    async def perform(self, path: str) -> None:
        """Fill in the form of an action on its page and send it: the page says so, and something was changed."""
        step = walk_plan.ACTIONS[path]
        address = self.world.address(path, step.objects)
        await self.world.work()
        await self.page.goto(self.origin + self.crawl.shown[address])
        form = self.page.locator(f'form[method="post"][action="{address}"]').first
        await form.evaluate(_OPEN)
        for name, text in self.world.filled(path).items():
            await _fill(form.locator(f'[name="{name}"]'), text)
        stored, asked = await self.world.stored(), len(self.world.api.owners.asked)
        async with self.page.expect_navigation() as navigation:
            await (await _main_button(form)).click()
        response = await navigation.value
        assert response is not None, path
        main = self.page.locator("main")
        alerts = await main.locator("[role=alert]:visible").all_inner_texts()
        assert (response.status, alerts) == (200, []), f"{path}: {await main.inner_text()}"
        await expect(main, path).to_contain_text(self.world.said(step.shows) or "Done.")
        changes = {subject for subject, *_ in self.world.api.owners.asked[asked:]} - self.reads
        assert changes or stored != await self.world.stored(), f"{path}: nothing was changed"


_OPEN: Final = """form => {
  for (let at = form; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  for (const part of form.querySelectorAll("details")) part.open = true;
}"""


async def _main_button(form: Locator) -> Locator:
    """The button that carries the form out; others of it change what it shows."""
    marked = form.locator("button.primary, button.danger")
    return marked.first if await marked.count() else form.locator("button").first


async def _fill(field: Locator, text: str) -> None:
    kind = await field.evaluate("field => field.tagName === 'SELECT' ? 'select' : field.type")
    if kind == "select":
        await field.select_option(text)
    elif kind == "checkbox":
        await field.set_checked(text == "on")
    else:
        await field.fill(text)


def _forged(world: World, action: Entry) -> dict[str, str]:
    return {"key": secrets.token_urlsafe(16), **world.filled(action.path)}


def _is_breach(line: ConsoleMessage) -> bool:
    return "Content Security Policy" in line.text


@asynccontextmanager
async def walking(world: World, role: Role, **options: Any) -> AsyncIterator[Walker]:
    """A person with that role who is signed in."""
    async with served(world.api) as (origin, _), page_and_authenticator(origin, **options) as (page, authenticator):
        walker = Walker(role, world, page, origin, authenticator)
        page.on("pageerror", lambda error: walker.complaints.append(str(error)))
        page.on("console", lambda line: walker.complaints.extend([line.text] if _is_breach(line) else []))
        await walker.register()
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/sign-in")
        await walker.sign_in()
        await walker.settle_in()
        yield walker
