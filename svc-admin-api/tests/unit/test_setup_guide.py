"""The set-up guide: each step says what is missing, from what the API has."""

from typing import Any

import pytest

from admin_api.console.setup_guide import Found, offering_site, steps_of

SITE = {"id": "s", "providerIds": ["t", "l"], "settings": {}}


def a_provider(identifier: str, **changes: Any) -> dict[str, Any]:
    return {"id": identifier, "label": "Cards", "enabled": True, "state": "ready", **changes}


def a_key(*, livemode: bool, revoked_at: str | None = None) -> dict[str, Any]:
    return {"livemode": livemode, "revokedAt": revoked_at}


def found(**changes: Any) -> Found:
    """Everything is there."""
    values: dict[str, Any] = {
        "sites": [SITE],
        "providers": {"test": [a_provider("t")], "live": [a_provider("l")]},
        "keys": [a_key(livemode=False), a_key(livemode=True)],
        "paid": {"id": "p"},
        "tried": {"id": "p"},
    }
    return Found(**{**values, **changes})


NOTHING = found(sites=[], providers={"test": [], "live": []}, keys=[], paid=None, tried=None)


def test_an_empty_organization_lacks_every_step() -> None:
    steps = steps_of(NOTHING)
    assert [step.slug for step in steps] == ["site", "provider", "key", "payment", "live-provider", "live-key"]
    assert not any(step.is_done for step in steps)
    assert offering_site(NOTHING) is None


def test_a_complete_one_lacks_none() -> None:
    assert all(step.is_done for step in steps_of(found()))
    assert offering_site(found()) == SITE


@pytest.mark.parametrize(
    ("providers", "sites", "lacks", "path"),
    [
        ([], [SITE], "none yet", "/providers/new"),
        ([a_provider("t", state="incomplete")], [SITE], "still missing", "/providers/t"),
        ([a_provider("t", enabled=False)], [SITE], "disabled", "/providers/t"),
        ([a_provider("other")], [SITE], "No site offers it", "/sites/s"),
        ([a_provider("other")], [], "No site offers it", "/sites"),
    ],
)
def test_a_provider_says_what_it_lacks(
    providers: list[dict[str, Any]], sites: list[dict[str, Any]], lacks: str, path: str
) -> None:
    there = found(providers={"test": providers, "live": []}, sites=sites)
    step = steps_of(there)[1]
    assert lacks in step.lacks
    assert step.link is not None
    assert step.link.path == path
    assert offering_site(there) is None


def test_an_incomplete_provider_beside_a_ready_one_is_no_obstacle() -> None:
    rows = [a_provider("x", state="incomplete"), a_provider("t")]
    assert steps_of(found(providers={"test": rows, "live": []}))[1].is_done


def test_keys_that_were_revoked_do_not_count() -> None:
    keys = [a_key(livemode=False, revoked_at="2026-01-01T00:00:00Z"), a_key(livemode=True)]
    assert [step.is_done for step in steps_of(found(keys=keys)) if step.slug.endswith("key")] == [False, True]


def test_a_payment_that_did_not_succeed_is_shown_to_be_looked_at() -> None:
    step = steps_of(found(paid=None))[3]
    assert step.lacks
    assert step.link is not None
    assert (step.link.path, step.link.mode) == ("/payments/p", "test")
