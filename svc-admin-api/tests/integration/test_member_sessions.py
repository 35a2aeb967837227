"""An admin ends the sessions of a member: in the own organization, and nowhere else."""

from typing import Any

import pytest
from admin_world import Api
from people_world import ORIGIN, invited, joined, member, newcomer

from admin_api.people.domain.session import FRESH_LIFETIME
from gateway_testkit.authenticator import Passkey
from gateway_testkit.clock import FrozenClock
from gateway_testkit.people import PersonAtWork, register

pytestmark = pytest.mark.integration


async def is_alive(person: PersonAtWork) -> bool:
    return (await person.ask("GET", "/auth/login/check")).status_code == 200


async def test_an_admin_ends_all_sessions_of_a_member(api: Api) -> None:
    organization_id = await api.organization()
    boss, _ = await member(api, organization_id, "admin", "boss@example.com")
    jane, path = await member(api, organization_id, "support", "jane@example.com")
    phone = PersonAtWork(jane.send, jane.role, jane.passkey)
    await phone.sign_in()

    assert (await boss.ask("DELETE", path)).status_code == 204

    for device in (jane, phone):
        assert (await device.ask("GET", f"/organizations/{organization_id}")).status_code == 401
        assert (await device.ask("POST", "/auth/refresh-token")).status_code == 401
        assert (await device.ask("POST", "/auth/passkeys")).status_code == 401
    assert await is_alive(boss)
    await jane.sign_in()
    assert (await jane.ask("GET", f"/organizations/{organization_id}")).status_code == 200


async def test_it_is_written_down_and_may_be_repeated(api: Api) -> None:
    organization_id = await api.organization()
    boss, own = await member(api, organization_id, "admin", "boss@example.com")
    jane, path = await member(api, organization_id, "viewer", "jane@example.com")
    for _ in range(2):
        assert (await boss.ask("DELETE", path)).status_code == 204

    entries = (await boss.ask("GET", "/audit?action=member.end_sessions")).json()["entries"]
    assert [entry["objectId"] for entry in entries] == [path.split("/")[4]] * 2
    assert list(entries[0]["changes"]) == ["personId"]
    reasons = {row["end_reason"] async for row in api.db.operator_sessions.find({"ended_at": {"$ne": None}})}
    assert reasons == {"ended_by_admin"}
    assert not await is_alive(jane)
    # Their own as well: everybody's of that membership means everybody's.
    assert (await boss.ask("DELETE", own)).status_code == 204
    assert not await is_alive(boss)


async def test_sessions_live_on_for_other_organizations(api: Api) -> None:
    first, second = await api.organization("First"), await api.organization("Second")
    boss, _ = await member(api, first, "admin", "boss@example.com")
    jane, path = await member(api, first, "support", "jane@example.com")
    await joined(api, jane, second, "jane@example.com")

    answer = await boss.ask("DELETE", path)

    assert (answer.status_code, answer.text) == (204, ""), "as for who works nowhere else"
    for route in (f"/organizations/{first}", f"/organizations/{first}/members"):
        refused = await jane.ask("GET", route)
        assert (refused.status_code, refused.json()["code"]) == (401, "SIGN_IN_AGAIN")
    assert (await jane.ask("GET", f"/organizations/{second}")).status_code == 200
    # A refresh is no new sign-in.
    jane.keep(await jane.ask("POST", "/auth/refresh-token"))
    assert (await jane.ask("GET", f"/organizations/{first}")).status_code == 401
    assert (await jane.ask("GET", f"/organizations/{second}")).status_code == 200
    check = (await jane.ask("GET", "/auth/login/check")).json()["person"]["memberships"]
    assert {row["organizationId"]: row["signInAgain"] for row in check} == {first: True, second: False}

    await jane.sign_in()
    assert (await jane.ask("GET", f"/organizations/{first}")).status_code == 200


async def test_a_thief_of_such_a_session_cannot_come_back_with_a_passkey(api: Api) -> None:
    first, second = await api.organization("First"), await api.organization("Second")
    jane, path = await member(api, first, "support", "jane@example.com")
    await joined(api, jane, second, "jane@example.com")
    begun = await jane.begin("/auth/passkeys")
    thief = Passkey(origin=ORIGIN)
    late = {"ceremonyId": begun["ceremonyId"], "credential": thief.register(begun["publicKey"])}
    boss, _ = await member(api, first, "admin", "boss@example.com")
    assert (await boss.ask("DELETE", path)).status_code == 204

    attempts: list[tuple[str, str, Any]] = [
        ("POST", "/auth/passkeys", None),
        ("POST", "/auth/passkeys/complete", late),
        ("DELETE", f"/auth/passkeys/{jane.passkey.id}", None),
        ("POST", "/auth/invitations/accept", {"token": "x" * 43}),
    ]
    for attempt in attempts:
        answer = await jane.ask(*attempt)
        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_IN_AGAIN"), attempt[1]
    assert (await jane.ask("GET", "/auth/passkeys")).status_code == 200
    await jane.sign_in()
    assert (await jane.ask("POST", "/auth/passkeys")).status_code == 200


async def test_passkeys_change_in_a_fresh_session_only(api: Api) -> None:
    """A session that was stolen later cannot make itself last."""
    jane, _ = await member(api, await api.organization(), "viewer", "jane@example.com")
    clock = FrozenClock(api.tenancy.clock.now())
    object.__setattr__(api.tenancy, "clock", clock)
    begun = await jane.begin("/auth/passkeys")
    late = {"ceremonyId": begun["ceremonyId"], "credential": Passkey(origin=ORIGIN).register(begun["publicKey"])}

    clock.advance(FRESH_LIFETIME)
    jane.keep(await jane.ask("POST", "/auth/refresh-token"))
    attempts: list[tuple[str, str, Any]] = [
        ("POST", "/auth/passkeys", None),
        ("POST", "/auth/passkeys/complete", late),
        ("DELETE", f"/auth/passkeys/{jane.passkey.id}", None),
    ]
    for attempt in attempts:
        answer = await jane.ask(*attempt)
        assert (answer.status_code, answer.json()["code"]) == (401, "FRESH_SIGN_IN_REQUIRED"), attempt[1]
    assert await is_alive(jane)
    await jane.sign_in()
    assert (await jane.ask("POST", "/auth/passkeys")).status_code == 200


async def test_an_invitation_elsewhere_protects_no_one(api: Api) -> None:
    """Else a thief's friends would invite the person, and the session would live on."""
    organization_id, elsewhere = await api.organization(), await api.organization("Elsewhere")
    boss, _ = await member(api, organization_id, "admin", "boss@example.com")
    jane, path = await member(api, organization_id, "support", "jane@example.com")
    invitation = await invited(api, f"/organizations/{elsewhere}/members", "jane@example.com", "admin")

    # Nor does it give its sender control over the person's sessions.
    foreign = f"/organizations/{elsewhere}/members/{invitation['member']['id']}/sessions"
    key = await api.key(elsewhere, livemode=True)
    assert (await api.ask("DELETE", foreign, key)).status_code == 204
    assert (await jane.ask("GET", f"/organizations/{organization_id}")).status_code == 200

    assert (await boss.ask("DELETE", path)).status_code == 204
    assert not await is_alive(jane)


async def test_only_admins_and_only_of_that_organization(api: Api) -> None:
    organization_id, other = await api.organization(), await api.organization("Other")
    jane, path = await member(api, organization_id, "support", "jane@example.com")
    viewer, _ = await member(api, organization_id, "viewer", "viewer@example.com")
    stranger, _ = await member(api, other, "admin", "stranger@example.com")
    member_id = path.split("/")[4]
    own = f"/organizations/{other}/members/{member_id}/sessions"

    refused = [(viewer, path, 403), (jane, path, 403), (stranger, path, 404), (stranger, own, 404)]
    for person, where, status in refused:
        assert (await person.ask("DELETE", where)).status_code == status
    assert (await stranger.ask("DELETE", f"/system/operators/{member_id}/sessions")).status_code == 403
    assert await is_alive(jane)


async def test_an_operator_ends_sessions_of_any_person_everywhere(api: Api) -> None:
    first, second = await api.organization("First"), await api.organization("Second")
    jane, path = await member(api, first, "support", "jane@example.com")
    await joined(api, jane, second, "jane@example.com")
    olga = await register(
        newcomer(api, "global"), (await invited(api, "/system/operators", "olga@example.com"))["token"]
    )
    assert (await olga.ask("DELETE", path)).status_code == 204
    assert not await is_alive(jane)

    otto = await invited(api, "/system/operators", "otto@example.com")
    other = await register(newcomer(api, "global"), otto["token"])
    ended = await olga.ask("DELETE", f"/system/operators/{otto['member']['id']}/sessions")
    assert ended.status_code == 204
    assert not await is_alive(other)
    entry = await api.db.audit_log.find_one({"action": "member.end_sessions", "organization_id": ""})
    assert entry["object_id"] == otto["member"]["id"]


async def test_an_operator_who_is_a_member_too_stays_one(api: Api) -> None:
    """An organization decides about itself: not about who runs the installation."""
    organization_id = await api.organization()
    boss, _ = await member(api, organization_id, "admin", "boss@example.com")
    token = (await invited(api, "/system/operators", "olga@example.com"))["token"]
    olga = await register(newcomer(api, "global"), token)
    path = await joined(api, olga, organization_id, "olga@example.com")
    assert (await boss.ask("DELETE", path)).status_code == 204
    assert (await olga.ask("GET", "/system/operators")).status_code == 200
    assert (await olga.ask("GET", f"/organizations/{organization_id}")).status_code == 200
