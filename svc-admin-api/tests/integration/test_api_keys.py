"""API keys of both tiers: limits, ends, rotation, and that no caller gains rights."""

import json
from datetime import timedelta

import pytest
from admin_world import Api

pytestmark = pytest.mark.integration


def key_id(text: str) -> str:
    return text.split("_")[2].split(".")[0]


async def test_a_revoked_key_is_refused_by_the_very_next_request_on_every_instance(api: Api) -> None:
    organization = await api.organization()
    admin = await api.key(organization)
    instances = (api.http, api.other_instance)

    for revoking in instances:
        key = await api.key(organization, "site:read")
        # Both have just used it: whatever they might remember of it, they remember now.
        assert [(await api.ask("GET", "/sites", key, client=each)).status_code for each in instances] == [200, 200]
        path = f"/organizations/{organization}/api-keys/{key_id(key)}/revoke"
        assert (await api.ask("POST", path, admin, client=revoking)).status_code == 200
        assert [(await api.ask("GET", "/sites", key, client=each)).status_code for each in instances] == [401, 401]


async def test_less_scopes_and_a_deletion_are_felt_at_once_too(api: Api) -> None:
    organization = await api.organization()
    admin, key = await api.key(organization), await api.key(organization, "site:read")
    path = f"/organizations/{organization}/api-keys/{key_id(key)}"

    await api.ask("GET", "/sites", key, client=api.other_instance)
    changed = await api.ask("PATCH", path, admin, {"scopes": ["client:read"], "label": "Less"})
    assert (changed.json()["scopes"], changed.json()["label"]) == (["client:read"], "Less")
    assert (await api.ask("GET", "/sites", key, client=api.other_instance)).json()["code"] == "MISSING_SCOPE"
    assert (await api.ask("DELETE", path, admin)).status_code == 204
    assert (await api.ask("GET", "/clients", key, client=api.other_instance)).json()["code"] == "INVALID_API_KEY"
    assert (await api.ask("GET", path, admin)).json()["code"] == "API_KEY_NOT_FOUND"
    assert await api.db.api_keys.find_one({"_id": key_id(key)}) is None


async def test_a_key_is_limited_to_addresses_that_only_the_trusted_proxy_tells(api: Api) -> None:
    organization = await api.organization()
    admin = await api.key(organization)
    key = await api.key(organization, "site:read", ipAllowList=["203.0.113.0/24", "2001:db8::/32"])

    for address, status in (("203.0.113.9", 200), ("2001:db8::5", 200), ("203.0.114.1", 403), ("not-an-address", 403)):
        answer = await api.ask("GET", "/sites", key, X_Real_IP=address)
        assert answer.status_code == status, address
    assert (await api.ask("GET", "/sites", key)).json()["code"] == "ADDRESS_NOT_ALLOWED"
    forged = await api.ask("GET", "/sites", key, client=api.stranger, X_Real_IP="203.0.113.9")
    assert (forged.status_code, forged.json()["code"]) == (403, "ADDRESS_NOT_ALLOWED")
    # A wrong secret learns nothing about the list.
    wrong = await api.ask("GET", "/sites", key[:-1] + ("a" if key[-1] != "a" else "b"))
    assert wrong.json()["code"] == "INVALID_API_KEY"
    path = f"/organizations/{organization}/api-keys/{key_id(key)}"
    assert (await api.ask("PATCH", path, admin, {"ipAllowList": []})).json()["ipAllowList"] == []
    assert (await api.ask("GET", "/sites", key)).status_code == 200
    refused = await api.ask("PATCH", path, admin, {"ipAllowList": ["10.0.0.1/8"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "NETWORK_INVALID")


async def test_a_key_ends_when_it_expires(api: Api) -> None:
    organization = await api.organization()
    admin = await api.key(organization)
    key = await api.key(organization, "site:read", expiresAt="2099-01-01T00:00:00Z")
    path = f"/organizations/{organization}/api-keys"

    assert (await api.ask("GET", "/sites", key)).status_code == 200
    await api.ask("PATCH", f"{path}/{key_id(key)}", admin, {"expiresAt": "2020-01-01T00:00:00Z"})
    assert (await api.ask("GET", "/sites", key)).json()["code"] == "INVALID_API_KEY"
    await api.ask("PATCH", f"{path}/{key_id(key)}", admin, {"expiresAt": None})
    assert (await api.ask("GET", "/sites", key)).status_code == 200
    late = await api.ask("POST", path, admin, {"label": "x", "scopes": ["*:*"], "expiresAt": "2020-01-01T00:00:00Z"})
    assert (late.status_code, late.json()["code"]) == (422, "EXPIRY_IN_THE_PAST")


async def test_last_use_is_written_at_most_once_a_minute(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, "site:read")

    for client in (api.http, api.other_instance, api.http):
        await api.ask("GET", "/sites", key, client=client)
    first = (await api.db.api_keys.find_one({"_id": key_id(key)}))["last_used_at"]
    assert first is not None
    stored = await api.tenancy.api_keys.presented(key_id(key))
    assert stored is not None
    assert not stored.is_use_worth_noting(first + timedelta(seconds=59))
    later = first + timedelta(seconds=60)
    assert stored.is_use_worth_noting(later)
    await api.tenancy.api_keys.note_use(stored, later)
    # Another process noticed the same minute, and comes second.
    await api.tenancy.api_keys.note_use(stored, later + timedelta(seconds=1))
    assert (await api.db.api_keys.find_one({"_id": key_id(key)}))["last_used_at"] == later


async def test_role_and_scope_are_both_enforced(api: Api) -> None:
    organization = await api.organization()
    viewer = await api.key(organization, role="viewer")
    support = await api.key(organization, role="support")
    keys = f"/organizations/{organization}/api-keys"

    assert (await api.ask("GET", "/sites", viewer)).status_code == 200
    for key, verb, path, body in (
        (viewer, "POST", "/clients", {"name": "x"}),
        (viewer, "GET", keys, None),
        (support, "POST", "/sites", {"name": "x"}),
        (support, "GET", keys, None),
        (support, "GET", f"/organizations/{organization}/members", None),
    ):
        answer = await api.ask(verb, path, key, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE"), path
    assert (await api.ask("POST", "/clients", support, {"name": "x"})).status_code == 201
    answer = await api.ask("GET", "/audit", support)
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_ROLE")


async def test_a_key_cannot_take_over_a_key_that_may_do_more(api: Api) -> None:
    organization = await api.organization()
    strong = await api.key(organization)
    weak = await api.key(organization, "api_key:*")
    live = await api.key(organization, "api_key:*", livemode=True)
    keys = f"/organizations/{organization}/api-keys"

    for verb, path, body in (
        ("POST", f"{keys}/{key_id(strong)}/rotate", None),
        ("PATCH", f"{keys}/{key_id(strong)}", {"ipAllowList": []}),
        ("PATCH", f"{keys}/{key_id(weak)}", {"scopes": ["*:*"]}),
    ):
        answer = await api.ask(verb, path, weak, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_NOT_GRANTABLE"), path
    for verb, path in (("GET", ""), ("POST", "/rotate"), ("POST", "/revoke"), ("DELETE", "")):
        answer = await api.ask(verb, f"{keys}/{key_id(weak)}{path}", live)
        assert (answer.status_code, answer.json()["code"]) == (404, "API_KEY_NOT_FOUND"), path
    assert (await api.ask("GET", keys, live)).json()["total"] == 1


async def test_system_keys_are_made_limited_rotated_and_revoked(api: Api) -> None:
    made = await api.ask(
        "POST", "/system/api-keys", api.system_key, {"label": "Reader", "scopes": ["organization:read"]}
    )
    key = made.json()["key"]

    assert key.startswith("sk_sys_")
    assert (await api.ask("GET", "/organizations", key)).status_code == 200
    answer = await api.ask("POST", "/organizations", key, {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE")
    assert (await api.ask("GET", "/system/api-keys", key)).json()["code"] == "MISSING_SCOPE"
    assert (await api.ask("GET", "/system/api-keys", api.system_key)).json()["total"] == 2
    path = f"/system/api-keys/{made.json()['id']}"
    rotated = (await api.ask("POST", f"{path}/rotate", api.system_key, {"overlapHours": 0})).json()["key"]
    assert [(await api.ask("GET", "/organizations", text)).status_code for text in (key, rotated)] == [401, 200]
    assert (await api.ask("PATCH", path, api.system_key, {"label": "New"})).json()["label"] == "New"
    wrong = await api.ask("PATCH", path, api.system_key, {"scopes": ["site:read"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "UNKNOWN_SCOPE")
    assert (await api.ask("POST", f"{path}/revoke", api.system_key)).json()["revokedAt"] is not None
    assert (await api.ask("GET", "/organizations", rotated)).status_code == 401
    assert (await api.ask("DELETE", path, api.system_key)).status_code == 204
    assert (await api.ask("GET", path, api.system_key)).status_code == 404


async def test_the_tiers_do_not_mix(api: Api) -> None:
    organization = await api.organization()
    own = await api.key(organization)

    for verb, path, body in (
        ("GET", "/system/api-keys", None),
        ("POST", "/system/api-keys", {"label": "x", "scopes": ["organization:*"]}),
        ("GET", "/system/operators", None),
        ("GET", "/system/audit", None),
        ("GET", "/organizations", None),
        ("DELETE", f"/organizations/{organization}", None),
    ):
        answer = await api.ask(verb, path, own, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "SYSTEM_KEY_REQUIRED"), path
    # A system key is not a key of an organization, and the other way round.
    identifier = key_id(api.system_key)
    assert (await api.ask("GET", f"/organizations/{organization}/api-keys/{identifier}", own)).status_code == 404
    assert (await api.ask("GET", f"/system/api-keys/{key_id(own)}", api.system_key)).status_code == 404


async def test_no_secret_is_stored(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization)
    await api.ask("POST", f"/organizations/{organization}/api-keys/{key_id(key)}/rotate", key)

    names = await api.db.list_collection_names()
    stored = json.dumps([await api.db[name].find().to_list() for name in names], default=str)
    assert key.split(".")[1] not in stored
    assert api.system_key.split(".")[1] not in stored
