"""Registration and sign-in as a real browser does them, with its virtual authenticator."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from admin_world import Api
from playwright.async_api import Page, async_playwright

from admin_api.people.opening import open_sessions
from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token
from admin_api.web.application import create_application
from gateway_embedded.servers.process import free_port
from gateway_kit.http.edge import edge
from gateway_testkit.chromium import CHROMIUM, FLAGS, SHOWN_MS
from gateway_testkit.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
POST = """async ([path, body]) => {
  const headers = {"content-type": "application/json"};
  const answer = await fetch(`/api/v1/auth${path}`, {method: "POST", headers, body: JSON.stringify(body)});
  const text = await answer.text();
  return {status: answer.status, body: text ? JSON.parse(text) : null};
}"""
CHECK = """async (token) =>
  (await fetch("/api/v1/auth/login/check", {headers: {authorization: `Bearer ${token}`}})).status"""
CREATE = """async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({publicKey})).toJSON();
}"""
GET = """async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({publicKey})).toJSON();
}"""


@asynccontextmanager
async def served(api: Api) -> AsyncIterator[tuple[str, Any]]:
    """The API on a port of its own; its operators' pages have the same origin."""
    port = free_port()
    origin = f"http://localhost:{port}"
    access = open_sessions(api.tenancy, system_encryption_key=os.urandom(32).hex(), frontend_origin=origin)
    deps = replace(api.deps, sessions=access, origins=replace(api.deps.origins, admin_frontend=origin))
    application = edge(create_application(deps), trusted_proxies=(), is_https=False)
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield origin, access
    server.should_exit = True
    await task


@asynccontextmanager
async def page_with_authenticator(origin: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        # Any page of the origin will do; what it may fetch is not the question here.
        context = await browser.new_context(bypass_csp=True)
        context.set_default_timeout(SHOWN_MS)
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        await page.goto(f"{origin}/health")
        yield page
        await browser.close()


async def post(page: Page, path: str, body: Any) -> Any:
    return await page.evaluate(POST, [path, body])


async def test_a_browser_registers_signs_in_refreshes_and_signs_out(api: Api) -> None:
    async with served(api) as (origin, access), page_with_authenticator(origin) as page:
        issued = await issue_bootstrap_token(access=access)
        assert issued is not None
        began = await post(page, "/register", {"token": issued[0], "email": "ops@example.com", "name": "Olga Ops"})
        assert began["status"] == 200
        made = await page.evaluate(CREATE, began["body"]["publicKey"])
        body = {"ceremonyId": began["body"]["ceremonyId"], "token": issued[0], "credential": made}
        registered = await post(page, "/register-complete", body)
        assert registered["status"] == 201, registered

        began = await post(page, "", {})
        signed = await page.evaluate(GET, began["body"]["publicKey"])
        body = {"ceremonyId": began["body"]["ceremonyId"], "credential": signed}
        session = await post(page, "/authenticate-complete", body)
        assert (session["status"], session["body"]["person"]["name"]) == (200, "Olga Ops")
        assert "gw_refresh" not in await page.evaluate("document.cookie")

        refreshed = await post(page, "/refresh-token", {})
        assert refreshed["status"] == 200
        token = refreshed["body"]["accessToken"]
        assert await page.evaluate(CHECK, token) == 200
        assert (await post(page, "/logout", {"everywhere": True}))["status"] == 204
        assert await page.evaluate(CHECK, token) == 401
        assert (await post(page, "/refresh-token", {}))["status"] == 401
