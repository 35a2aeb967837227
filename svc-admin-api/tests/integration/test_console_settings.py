"""Settings of people and organizations in the console, over HTTP."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, operator, texts
from documents_world import settings_answers
from messages_world import Messengers

from admin_api.console import api as console_api
from admin_api.console.forms.registry import OBJECT_PAGES, SETTINGS_PAGES
from admin_api.people.domain.session import FRESH_LIFETIME
from gateway_testkit.authenticator import Passkey
from gateway_testkit.clock import FrozenClock

pytestmark = pytest.mark.integration
ORIGIN = "https://admin.example"


async def at_work(api: Api, role: str = "admin") -> Visits:
    return await member(api, await api.organization(), role)


def secrets_of(text: str) -> list[str]:
    return re.findall(r'class="secret" value="([^"]+)"', text)


def addresses(text: str) -> list[str]:
    """Addresses of all forms of a page."""
    return re.findall(r'<form method="post" action="([^"]+)"', text)


async def test_a_person_is_invited_by_a_link_and_works_in_another_role(api: Api) -> None:
    visits = await at_work(api)
    form = {"email": "new@example.com", "name": "Nora New", "role": "viewer", "key": "form-of-the-invitation"}
    link, token = secrets_of((await visits.post("/members/new", form)).text)
    assert link == f"{ORIGIN}/register#{token}"
    [row] = [line for line in re.findall(r'href="(/members/[0-9a-f]{24})"', (await visits.get("/members")).text)][:1]
    again = secrets_of((await visits.post(f"{row}/invite", {"key": "form-of-the-second-invitation"})).text)
    assert again[1] != token

    newcomer = Visits(api)
    assert (await newcomer.register(again[1])).status_code == 200
    assert f"{row}/invite" not in addresses((await visits.get(row)).text)
    assert (await visits.post(f"{row}/role", {"role": "support"})).headers["location"] == f"{row}?done=role"
    assert '<option value="support" selected>' in (await visits.get(row)).text

    assert (await newcomer.get("/settings")).status_code == 200
    assert (await visits.post(f"{row}/end-sessions")).headers["location"] == f"{row}?done=end-sessions"
    assert (await newcomer.get("/settings")).status_code == 303
    assert (await visits.post(f"{row}/remove")).headers["location"] == "/members?done=remove"
    assert (await visits.get(row)).status_code == 404


async def test_the_last_admin_stays(api: Api) -> None:
    visits = await at_work(api)
    [row] = re.findall(r'href="(/members/[0-9a-f]{24})"', (await visits.get("/members")).text)
    refused = await visits.post(f"{row}/remove")
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text


async def test_an_operator_creates_an_organization_and_closes_it(api: Api) -> None:
    visits = await operator(api)
    created = await visits.post("/organizations/new", {"name": "Gamma GmbH", "country": "DE", "key": "form-of-gamma"})
    assert (created.status_code, created.headers["location"]) == (303, "/organizations?done=new")
    page = (await visits.get("/organizations?done=new")).text
    [gamma] = re.findall(r'value="([0-9a-f]{24})"[^>]*>Gamma GmbH', page)
    await visits.select(organization=gamma)

    refused = await visits.post("/settings/organization/edit", {"name": "Gamma AG", "country": "Germany"})
    assert (refused.status_code, 'id="edit-country-error"' in refused.text) == (422, True)
    assert (await visits.post("/settings/organization/edit", {"name": "Gamma AG", "country": ""})).status_code == 303
    assert "Gamma AG" in (await visits.get("/settings/organization")).text

    assert (await visits.post("/settings/organization/close")).status_code == 303
    assert (await visits.get("/settings/organization")).headers["location"] == "/organizations"


async def test_invoicing_is_changed_part_by_part(api: Api) -> None:
    visits = await at_work(api)
    company = {
        "companyName": "Example GmbH",
        "companyAddress.street": "Hauptstraße 1",
        "companyAddress.city": "Köln",
        "bankIBAN.plaintext": "DE89370400440532013000",
    }
    assert (await visits.post("/settings/invoicing/company", company)).status_code == 303
    general = {"enabled": "on", "legalTimeZone": "Europe/Vienna", "autoPaymentLinkExpiresInHours": ""}
    assert (await visits.post("/settings/invoicing/general", general)).status_code == 303

    page = (await visits.get("/settings/invoicing")).text
    for value in ("Example GmbH", "Hauptstraße 1", "Köln", "DE89370400440532013000", "Europe/Vienna"):
        assert f'value="{value}"' in page
    assert 'name="enabled" checked' in page
    assert 'name="autoGenerateInvoice" checked' not in page
    assert 'value="INV-"' in page

    odd = await visits.post("/settings/invoicing/general", general | {"legalTimeZone": "Mars/Olympus"})
    assert (odd.status_code, 'id="general-legalTimeZone-error"' in odd.text) == (422, True)


async def test_numbers_that_could_repeat_are_refused_at_their_field(api: Api) -> None:
    visits = await at_work(api)
    page = (await visits.get("/settings/invoicing")).text
    [form] = re.findall(r'action="/settings/invoicing/invoice-numbers".*?</form>', page, re.DOTALL)
    filled = dict(re.findall(r'name="(invoiceNumberLayout[^"]+)"[^>]*? value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        [filled[name]] = re.findall(r'value="([^"]+)" selected', options)
    assert len(filled) == 11
    assert (await visits.post("/settings/invoicing/invoice-numbers", filled)).status_code == 303

    refused = await visits.post(
        "/settings/invoicing/invoice-numbers", filled | {"invoiceNumberLayout.periodType": "none"}
    )
    assert refused.status_code == 422
    assert 'id="invoice-numbers-invoiceNumberLayout.resetPolicy-error"' in refused.text


async def test_electronic_invoices(api: Api) -> None:
    visits = await at_work(api)
    form = {
        "eInvoice.enabled": "on",
        "eInvoice.allowedFormats[zugferd]": "on",
        "eInvoice.sellerPeppolRoutingAddress.schemeId": "9930",
        "eInvoice.sellerPeppolRoutingAddress.value": "DE123456789",
    }
    assert (await visits.post("/settings/invoicing/e-invoices", form)).status_code == 303
    page = (await visits.get("/settings/invoicing")).text
    assert 'name="eInvoice.allowedFormats[zugferd]" checked' in page
    assert 'value="DE123456789"' in page
    assert (await visits.post("/settings/invoicing/e-invoices", {})).status_code == 303
    assert 'value="DE123456789"' not in (await visits.get("/settings/invoicing")).text


async def test_passkeys_and_sessions_of_a_person(api: Api) -> None:
    visits = await at_work(api, "viewer")
    phone = Passkey(origin=ORIGIN)
    begun = (await visits.script("/account/passkeys/begin", {})).json()
    credential = phone.register(begun["publicKey"])
    body = {"ceremonyId": begun["ceremonyId"], "credential": credential, "label": "Phone"}
    assert (await visits.script("/account/passkeys/complete", body)).status_code == 201
    page = (await visits.get("/account")).text
    assert ("Phone" in page, "This session" in page) == (True, True)

    renamed = await visits.post(f"/account/passkeys/{phone.id}/rename", {"label": "Red phone"})
    assert (renamed.status_code, renamed.headers["location"]) == (303, "/account?done=rename")
    other = Visits(api, passkey=phone)
    await other.sign_in()
    assert "Red phone" in (await other.get("/account")).text
    [own] = [place for place in addresses((await other.get("/account")).text) if place.endswith("/end")]
    assert (await other.post(own)).status_code == 303
    assert (await visits.get("/account")).headers["location"].startswith("/sign-in")

    assert (await other.post(f"/account/passkeys/{visits.passkey.id}/remove")).status_code == 303
    last = await other.post(f"/account/passkeys/{phone.id}/remove")
    assert (last.status_code, 'role="alert"' in last.text) == (409, True)
    assert (await other.post("/account/sign-out-everywhere")).headers["location"] == "/sign-in"
    assert other.cookies == {}


async def test_passkeys_need_a_fresh_sign_in(api: Api) -> None:
    visits = await at_work(api, "viewer")
    clock = FrozenClock(api.tenancy.clock.now())
    object.__setattr__(api.tenancy, "clock", clock)
    clock.advance(FRESH_LIFETIME)
    refused = await visits.script("/account/passkeys/begin", {})
    assert (refused.status_code, refused.json()["code"]) == (401, "FRESH_SIGN_IN_REQUIRED")
    page = await visits.post(f"/account/passkeys/{visits.passkey.id}/remove")
    assert (page.status_code, 'href="/sign-in?next=/account"' in page.text) == (401, True)
    visits.cookies.clear()
    assert (await visits.script("/account/passkeys/begin", {})).json()["code"] == "SESSION_INVALID"


async def test_an_invitation_to_a_further_organization_is_accepted(api: Api) -> None:
    visits = await at_work(api, "viewer")
    other = await api.organization("Other GmbH")
    body = {"email": "viewer@example.com", "role": "support"}
    invited = await api.ask("POST", f"/organizations/{other}/members", api.system_key, body)
    wrong = await visits.post("/account/accept", {"token": ""})
    assert (wrong.status_code, 'id="accept-token-error"' in wrong.text) == (422, True)
    assert (await visits.post("/account/accept", {"token": invited.json()["token"]})).status_code == 303
    assert "Other GmbH" in (await visits.get("/organizations")).text


async def test_keys_are_rotated_and_their_state_shown(api: Api) -> None:
    visits = await at_work(api)
    page = texts(await visits.get("/settings/encryption"))
    assert "Invoices and credit notes" in page
    form = {"mode": "full", "purposes[operational]": "on", "key": "form-of-the-rotation"}
    assert (await visits.post("/settings/encryption/rotate", form)).headers["location"].endswith("?done=rotate")
    page = (await visits.get("/settings/encryption")).text
    assert ("Values encrypted again" in page, "<progress" in page) == (True, True)

    service = {"kms": "vault", "keyId": "gateway", "endpoint": "", "credentials.token": ""}
    refused = await visits.post("/settings/encryption/service", service)
    assert refused.status_code == 422
    assert re.search(r'id="service-[^"]+-error"', refused.text)
    assert "/settings/encryption/shred" not in page


async def test_the_check_of_the_audit_log_finds_a_changed_entry(api: Api) -> None:
    visits = await at_work(api)
    await visits.post("/members/new", {"email": "new@example.com", "role": "viewer"})
    assert "/settings/audit-check" in (await visits.get("/audit?action=member.invite")).text
    assert "Yes" in texts(await visits.get("/settings/audit-check"))
    await api.db.audit_log.update_one({"action": "member.invite"}, {"$set": {"object_id": "other"}})
    page = texts(await visits.get("/settings/audit-check"))
    assert ("No" in page, "was changed" in page) == (True, True)


async def test_a_check_that_takes_too_long_is_said_on_a_page(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = await at_work(api)

    async def endless(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(api.deps.chain_checks, "_walk", endless)
    monkeypatch.setattr(console_api, "DEADLINE_S", 0.5)
    page = await visits.get("/settings/audit-check")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "Not available at the moment" in texts(page)


async def test_an_operator_runs_the_installation_without_an_organization(api: Api) -> None:
    visits = await operator(api)
    assert 'href="/operators"' in (await visits.get("/settings")).text
    form = {"email": "second@example.com", "key": "form-of-the-operator"}
    assert len(secrets_of((await visits.post("/operators/new", form)).text)) == 2
    rows = re.findall(r'href="(/operators/[0-9a-f]{24})"', (await visits.get("/operators")).text)
    assert (await visits.post(f"{rows[0]}/remove")).headers["location"] == "/operators?done=remove"
    key = {"label": "Provisioning", "scopes[organization:read]": "on", "key": "form-of-the-system-key"}
    [text] = secrets_of((await visits.post("/system-keys/new", key)).text)
    assert text.startswith("sk_sys_")
    for path in ("/system-keys", "/installation-audit", "/settings/installation-encryption"):
        assert (await visits.get(path)).status_code == 200, path
    assert "Yes" in texts(await visits.get("/settings/installation-audit-check"))


@pytest.mark.parametrize("role", ["viewer", "support", "admin"])
async def test_each_role_finds_its_settings_and_every_forged_form_is_refused(api: Api, role: str) -> None:
    api.owners.answers |= settings_answers() | Messengers().answers
    organization_id = await api.organization()
    visits = await member(api, organization_id, role)
    shown = (await visits.get("/settings")).text
    for slug in SETTINGS_PAGES:
        status = (await visits.get(f"/settings/{slug}")).status_code
        assert status == (200 if f'href="/settings/{slug}"' in shown else 403), slug
    foreign = await api.organization("Other GmbH")
    for address in _forged(organization_id):
        answer = await visits.post(address, {"confirm": foreign, "reason": "forged"})
        assert answer.status_code in {403, 404}, address
    assert await api.db.organizations.count_documents({}) == 2


def _forged(organization_id: str) -> Iterator[str]:
    """Forms that only operators may send."""
    yield "/settings/organization/close"
    yield "/settings/encryption/shred"
    for slug in ("operators", "system-keys"):
        yield f"/{slug}/new"
        yield from (f"/{slug}/{organization_id}/{form.slug}" for form in OBJECT_PAGES[slug].forms)
    yield from (f"/settings/installation-encryption/{slug}" for slug in ("rotate", "service"))
