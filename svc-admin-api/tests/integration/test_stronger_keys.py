"""A key never makes a stronger one, on no route: create, update, rotate, invite, change a role."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from admin_world import Api

pytestmark = pytest.mark.integration

NETWORKS = ["127.0.0.0/8"]
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
LATER = (SOON + timedelta(hours=1)).isoformat()
BOUND = {"ipAllowList": NETWORKS, "expiresAt": SOON.isoformat()}
FREE_KEY = {"label": "x", "scopes": ["site:read"]}


@pytest_asyncio.fixture
async def home(api: Api) -> str:
    return f"/organizations/{await api.organization()}"


async def made(api: Api, home: str, **fields: Any) -> dict[str, Any]:
    body = {"label": "k", "scopes": ["*:*"], "livemode": True, **fields}
    answer = await api.ask("POST", f"{home}/api-keys", api.system_key, body)
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"ipAllowList": NETWORKS}, "ADDRESSES_NOT_GRANTABLE"),
        ({"expiresAt": SOON.isoformat()}, "EXPIRY_NOT_GRANTABLE"),
    ],
)
async def test_a_limited_key_makes_and_takes_over_no_unlimited_one(
    api: Api, home: str, limit: dict[str, Any], code: str
) -> None:
    limited = await made(api, home, **limit)
    stronger = await made(api, home)
    path = f"{home}/api-keys"
    for verb, where, body in (
        ("POST", path, FREE_KEY),
        ("POST", f"{path}/{stronger['id']}/rotate", None),
        ("PATCH", f"{path}/{stronger['id']}", {"label": "mine"}),
        ("PATCH", f"{path}/{limited['id']}", {"ipAllowList": [], "expiresAt": None}),
    ):
        answer = await api.ask(verb, where, limited["key"], body)
        assert (answer.status_code, answer.json()["code"]) == (403, code), f"{verb} {where}"
    assert (await api.ask("POST", path, limited["key"], FREE_KEY | limit)).status_code == 201
    assert (await api.ask("PATCH", f"{path}/{limited['id']}", limited["key"], {"label": "same"})).status_code == 200
    assert (await api.ask("POST", f"{path}/{limited['id']}/rotate", limited["key"])).status_code == 200


async def test_a_part_of_the_addresses_and_an_earlier_end_are_granted(api: Api, home: str) -> None:
    limited = await made(api, home, **BOUND)
    path = f"{home}/api-keys"
    narrower = {"ipAllowList": ["127.0.0.1"], "expiresAt": (SOON - timedelta(minutes=1)).isoformat()}
    assert (await api.ask("POST", path, limited["key"], FREE_KEY | narrower)).status_code == 201
    for wider in ({"ipAllowList": ["127.0.0.1", "198.51.100.1"]}, {"expiresAt": LATER}):
        assert (await api.ask("POST", path, limited["key"], FREE_KEY | narrower | wider)).status_code == 403


async def test_a_replaced_text_passes_on_no_more_than_its_overlap(api: Api, home: str) -> None:
    old = await made(api, home)
    path = f"{home}/api-keys"
    assert (await api.ask("POST", f"{path}/{old['id']}/rotate", old["key"], {"overlapHours": 1})).status_code == 200

    for verb, where, body in (("POST", path, FREE_KEY), ("POST", f"{path}/{old['id']}/rotate", None)):
        answer = await api.ask(verb, where, old["key"], body)
        assert (answer.status_code, answer.json()["code"]) == (403, "EXPIRY_NOT_GRANTABLE")


@pytest.mark.parametrize(
    "fields", [{"ipAllowList": NETWORKS}, {"expiresAt": SOON.isoformat()}, {"scopes": ["organization:*"]}]
)
async def test_a_limited_key_gives_no_one_a_role(api: Api, home: str, fields: dict[str, Any]) -> None:
    key = (await made(api, home, **fields))["key"]
    whole = (await made(api, home))["key"]
    path = f"{home}/members"
    invited = await api.ask("POST", path, whole, {"email": "a@example.com", "role": "admin"})
    member = f"{path}/{invited.json()['member']['id']}"
    for verb, where, body in (
        ("POST", path, {"email": "b@example.com", "role": "admin"}),
        ("POST", f"{member}/invite", None),
        ("PUT", member, {"role": "support"}),
    ):
        answer = await api.ask(verb, where, key, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_NOT_GRANTABLE"), f"{verb} {where}"
    assert (await api.ask("DELETE", member, key)).status_code == 204


async def test_a_limited_system_key_makes_no_stronger_system_key_and_no_operator(api: Api) -> None:
    body = {"label": "s", "scopes": ["system:*", "organization:*", "api_key:*"], **BOUND}
    limited = (await api.ask("POST", "/system/api-keys", api.system_key, body)).json()["key"]
    assert (
        await api.ask("POST", "/system/api-keys", limited, {"label": "x", "scopes": ["system:*"]})
    ).status_code == 403
    answer = await api.ask("POST", "/system/operators", limited, {"email": "ops@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_NOT_GRANTABLE")
    assert (await api.ask("POST", "/system/api-keys", limited, body)).status_code == 201
