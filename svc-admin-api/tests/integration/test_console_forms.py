"""Forms of the console over HTTP: what they send, what they show again, and what is refused."""

import re

import pytest
from admin_world import Api
from console_visits import Visits, member, texts

pytestmark = pytest.mark.integration
NEW_KEY = {"label": "Shop server", "role": "support", "scopes[checkout:create]": "on", "key": "the-key-of-this-form"}


async def admin(api: Api) -> Visits:
    """An admin of an organization."""
    return await member(api, await api.organization(), "admin")


def key_id_of(text: str) -> str:
    """The middle part of a key's text."""
    return text.split("_")[2].partition(".")[0]


async def created_key(visits: Visits, **changes: str) -> str:
    """The id of a new API key."""
    page = await visits.post("/api-keys/new", NEW_KEY | changes)
    assert page.status_code == 200, page.text
    [text] = re.findall(r'value="(sk_[^"]+)"', page.text)
    return key_id_of(text)


async def test_a_key_is_created_once_and_its_text_is_shown_once(api: Api) -> None:
    visits = await admin(api)
    assert 'href="/api-keys/new"' in (await visits.get("/api-keys")).text
    assert 'name="scopes[checkout:create]"' in (await visits.get("/api-keys/new")).text

    pages = [await visits.post("/api-keys/new", NEW_KEY) for _ in range(2)]

    [first, second] = [re.findall(r'value="(sk_test_[^"]+)"', page.text) for page in pages]
    assert first == second
    assert pages[0].headers["cache-control"] == "no-store"
    assert await api.db.api_keys.count_documents({"label": "Shop server"}) == 1
    key_id = key_id_of(first[0])
    page = await visits.get(f"/api-keys/{key_id}")
    assert "checkout:create" in texts(page)
    assert first[0] not in page.text


async def test_a_key_is_changed_with_its_present_values_in_the_form(api: Api) -> None:
    visits = await admin(api)
    key_id = await created_key(visits, ipAllowList="198.51.100.0/25\r\n198.51.100.1", expiresAt="2090-01-31T12:00")
    page = (await visits.get(f"/api-keys/{key_id}")).text
    assert "198.51.100.0/25\n198.51.100.1" in page
    assert 'value="2090-01-31T12:00"' in page
    assert 'name="scopes[checkout:create]" checked' in page

    form = {"label": "Other", "scopes[site:read]": "on", "ipAllowList": "", "expiresAt": ""}
    answer = await visits.post(f"/api-keys/{key_id}/edit", form)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/api-keys/{key_id}?done=edit")
    shown = texts(await visits.get(answer.headers["location"]))
    assert "Other" in shown
    assert "198.51.100" not in shown


async def test_an_error_of_the_api_stands_at_its_field(api: Api) -> None:
    visits = await admin(api)
    key_id = await created_key(visits)
    form = {"label": "Other", "scopes[site:read]": "on", "ipAllowList": "203.0.113.1\r\nnowhere"}
    refused = await visits.post(f"/api-keys/{key_id}/edit", form)
    assert refused.status_code == 422
    assert 'id="edit-ipAllowList-error"' in refused.text
    assert 'aria-describedby="edit-ipAllowList-hint edit-ipAllowList-error"' in refused.text
    assert "nowhere</textarea>" in refused.text
    without = await visits.post("/api-keys/new", NEW_KEY | {"label": ""})
    assert (without.status_code, 'id="new-label-error"' in without.text) == (422, True)


async def test_a_key_is_rotated_revoked_and_deleted(api: Api) -> None:
    visits = await admin(api)
    key_id = await created_key(visits)
    rotated = await visits.post(f"/api-keys/{key_id}/rotate", {"overlapHours": "0", "key": "form-of-rotation"})
    assert f"sk_test_{key_id}." in rotated.text
    assert (await visits.post(f"/api-keys/{key_id}/revoke", {"key": "form-of-revocation"})).status_code == 303
    page = await visits.get(f"/api-keys/{key_id}")
    assert f"/api-keys/{key_id}/revoke" not in page.text
    gone = await visits.post(f"/api-keys/{key_id}/delete")
    assert (gone.status_code, gone.headers["location"]) == (303, "/api-keys?done=delete")
    assert (await visits.get(f"/api-keys/{key_id}")).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "support"])
async def test_forms_that_the_role_may_not_send_are_not_shown_and_refused(api: Api, role: str) -> None:
    organization_id = await api.organization()
    key_id = await created_key(await member(api, organization_id, "admin"))
    visits = await member(api, organization_id, role)
    assert (await visits.get("/api-keys/new")).status_code == 403
    assert (await visits.post("/api-keys/new", NEW_KEY)).status_code == 403
    assert (await visits.post(f"/api-keys/{key_id}/revoke")).status_code == 403


async def test_paths_that_lead_out_of_the_api_are_none(api: Api) -> None:
    visits = await admin(api)
    for path in ("/api-keys/..%2f..", "/api-keys/a.b", "/settings/unknown", "/payments/new", "/sites/unknown/form"):
        assert (await visits.get(path)).status_code in {404, 405}, path
