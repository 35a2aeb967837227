"""A refused key is a security event: in the log, and in the audit log of the organization whose key it is."""

from typing import Any

import pytest
from admin_world import Api
from structlog.testing import capture_logs
from structlog.typing import EventDict

from admin_api.shared.domain.refusal import REPORT_PAUSE
from admin_api.shared.use_cases.report_refusals import report_refusals
from gateway_kit.crypto.api_keys import new_api_key, parse_api_key
from gateway_testkit.clock import FrozenClock

pytestmark = pytest.mark.integration

ADDRESS = "203.0.113.77"


def key_id(text: str) -> str:
    return text.split("_")[2].split(".")[0]


def sibling(text: str) -> str:
    """A well-formed key of the same id with another secret."""
    known = parse_api_key(text)
    assert known is not None
    return str(new_api_key(known.mode, known.key_id))


async def report(api: Api) -> list[EventDict]:
    with capture_logs() as lines:
        await report_refusals(api.deps.refusals, tenancy=api.deps.tenancy)
    return [line for line in lines if line["event"] == "security.key_refused"]


async def refused(api: Api, admin: str) -> list[dict[str, Any]]:
    answer = await api.ask("GET", "/audit?action=api_key.refused", admin)
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


async def test_guessing_at_a_key_is_reported_to_its_organization(api: Api) -> None:
    organization = await api.organization()
    admin, key = await api.key(organization), await api.key(organization, "site:read")
    await report(api)

    for _ in range(5):
        answer = await api.ask("GET", "/sites", sibling(key), X_Real_IP=ADDRESS, X_Request_ID="req-of-a-guess")
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_API_KEY")
    assert await refused(api, admin) == [], "nothing is written while a caller waits for an answer"
    [line] = await report(api)

    assert (line["reason"], line["key_id"], line["organization_id"]) == ("wrong_secret", key_id(key), organization)
    assert line["count"] == 5
    assert ADDRESS not in str(line), "addresses are personal data"
    [entry] = await refused(api, admin)
    assert (entry["actorKind"], entry["objectId"], entry["objectType"]) == ("anonymous", key_id(key), "api_key")
    assert (entry["address"], entry["requestId"]) == (ADDRESS, "req-of-a-guess")
    assert entry["changes"] == {"reason": {"from": None, "to": "wrong_secret"}, "count": {"from": None, "to": 5}}


async def test_every_reason_has_its_name_and_one_answer(api: Api) -> None:
    organization = await api.organization()
    admin = await api.key(organization)
    path = f"/organizations/{organization}/api-keys"
    revoked = await api.key(organization, "site:read")
    expired = await api.key(organization, "site:read", expiresAt="2099-01-01T00:00:00Z")
    elsewhere = await api.key(organization, "site:read", ipAllowList=["198.51.100.0/24"])
    await api.ask("POST", f"{path}/{key_id(revoked)}/revoke", admin)
    await api.ask("PATCH", f"{path}/{key_id(expired)}", admin, {"expiresAt": "2020-01-01T00:00:00Z"})
    await report(api)

    answers = [await api.ask("GET", "/sites", text) for text in (revoked, expired, "sk_test_nonsense")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "INVALID_API_KEY")}
    assert (await api.ask("GET", "/sites", elsewhere)).json()["code"] == "ADDRESS_NOT_ALLOWED"

    assert {line["reason"] for line in await report(api)} == {"revoked", "expired", "malformed", "address_not_allowed"}
    assert {entry["changes"]["reason"]["to"] for entry in await refused(api, admin)} == {
        "revoked",
        "expired",
        "address_not_allowed",
    }


async def test_an_attack_writes_little(api: Api) -> None:
    clock = FrozenClock(api.tenancy.clock.now())
    object.__setattr__(api.tenancy, "clock", clock)
    organization = await api.organization()
    admin, key = await api.key(organization), await api.key(organization, "site:read")

    for _ in range(20):
        await api.ask("GET", "/sites", sibling(key))
        await report_refusals(api.deps.refusals, tenancy=api.tenancy)
    assert len(await refused(api, admin)) == 1
    clock.advance(REPORT_PAUSE)
    await report_refusals(api.deps.refusals, tenancy=api.tenancy)

    counts = [entry["changes"]["count"]["to"] for entry in await refused(api, admin)]
    assert counts == [19, 1]
