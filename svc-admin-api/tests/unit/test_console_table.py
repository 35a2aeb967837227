"""Every page and action of the console has its roles declared, and is part of the walk in a browser."""

import walk_plan
from console_table import ACTIONS, PAGES, is_public, routes

WITHOUT_VISITOR = {
    "/console/assets/{name}": "styles and scripts",
    "/sign-in": "before a session",
    "/register": "before a session",
    "/sign-in/complete": "a script's JSON, before a session",
    "/register/begin": "a script's JSON, before a session",
    "/register/complete": "a script's JSON, before a session",
    "/account/passkeys/begin": "a script's JSON; it looks for the visitor by itself, and answers JSON",
    "/account/passkeys/complete": "a script's JSON; it looks for the visitor by itself, and answers JSON",
}
OF_EVERYONE = {
    "/sign-out",
    "/select",
    "/organizations",
    "/settings",
    "/account",
    "/account/sign-out-everywhere",
    "/account/accept",
    "/account/passkeys/{object_id}/rename",
    "/account/passkeys/{object_id}/remove",
    "/account/sessions/{object_id}/end",
}
"""A person's own: no operation of the API stands for them."""


def test_every_route_names_its_operations_or_has_a_reason() -> None:
    assert {route.path for route in routes() if is_public(route)} == WITHOUT_VISITOR.keys()
    assert {entry.path for entry in (*PAGES, *ACTIONS) if not entry.operations} == OF_EVERYONE


def test_the_walk_has_every_page() -> None:
    assert {entry.path for entry in PAGES if "{" in entry.path} == walk_plan.PAGES.keys()
    assert {entry.path for entry in PAGES} >= walk_plan.FILES | walk_plan.STREAMS


def test_the_walk_has_every_action() -> None:
    planned = [*walk_plan.ACTIONS, *walk_plan.ON_EVERY_PAGE, *walk_plan.NEVER_SHOWN]
    assert sorted(entry.path for entry in ACTIONS) == sorted(planned)


def test_roles_differ_as_they_should() -> None:
    counts = [sum(entry.is_open_to(role) for entry in ACTIONS) for role in ("viewer", "support", "admin", "global")]
    assert counts == sorted(set(counts)), "each role may do more than the one before"
    everything = {entry.path for entry in (*PAGES, *ACTIONS)}
    assert {entry.path for entry in (*PAGES, *ACTIONS) if entry.is_open_to("global")} == everything
