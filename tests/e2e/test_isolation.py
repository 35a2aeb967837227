"""No caller sees, changes or even notices another organization's objects: every route × every kind of caller.

The rows come from the OpenAPI document of the running API, so a new route is part of this without being named here; one
whose path names something that is not furnished, or that declares no scope, fails. The owners of the objects are the
real services.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway_testkit.answers import visible_part
from gateway_testkit.openapi import is_stream
from gateway_testkit.stack import REQUEST_S, Stack, fresh_address
from gateway_testkit.tenants import PEOPLE, Tenant, furnish, open_tenant, sign_up_people, system_key

RANKS = {"viewer": 1, "support": 2, "admin": 3, "global": 4}
ROUNDS = 20
UNKNOWN = "65f0c0ffee65f0c0ffee65f0"
ORGANIZATION = "organization_id"
OPEN = ("/auth", "/health")
"""Routes that need no key: what a person does with their own sessions (``test_isolation_of_people.py`` has every one of
them), and what tells that the process lives."""
BOTH_MODES = {"site_id", "domain_id", "member_id", "organization_id", "encryption_job_id"}
"""What serves test and live mode alike; everything else belongs to one of them."""


@dataclass(frozen=True)
class Operation:
    """One row of the matrix."""

    verb: str
    path: str
    scope: str
    role: str
    names: tuple[str, ...]
    body: Any
    queries: tuple[str, ...]
    is_stream: bool

    @property
    def name(self) -> str:
        return f"{self.verb} {self.path}"

    def at(self, ids: dict[str, str]) -> str:
        """The path with these ids."""
        return self.path.format(**{name: ids[name] for name in self.names})


@dataclass
class World:
    """The victim, who owns everything that is named; the attacker, who has people and keys of every kind."""

    victim: Tenant
    attacker: Tenant
    operations: list[Operation]
    system_key: str

    def rows(self, *, is_system: bool = False) -> Iterator[Operation]:
        for operation in self.operations:
            if (operation.role == "global" or operation.path.startswith("/system")) is is_system:
                yield operation


def read_operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation that needs credentials; what declares nothing fails here."""
    found = []
    for path, operations in document["paths"].items():
        short = path.removeprefix("/api/v1")
        for verb, operation in operations.items():
            if short.startswith(OPEN):
                continue
            place = f"{verb.upper()} {short}: every route declares its scope and role"
            assert {"x-required-scope", "x-required-role"} <= set(operation), place
            parameters = operation.get("parameters", [])
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found.append(
                Operation(
                    verb=verb.upper(),
                    path=short,
                    scope=operation["x-required-scope"],
                    role=operation["x-required-role"],
                    names=tuple(item["name"] for item in parameters if item["in"] == "path"),
                    body=content.get("example"),
                    queries=tuple(item["name"] for item in parameters if item["in"] == "query"),
                    is_stream=is_stream(operation),
                )
            )
    return found


@pytest_asyncio.fixture(scope="module")
async def world(stack: Stack) -> AsyncIterator[World]:
    victim, attacker = await open_tenant(stack, "Victim"), await open_tenant(stack, "Attacker")
    await furnish(victim)
    await furnish(attacker)
    await sign_up_people(attacker)
    async with stack.admin() as api:
        document = (await api.get("/api/v1/openapi.json")).json()
    yield World(victim, attacker, read_operations(document), system_key(stack))
    await victim.aclose()
    await attacker.aclose()


def with_foreign_ids(operation: Operation, world: World) -> Iterator[tuple[str, str]]:
    """Paths that name the victim's objects, each beside the same with ids that do not exist."""
    theirs, mine = world.victim.ids, world.attacker.ids
    nothing = dict.fromkeys(theirs, UNKNOWN)
    yield operation.at(theirs), operation.at(nothing)
    if len(operation.names) > 1:
        # What is the caller's own on the way, another's at its end.
        home = {name: mine[name] for name in operation.names[:-1]}
        yield operation.at({**theirs, **home}), operation.at({**nothing, **home})


def test_every_path_parameter_has_an_object(world: World) -> None:
    missing = {name for row in world.rows() for name in row.names} - set(world.victim.ids)
    assert missing == set(), "furnish one of each kind in gateway_testkit.tenants"
    assert sum(1 for _ in world.rows()) > 50


async def expect_hidden(operation: Operation, world: World, credential: str, statuses: set[int]) -> None:
    for foreign, unknown in with_foreign_ids(operation, world):
        answers = [
            await world.attacker.ask(operation.verb, path, operation.body, credential) for path in (foreign, unknown)
        ]
        assert answers[0].status_code in statuses, f"{operation.name}: {answers[0].status_code} {answers[0].text}"
        assert visible_part(answers[0]) == visible_part(answers[1]), operation.name


@pytest.mark.parametrize("role", PEOPLE)
async def test_people_of_another_organization(world: World, role: str) -> None:
    for operation in world.rows():
        if operation.names:
            allowed = RANKS[role] >= RANKS[operation.role]
            # Another organization in the path is not there, whatever the role; the rest needs the right first.
            hidden = {404} if allowed else ({403, 404} if ORGANIZATION in operation.names else {403})
            await expect_hidden(operation, world, world.attacker.tokens[role], hidden)


async def test_a_key_of_another_organization(world: World) -> None:
    for operation in world.rows():
        if operation.names:
            await expect_hidden(operation, world, world.attacker.live_key, {404})
            # What live payments use is refused to a test key, whatever it names.
            await expect_hidden(operation, world, world.attacker.key, {403, 404})


async def test_a_key_that_lacks_the_scope(world: World) -> None:
    scopes = sorted({operation.scope for operation in world.rows()})
    for scope in scopes:
        others = [name for name in scopes if name != scope]
        key = await world.attacker.narrow_key(*others)
        for operation in world.rows():
            if operation.scope != scope:
                continue
            own = await world.attacker.ask(operation.verb, operation.at(world.attacker.ids), operation.body, key)
            assert (own.status_code, own.json()["code"]) == (403, "MISSING_SCOPE"), operation.name
            if operation.names:
                await expect_hidden(operation, world, key, {403, 404} if ORGANIZATION in operation.names else {403})


async def test_people_whose_role_is_too_low_in_their_own_organization(world: World) -> None:
    for role in ("viewer", "support"):
        for operation in world.rows():
            if RANKS[role] < RANKS[operation.role]:
                token = world.attacker.tokens[role]
                answer = await world.attacker.ask(
                    operation.verb, operation.at(world.attacker.ids), operation.body, token
                )
                assert answer.status_code == 403, f"{operation.name} as {role}: {answer.status_code}"


async def test_the_same_organizations_key_of_the_other_mode(world: World) -> None:
    for operation in world.rows():
        last = operation.names[-1] if operation.names else ""
        if last and last not in BOTH_MODES:
            nothing = {**world.victim.ids, last: UNKNOWN}
            paths = operation.at(world.victim.ids), operation.at(nothing)
            answers = [
                await world.victim.ask(operation.verb, path, operation.body, world.victim.live_key) for path in paths
            ]
            assert answers[0].status_code == 404, f"{operation.name}: {answers[0].status_code} {answers[0].text}"
            assert visible_part(answers[0]) == visible_part(answers[1]), operation.name


async def test_no_key_and_wrong_keys(world: World) -> None:
    wrong = "sk_test_" + "0" * 24 + "." + "A" * 43
    async with httpx.AsyncClient(base_url=world.victim.stack.descriptor["urls"]["adminApi"], timeout=REQUEST_S) as api:
        for operation in world.operations:
            # Each from an address of its own, so that no limit answers in place of the route.
            headers = {"X-Real-IP": fresh_address()}
            ids = {**dict.fromkeys(operation.names, UNKNOWN), **world.victim.ids}
            for authorization in ({}, {"Authorization": f"Bearer {wrong}"}, {"Authorization": "Basic YTpi"}):
                answer = await api.request(
                    operation.verb,
                    f"/api/v1{operation.at(ids)}",
                    json=operation.body,
                    headers={**headers, **authorization},
                )
                assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_API_KEY"), operation.name


async def test_a_system_key_owns_no_objects(world: World) -> None:
    for operation in world.rows():
        if ORGANIZATION not in operation.names:
            paths = operation.at(world.victim.ids), operation.at(dict.fromkeys(operation.names, UNKNOWN))
            answers = [await world.victim.ask(operation.verb, path, operation.body, world.system_key) for path in paths]
            assert answers[0].status_code == 403, f"{operation.name}: {answers[0].status_code} {answers[0].text}"
            assert visible_part(answers[0]) == visible_part(answers[1]), operation.name
        elif len(operation.names) > 1:
            # Who runs the installation reaches every organization, but objects only in their own.
            crossed = {**world.victim.ids, ORGANIZATION: world.attacker.organization_id}
            missing = {**dict.fromkeys(operation.names, UNKNOWN), ORGANIZATION: world.attacker.organization_id}
            answers = [
                await world.victim.ask(operation.verb, operation.at(ids), operation.body, world.system_key)
                for ids in (crossed, missing)
            ]
            assert answers[0].status_code in {403, 404}, f"{operation.name}: {answers[0].status_code}"
            assert visible_part(answers[0]) == visible_part(answers[1]), operation.name


async def test_routes_of_the_installation_are_closed_to_organizations(world: World) -> None:
    credentials = {"key": world.attacker.key, **world.attacker.tokens}
    for operation in world.rows(is_system=True):
        ids = {**dict.fromkeys(operation.names, UNKNOWN), ORGANIZATION: world.victim.organization_id}
        for name, credential in credentials.items():
            answer = await world.attacker.ask(operation.verb, operation.at(ids), operation.body, credential)
            assert answer.status_code in {403, 404}, f"{operation.name} as {name}: {answer.status_code}"


async def test_lists_and_filters_show_nothing_foreign(world: World) -> None:
    theirs = set(world.victim.ids.values())
    filters = {"siteId": "site_id", "providerId": "provider_id", "clientId": "client_id"}
    filters |= {"transactionId": "transaction_id", "sessionPublicId": "session_public_id", "objectId": "site_id"}
    for operation in world.rows():
        if operation.verb != "GET" or operation.is_stream or set(operation.names) - {ORGANIZATION}:
            continue
        path = operation.at(world.attacker.ids)
        plain = await world.attacker.ask("GET", path)
        assert not [item for item in theirs if item in plain.text], operation.name
        for query in set(operation.queries) & set(filters):
            name = filters[query]
            foreign = await world.attacker.ask("GET", f"{path}?{query}={world.victim.ids[name]}")
            unknown = await world.attacker.ask("GET", f"{path}?{query}={UNKNOWN}")
            assert visible_part(foreign) == visible_part(unknown), f"{operation.name}?{query}"


async def test_a_stream_begins_at_no_foreign_cursor_and_shows_nothing_foreign(world: World) -> None:
    streams = [operation.path for operation in world.rows() if operation.is_stream]
    assert streams == ["/events/stream"], "the test reads streams of this form"
    pages = [await tenant.ask("GET", "/events?limit=1") for tenant in (world.victim, world.attacker)]
    cursors = [page.json()["nextCursor"] for page in pages]
    refused = await world.attacker.ask("GET", f"{streams[0]}?cursor={cursors[0]}")
    assert (refused.status_code, refused.json()["code"]) == (400, "CURSOR_INVALID")

    read = b""
    async with (
        world.attacker.stack.admin(world.attacker.key) as api,
        api.stream("GET", f"/api/v1{streams[0]}", params={"cursor": cursors[1]}) as answer,
    ):
        async for piece in answer.aiter_raw():
            read += piece
            if read.count(b"\nevent: ") > 2:
                break
    assert not [item for item in set(world.victim.ids.values()) if item.encode() in read]


async def test_foreign_ids_in_bodies_are_not_there_either(world: World) -> None:
    def bodies(ids: dict[str, str]) -> list[tuple[str, str, Any]]:
        own = world.attacker.ids
        return [
            ("POST", "/domains", {"siteId": ids["site_id"], "name": "foreign.example"}),
            ("POST", "/sites", {"name": "x", "providerIds": [ids["provider_id"]]}),
            (
                "POST",
                "/transactions/manual",
                {
                    "siteId": ids["site_id"],
                    "amount": 1200,
                    "currency": "EUR",
                    "receivedAt": "2026-01-31T12:00:00Z",
                    "externalReference": "foreign",
                },
            ),
            ("PATCH", f"/sites/{own['site_id']}", {"providerIds": [ids["provider_id"]]}),
        ]

    nothing = dict.fromkeys(world.victim.ids, UNKNOWN)
    for foreign, unknown in zip(bodies(world.victim.ids), bodies(nothing), strict=True):
        first, second = [await world.attacker.ask(*one, credential_for(one, world)) for one in (foreign, unknown)]
        assert 400 <= first.status_code < 500, f"{foreign}: {first.text}"
        shown = first.text.replace(world.victim.ids["site_id"], UNKNOWN).replace(
            world.victim.ids["provider_id"], UNKNOWN
        )
        assert (first.status_code, shown.replace(first.json()["requestId"], "")) == (
            second.status_code,
            second.text.replace(second.json()["requestId"], ""),
        )


def credential_for(request: tuple[str, str, Any], world: World) -> str:
    """Domains serve both modes: a test key would be refused before any service looks for the site."""
    return world.attacker.live_key if request[1] == "/domains" else world.attacker.key


async def test_time_does_not_tell_either(world: World) -> None:
    """Both ways run the same query with the tenant in it; this catches a second look-up, not nanoseconds.

    A second look-up takes its time in every request, in the quickest one too; whatever else keeps the machine busy does
    not. So the quickest ones are compared, of more and more requests until they meet.
    """
    kinds = ("site", "provider", "client", "checkout", "transaction", "invoice")
    for kind in kinds:
        foreign, unknown = list[float](), list[float]()
        for _ in range(ROUNDS):
            await _add_timings(world, f"/{kind}s/{{}}", (world.victim.ids[f"{kind}_id"], UNKNOWN), (foreign, unknown))
            low, high = sorted((min(foreign), min(unknown)))
            if high < low * 1.5 + 0.002:
                break
        assert high < low * 1.5 + 0.002, f"{kind}: {low * 1000:.1f} ms and {high * 1000:.1f} ms"


async def _add_timings(world: World, path: str, ids: tuple[str, str], taken: tuple[list[float], list[float]]) -> None:
    """In turn, so that the machine's moods hit both."""
    async with world.attacker.stack.admin(world.attacker.key) as api:
        for number in range(40):
            which = number % 2
            started = time.perf_counter()
            answer = await api.get(f"/api/v1{path.format(ids[which])}")
            took = time.perf_counter() - started
            if answer.status_code == 429:
                await asyncio.sleep(int(answer.headers["Retry-After"]))
                continue
            taken[which].append(took)
            assert answer.status_code == 404


async def test_the_victim_lost_nothing(world: World) -> None:
    """Whatever ran before: everything is still there and as it was made."""
    ids = world.victim.ids
    for path in (
        f"/sites/{ids['site_id']}",
        f"/providers/{ids['provider_id']}",
        f"/clients/{ids['client_id']}",
        f"/templates/{ids['template_id']}",
        f"/checkouts/{ids['checkout_id']}",
        f"/transactions/{ids['transaction_id']}",
        f"/invoices/{ids['invoice_id']}",
        f"/organizations/{ids['organization_id']}/api-keys/{ids['api_key_id']}",
        f"/organizations/{ids['organization_id']}/members/{ids['member_id']}",
    ):
        answer = await world.victim.ask("GET", path)
        assert answer.status_code == 200, path
    assert (await world.victim.ask("GET", f"/sites/{ids['site_id']}")).json()["name"] == "Shop"
