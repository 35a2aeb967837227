"""Members: invited, promoted, removed; the last admin stays; who runs the installation stands above."""

import asyncio
import json
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits

from admin_api.people.use_cases.accept_invitation import accept_invitation, find_invitation
from admin_api.people.use_cases.act_as_member import actor_for_member
from admin_api.shared.domain.roles import INSTALLATION
from gateway_contracts.errors import Unauthenticated
from gateway_contracts.ids import new_operation_id

pytestmark = pytest.mark.integration


async def invited(
    api: Api,
    organization: str,
    key: str,
    email: str,
    role: str = "admin",
    *,
    name: str = "Jane Doe",
    operation_id: str | None = None,
) -> Any:
    body = {"email": email, "name": name, "role": role}
    path = f"/organizations/{organization}/members"
    answer = await api.ask("POST", path, key, body, Idempotency_Key=operation_id or new_operation_id())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_member_is_invited_accepts_and_acts_by_role(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)

    made = await invited(api, organization, key, "Jane@Example.com", "support")

    assert made["member"]["email"] == "Jane@Example.com"
    assert (made["member"]["role"], made["member"]["state"]) == ("support", "invited")
    member = await find_invitation(made["token"], tenancy=api.tenancy)
    assert member.id == made["member"]["id"]
    active = await accept_invitation(made["token"], tenancy=api.tenancy)
    actor = actor_for_member(active, organization)
    assert (actor.subject_id, actor.role) == (member.person_id, "support")
    with pytest.raises(Unauthenticated):
        await accept_invitation(made["token"], tenancy=api.tenancy)
    listed = (await api.ask("GET", f"/organizations/{organization}/members?role=support", key)).json()
    assert (listed["total"], listed["members"][0]["state"]) == (1, "active")
    stored = json.dumps([await api.db[name].find().to_list() for name in ("members", "persons")], default=str)
    assert "xample" not in stored
    assert "Jane" not in stored
    assert made["token"] not in stored


async def test_one_person_in_two_organizations_and_once_in_each(api: Api) -> None:
    first, second = await api.organization(), await api.organization("Other")
    mine, theirs = await api.key(first, livemode=True), await api.key(second, livemode=True)

    one = await invited(api, first, mine, "jane@example.com")
    two = await invited(api, second, theirs, "JANE@example.com", "viewer")
    again = await api.ask(
        "POST", f"/organizations/{first}/members", mine, {"email": "jane@example.com", "role": "viewer"}
    )

    person = (await accept_invitation(one["token"], tenancy=api.tenancy)).person_id
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_MEMBER")
    assert [member.organization_id for member in await api.tenancy.members.of_person(person)] == [first, second]
    foreign = await api.ask("GET", f"/organizations/{first}/members/{two['member']['id']}", mine)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "MEMBER_NOT_FOUND")
    assert (await api.ask("GET", f"/organizations/{second}/members", mine)).status_code == 404


async def test_an_invitation_says_nothing_of_a_person_whom_another_organization_knows(api: Api) -> None:
    first, second = await api.organization(), await api.organization("Other")
    mine, theirs = await api.key(first, livemode=True), await api.key(second, livemode=True)
    known = await invited(api, first, mine, "jane@example.com")
    person = (await accept_invitation(known["token"], tenancy=api.tenancy)).person_id

    emails = ("JANE@example.com", "new@example.com")
    made = [await invited(api, second, theirs, email, name="By Hearsay") for email in emails]

    ids = [each["member"]["id"] for each in made]
    path = f"/organizations/{second}/members"
    listed = (await api.ask("GET", path, theirs)).json()["members"]
    shown = [each["member"] for each in made] + listed
    shown += [(await api.ask("GET", f"{path}/{each}", theirs)).json() for each in ids]
    shown += [(await api.ask("PUT", f"{path}/{each}", theirs, {"role": "viewer"})).json() for each in ids]
    shown += [(await api.ask("POST", f"{path}/{each}/invite", theirs)).json()["member"] for each in ids]
    assert {(each["email"], each["name"], each["personId"]) for each in shown} == {
        ("JANE@example.com", "By Hearsay", None),
        ("new@example.com", "By Hearsay", None),
    }
    for each in ids:
        assert (await api.ask("DELETE", f"{path}/{each}/sessions", theirs)).status_code == 204
        assert (await api.ask("DELETE", f"{path}/{each}", theirs)).status_code == 204
    entries = (await api.ask("GET", "/audit", theirs)).text
    assert ("member.invite" in entries, "personId" in entries, person in entries) == (True, False, False)


async def test_a_registration_shows_what_its_own_invitation_gave(api: Api) -> None:
    """Also of a person whom another organization invited, and who has no passkey yet."""
    first, second = await api.organization(), await api.organization("Other")
    await invited(api, first, await api.key(first, livemode=True), "jane@example.com")
    key = await api.key(second, livemode=True)
    made = await invited(api, second, key, "JANE@example.com", name="By Hearsay")

    begun = await Visits(api).script("/register/begin", {"token": made["token"]})

    user = begun.json()["publicKey"]["user"]
    assert (user["name"], user["displayName"]) == ("JANE@example.com", "By Hearsay")


async def test_who_accepted_an_invitation_is_shown_as_the_person_they_are(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    await invited(api, await api.organization("Other"), api.system_key, "jane@example.com")
    made = await invited(api, organization, key, "JANE@example.com", name="By Hearsay")

    accepted = await accept_invitation(made["token"], tenancy=api.tenancy)

    [member] = (await api.ask("GET", f"/organizations/{organization}/members", key)).json()["members"]
    person = (member["email"], member["name"], member["personId"])
    assert person == ("jane@example.com", "Jane Doe", accepted.person_id)
    assert (accepted.given_email, accepted.given_name) == (None, None)


async def test_an_invitation_of_an_earlier_version_shows_its_address_alone(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    await invited(api, organization, key, "jane@example.com")
    await api.db.members.update_many({}, {"$unset": {"given_email": "", "given_name": ""}})

    [member] = (await api.ask("GET", f"/organizations/{organization}/members", key)).json()["members"]

    assert (member["email"], member["name"], member["personId"]) == ("jane@example.com", None, None)


async def test_a_fresh_invitation_voids_the_one_before_and_a_repeated_request_does_not(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)

    made = await invited(api, organization, key, "jane@example.com", operation_id="i1")
    assert await invited(api, organization, key, "jane@example.com", operation_id="i1") == made
    path = f"/organizations/{organization}/members/{made['member']['id']}/invite"
    fresh = (await api.ask("POST", path, key)).json()
    with pytest.raises(Unauthenticated):
        await find_invitation(made["token"], tenancy=api.tenancy)
    await accept_invitation(fresh["token"], tenancy=api.tenancy)
    assert (await api.ask("POST", path, key)).json()["code"] == "INVITATION_ACCEPTED"


async def test_the_last_admin_neither_leaves_nor_steps_down_even_when_two_do_at_once(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    path = f"/organizations/{organization}/members"
    ids = []
    for email in ("one@example.com", "two@example.com"):
        made = await invited(api, organization, key, email)
        await accept_invitation(made["token"], tenancy=api.tenancy)
        ids.append(made["member"]["id"])

    answers = await asyncio.gather(
        api.ask("PUT", f"{path}/{ids[0]}", key, {"role": "viewer"}), api.ask("DELETE", f"{path}/{ids[1]}", key)
    )

    refused = [answer for answer in answers if answer.status_code == 409]
    assert [answer.json()["code"] for answer in refused] == ["LAST_ADMIN"]
    assert (await api.ask("GET", f"{path}?role=admin", key)).json()["total"] == 1


async def test_roles_are_changed_and_members_removed(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    made = await invited(api, organization, key, "jane@example.com", "viewer")
    path = f"/organizations/{organization}/members/{made['member']['id']}"

    assert (await api.ask("PUT", path, key, {"role": "support"})).json()["role"] == "support"
    for role in ("global", "owner"):
        assert (await api.ask("PUT", path, key, {"role": role})).status_code == 422
    assert (await api.ask("DELETE", path, key)).status_code == 204
    assert (await api.ask("GET", path, key)).json()["code"] == "MEMBER_NOT_FOUND"
    with pytest.raises(Unauthenticated):
        await accept_invitation(made["token"], tenancy=api.tenancy)


async def test_operators_run_the_installation_and_the_last_one_stays(api: Api) -> None:
    made = (await api.ask("POST", "/system/operators", api.system_key, {"email": "ann@example.com"})).json()
    operator = await accept_invitation(made["token"], tenancy=api.tenancy)

    assert operator.is_global
    assert actor_for_member(operator, INSTALLATION).allows("organization:create")
    listed = (await api.ask("GET", "/system/operators", api.system_key)).json()
    assert [(row["role"], row["email"]) for row in listed["members"]] == [("global", "ann@example.com")]
    last = await api.ask("DELETE", f"/system/operators/{operator.id}", api.system_key)
    assert (last.status_code, last.json()["code"]) == (409, "LAST_ADMIN")
    other = (await api.ask("POST", "/system/operators", api.system_key, {"email": "bob@example.com"})).json()
    await accept_invitation(other["token"], tenancy=api.tenancy)
    assert (await api.ask("DELETE", f"/system/operators/{operator.id}", api.system_key)).status_code == 204
