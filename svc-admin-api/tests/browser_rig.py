"""A browser with a virtual authenticator, and the API and its console on a port."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from admin_world import Api
from playwright.async_api import CDPSession, Page, async_playwright

from admin_api.people.opening import open_sessions
from admin_api.web.application import create_application
from gateway_embedded.servers.process import free_port
from gateway_kit.http.edge import edge
from gateway_testkit.chromium import CHROMIUM, FLAGS, SHOWN_MS
from gateway_testkit.waiting import eventually


@asynccontextmanager
async def served(api: Api) -> AsyncIterator[tuple[str, Any]]:
    """The API on a port of its own; its operators' pages have the same origin."""
    port = free_port()
    origin = f"http://localhost:{port}"
    access = open_sessions(api.tenancy, system_encryption_key=os.urandom(32).hex(), frontend_origin=origin)
    deps = replace(api.deps, sessions=access, origins=replace(api.deps.origins, admin_frontend=origin))
    inner = create_application(deps)
    inner.state.encryption = api.applications[0].state.encryption
    application = edge(inner, trusted_proxies=(), is_https=False)
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield origin, access
    finally:
        server.should_exit = True
        await task


@dataclass
class Authenticator:
    """The virtual authenticator of a page; each device holds passkeys of its own."""

    session: CDPSession
    device: str = ""

    async def take_another(self) -> None:
        """Go on with another device, which has no passkey yet."""
        if self.device:
            await self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.device})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = await self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.device = added["authenticatorId"]


@asynccontextmanager
async def page_and_authenticator(origin: str, **options: Any) -> AsyncIterator[tuple[Page, Authenticator]]:
    """A page of that origin, and its authenticator. ``options`` are those of the browser's context."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(**options)
        context.set_default_timeout(SHOWN_MS)
        page = await context.new_page()
        authenticator = Authenticator(await context.new_cdp_session(page))
        await authenticator.session.send("WebAuthn.enable")
        await authenticator.take_another()
        await page.goto(f"{origin}/health")
        yield page, authenticator
        await browser.close()


@asynccontextmanager
async def page_with_authenticator(origin: str, **options: Any) -> AsyncIterator[Page]:
    """A page of that origin. ``options`` are those of the browser's context."""
    async with page_and_authenticator(origin, **options) as (page, _):
        yield page
