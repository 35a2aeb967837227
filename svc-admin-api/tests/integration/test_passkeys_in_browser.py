"""Registration and sign-in as a real browser does them, with its virtual authenticator."""

from typing import Any

import pytest
from admin_world import Api
from browser_rig import page_with_authenticator, served
from playwright.async_api import Page

from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token
from gateway_testkit.chromium import CHROMIUM

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


async def post(page: Page, path: str, body: Any) -> Any:
    return await page.evaluate(POST, [path, body])


async def test_a_browser_registers_signs_in_refreshes_and_signs_out(api: Api) -> None:
    async with served(api) as (origin, access), page_with_authenticator(origin, bypass_csp=True) as page:
        issued = await issue_bootstrap_token(tenancy=access.tenancy, bootstrap=access.bootstrap)
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
