"""Sessions and passkeys belong to one person: every route below ``/auth`` × everybody who is not that person.

The rows come from the OpenAPI document of the running API. A new route is part of this without being named here if it
needs an access token; one that lives on another proof has to say which. Colleagues, admins and operators are strangers
here as well: no user sees or changes how another signs in.
"""

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio

from gateway_testkit.answers import visible_part
from gateway_testkit.people import REFRESH_COOKIE, PersonAtWork, fresh_address, sign_up
from gateway_testkit.stack import Stack
from gateway_testkit.tenants import Tenant, open_tenant, sign_up_people, system_key

PROOFS = {
    "POST /auth": "none: a challenge for any caller",
    "POST /auth/authenticate-complete": "passkey",
    "POST /auth/register": "token",
    "POST /auth/register-complete": "token and challenge",
    "POST /auth/refresh-token": "cookie",
    "POST /auth/logout": "cookie or access token",
}
"""What a route without an access token takes as proof of who asks."""
UNKNOWN = {"session_id": "65f0c0ffee65f0c0ffee65f0", "passkey_id": "A" * 43, "ceremonyId": "65f0c0ffee65f0c0ffee65f0"}
UNKNOWN |= {"token": "A" * 43}


@dataclass(frozen=True)
class Operation:
    """One row of the matrix."""

    verb: str
    path: str
    names: tuple[str, ...]
    fields: tuple[str, ...]
    needs_session: bool

    @property
    def name(self) -> str:
        return f"{self.verb} {self.path}"


@dataclass
class World:
    """One person, everybody else, and what that person owns by the name of the parameter that it stands for."""

    stack: Stack
    person: PersonAtWork
    strangers: dict[str, PersonAtWork]
    keys: dict[str, str]
    operations: list[Operation]
    tenant: Tenant
    ids: dict[str, str] = field(default_factory=dict)

    def rows(self, *, needs_session: bool) -> Iterator[Operation]:
        return (row for row in self.operations if row.needs_session is needs_session)

    def row(self, name: str) -> Operation:
        return next(row for row in self.operations if row.name == name)


def read_operations(document: dict[str, Any]) -> list[Operation]:
    """Everything below ``/auth``."""
    found, schemas = [], document["components"]["schemas"]
    for path, operations in document["paths"].items():
        short = path.removeprefix("/api/v1")
        for verb, operation in operations.items():
            if not short.startswith("/auth"):
                continue
            assert "x-required-scope" not in operation, f"{verb} {short}: what a person does alone has no scope"
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            reference = next((item["$ref"] for item in schema.get("anyOf", [schema]) if "$ref" in item), None)
            fields = schemas[reference.rpartition("/")[2]]["properties"] if reference else {}
            found.append(
                Operation(
                    verb=verb.upper(),
                    path=short,
                    names=tuple(item["name"] for item in operation.get("parameters", []) if item["in"] == "path"),
                    fields=tuple(fields),
                    needs_session=bool(operation.get("security")),
                )
            )
    return found


async def operator(stack: Stack) -> PersonAtWork:
    """Another operator of the installation."""
    async with stack.admin(system_key(stack)) as api:
        body = {"email": f"{secrets.token_hex(6)}@operator.example"}
        invited = await api.post("/api/v1/system/operators", json=body)
    assert invited.status_code == 201, invited.text
    return await sign_up(stack, invited.json()["token"], "global")


@pytest_asyncio.fixture(scope="module")
async def world(stack: Stack) -> AsyncIterator[World]:
    tenant, other = await open_tenant(stack, "People"), await open_tenant(stack, "Other people")
    await sign_up_people(tenant)
    await sign_up_people(other)
    person = tenant.people["support"]
    strangers = {f"colleague, {role}": who for role, who in tenant.people.items() if who is not person}
    strangers |= {f"elsewhere, {role}": who for role, who in other.people.items()}
    strangers["operator"] = await operator(stack)
    async with stack.admin() as api:
        document = (await api.get("/api/v1/openapi.json")).json()
    keys = {"own": tenant.key, "live": tenant.live_key, "foreign": other.key, "system": system_key(stack)}
    made = World(stack, person, strangers, keys, read_operations(document), tenant)
    [session] = (await person.ask("GET", "/auth/sessions")).json()["sessions"]
    made.ids = {"session_id": session["id"], "passkey_id": session["passkeyId"]}
    yield made
    await tenant.aclose()
    await other.aclose()


def test_every_route_says_what_proves_who_asks(world: World) -> None:
    assert {row.name for row in world.rows(needs_session=False)} == set(PROOFS)
    assert {name for row in world.operations for name in row.names} <= set(world.ids), "what a path names has an owner"
    assert sum(1 for _ in world.rows(needs_session=True)) >= 8


async def test_no_credential_and_keys_have_no_session(world: World) -> None:
    ended = await world.strangers["operator"].begin()  # a challenge is no credential either
    wrong = {"none": "", "malformed": "x", "key": f"sk_test_{'0' * 24}.{'A' * 43}", "challenge": ended["ceremonyId"]}
    for row in world.rows(needs_session=True):
        path, body = row.path.format(**world.ids), dict.fromkeys(row.fields, "x" * 43)
        answers = {
            name: await world.person.ask(row.verb, path, body or None, token=token, cookie="")
            for name, token in {**wrong, **world.keys}.items()
        }
        # The cookie refreshes and signs out; it opens nothing.
        answers["cookie"] = await world.person.ask(row.verb, path, body or None, token="", cookie=world.person.cookie)
        for name, answer in answers.items():
            assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_INVALID"), f"{row.name} by {name}"
            # A caller without a credential learns of the limit of an address.
            assert visible_part(answer)[:2] == visible_part(answers["none"])[:2], f"{row.name} by {name}"


async def test_what_belongs_to_another_user_is_not_there(world: World) -> None:
    for row in world.rows(needs_session=True):
        if not row.names:
            continue
        body = dict.fromkeys(row.fields, "x" * 43) or None
        for name, stranger in world.strangers.items():
            foreign, unknown = [
                await stranger.ask(row.verb, row.path.format(**ids), body)
                for ids in (world.ids, {**world.ids, **UNKNOWN})
            ]
            assert foreign.status_code == 404, f"{row.name} by {name}: {foreign.text}"
            assert visible_part(foreign) == visible_part(unknown), f"{row.name} by {name}"
            # What was ended is not there either: that it was is known from its owner.
            alive = await world.person.ask("GET", "/auth/login/check")
            assert alive.status_code == 200, f"{row.name} by {name} ended a session"


async def test_lists_show_nothing_of_another_user(world: World) -> None:
    check = (await world.person.ask("GET", "/auth/login/check")).json()["person"]
    theirs = {*world.ids.values(), check["id"], check["email"]}
    for row in world.rows(needs_session=True):
        if row.verb == "GET" and not row.names:
            for name, stranger in world.strangers.items():
                answer = await stranger.ask("GET", row.path)
                assert answer.status_code == 200, f"{row.name} by {name}"
                assert not [item for item in theirs if item in answer.text], f"{row.name} by {name}"


async def invitation(world: World) -> str:
    """For a user who has no passkey yet."""
    home = f"/organizations/{world.tenant.organization_id}"
    body = {"email": f"{secrets.token_hex(6)}@people.example", "role": "viewer"}
    return str((await world.tenant.make(f"{home}/members", body, world.tenant.live_key))["token"])


async def foreign_values(world: World, stranger: PersonAtWork) -> dict[str, Any]:
    """For every field that a person sends: the best that a stranger may have got hold of, the challenge included."""
    ceremony = await world.person.begin("/auth/passkeys")
    return {
        "ceremonyId": ceremony["ceremonyId"],
        "credential": type(stranger.passkey)(origin=stranger.passkey.origin).register(ceremony["publicKey"]),
        "label": "Mine now",
        "token": await invitation(world),
    }


async def test_challenges_and_invitations_of_another_user_are_none(world: World) -> None:
    for row in world.rows(needs_session=True):
        if row.names:
            # Whose object the path names is asked above, with this body.
            continue
        named = [item for item in row.fields if item in UNKNOWN]
        assert bool(named) is bool(row.fields), f"{row.name}: say what a stranger could send for {row.fields}"
        if not named:
            continue
        for name, stranger in world.strangers.items():
            values = await foreign_values(world, stranger)
            body = {item: values[item] for item in row.fields}
            foreign = await stranger.ask(row.verb, row.path, body)
            unknown = await stranger.ask(row.verb, row.path, {**body, **{item: UNKNOWN[item] for item in named}})
            assert foreign.status_code == 401, f"{row.name} by {name}: {foreign.text}"
            assert visible_part(foreign) == visible_part(unknown), f"{row.name} by {name}"


async def test_a_sign_in_tells_nothing_about_passkeys(world: World) -> None:
    """The owner of a passkey is shown neither before nor after a wrong signature."""
    thief = world.strangers["elsewhere, admin"]
    shown = [
        (await asking.ask("POST", "/auth", token=token)).json()["publicKey"]
        for asking, token in ((thief, ""), (thief, None), (world.person, None))
    ]
    assert all(not options.get("allowCredentials") for options in shown)
    assert len({str({**options, "challenge": ""}) for options in shown}) == 1

    answers = []
    for passkey_id in (world.ids["passkey_id"], UNKNOWN["passkey_id"]):
        ceremony = await thief.begin()
        credential = {**thief.passkey.sign_in(ceremony["publicKey"]), "id": passkey_id, "rawId": passkey_id}
        body = {"ceremonyId": ceremony["ceremonyId"], "credential": credential}
        answers.append(await thief.ask("POST", "/auth/authenticate-complete", body, token="", cookie=""))
    assert (answers[0].status_code, answers[0].json()["code"]) == (401, "LOGIN_FAILED")
    assert visible_part(answers[0]) == visible_part(answers[1])


async def test_a_registration_belongs_to_the_token_that_began_it(world: World) -> None:
    thief = world.strangers["elsewhere, admin"]
    first, second = await invitation(world), await invitation(world)
    ceremony = await thief.begin("/auth/register", {"token": first})
    credential = type(thief.passkey)(origin=thief.passkey.origin).register(ceremony["publicKey"])
    crossed, unknown = [
        await thief.ask(
            "POST",
            "/auth/register-complete",
            {"ceremonyId": ceremony_id, "token": second, "credential": credential},
            token="",
            cookie="",
        )
        for ceremony_id in (ceremony["ceremonyId"], UNKNOWN["ceremonyId"])
    ]
    assert (crossed.status_code, crossed.json()["code"]) == (401, "REGISTRATION_FAILED")
    assert visible_part(crossed) == visible_part(unknown)

    spent = await sign_up(world.stack, second, "viewer")
    answers = [
        await spent.ask("POST", "/auth/register", {"token": token}, token="", cookie="")
        for token in (second, UNKNOWN["token"], world.tenant.key)
    ]
    assert answers[0].status_code == 401
    assert [visible_part(answer) for answer in answers] == [visible_part(answers[0])] * 3


async def test_invented_cookies_end_and_open_nothing(world: World) -> None:
    _, _, _, mac = world.person.cookie.split(".")
    for path in ("/auth/refresh-token", "/auth/logout"):
        answers = [
            await world.person.ask("POST", path, token="", cookie=f"rt_{session_id}.1.{'A' * 43}.{mac}")
            for session_id in (world.ids["session_id"], UNKNOWN["session_id"])
        ]
        assert answers[0].status_code == (401 if path.endswith("refresh-token") else 204), answers[0].text
        assert visible_part(answers[0]) == visible_part(answers[1])
    for key in world.keys.values():
        assert (await world.person.ask("POST", "/auth/logout", {"everywhere": True}, token=key, cookie="")).is_success


async def test_pages_of_other_origins_live_on_nobodys_cookie(world: World) -> None:
    for row in world.rows(needs_session=False):
        body = dict.fromkeys(row.fields, "x")
        cookie = {"Cookie": f"{REFRESH_COOKIE}={world.person.cookie}"}
        headers = {**fresh_address(), **cookie, "Origin": "https://evil.example"}
        answer = await world.person.send(row.verb, row.path, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_NOT_ALLOWED"), row.name


async def test_the_person_lost_nothing(world: World) -> None:
    """Whatever ran before: they are signed in, with the same passkey and session and no other."""
    sessions = (await world.person.ask("GET", "/auth/sessions")).json()["sessions"]
    passkeys = (await world.person.ask("GET", "/auth/passkeys")).json()["passkeys"]
    assert [row["id"] for row in sessions] == [world.ids["session_id"]]
    assert [row["id"] for row in passkeys] == [world.ids["passkey_id"]]
    world.person.keep(await world.person.ask("POST", "/auth/refresh-token"))
    kept = world.person.token, world.person.cookie
    await world.person.sign_in()
    assert (await world.person.ask("POST", "/auth/logout")).is_success
    world.person.token, world.person.cookie = kept
    for name, stranger in world.strangers.items():
        assert (await stranger.ask("GET", "/auth/login/check")).status_code == 200, name
