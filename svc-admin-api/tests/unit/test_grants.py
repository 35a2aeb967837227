"""A key never makes a stronger one: over random pairs of a creator and a created key."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from admin_api.shared.domain.roles import ORGANIZATION_ROLES, ROLE_SCOPES
from admin_api.shared.domain.scopes import SCOPES, SYSTEM_SCOPES
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.domain.grants import Grant
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORGANIZATION = "65a500000000000000000001"
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/17", "10.1.128.0/17", "203.0.113.7/32", "2001:db8::/32", "0.0.0.0/0")
ADDRESSES = ("10.0.0.1", "10.1.0.1", "10.1.200.1", "203.0.113.7", "198.51.100.1", "2001:db8::1", "2001:db9::1")
MOMENTS = tuple(NOW + timedelta(hours=hours) for hours in (1, 2, 3, 4))
PLAIN_SCOPES = tuple(sorted(scope for scope in SCOPES if "*" not in scope))


def a_key(**fields: Any) -> ApiKey:
    known: dict[str, Any] = {
        "id": "65a500000000000000000002",
        "kind": "organization",
        "organization_id": ORGANIZATION,
        "livemode": True,
        "label": "k",
        "scopes": ("*:*",),
        "secret_hash": "h",
        "created_at": NOW,
    }
    return ApiKey(**(known | fields))


keys = st.builds(
    a_key,
    livemode=st.booleans(),
    role=st.sampled_from(ORGANIZATION_ROLES),
    scopes=st.lists(st.sampled_from(sorted(SCOPES)), min_size=1, max_size=4, unique=True).map(tuple),
    ip_allow_list=st.lists(st.sampled_from(NETWORKS), max_size=3, unique=True).map(tuple),
    expires_at=st.none() | st.sampled_from(MOMENTS),
)


def grant_of(key: ApiKey, until: datetime | None = None) -> Grant:
    ends = [end for end in (until, key.expires_at) if end is not None]
    return Grant(key.actor(), key.ip_allow_list, min(ends, default=None))


def powers(key: ApiKey) -> set[tuple[str, bool, str, datetime]]:
    """Rights, modes, addresses and times of the key, by its own checks, without those of grants."""
    actor = key.actor()
    scopes = [scope for scope in PLAIN_SCOPES if actor.allows(scope)]
    places = [address for address in ADDRESSES if key.is_allowed_from(address)]
    times = [at - timedelta(minutes=30) for at in MOMENTS]
    alive = [at for at in times if key.expires_at is None or at < key.expires_at]
    return {(scope, key.livemode, address, at) for scope in scopes for address in places for at in alive}


@given(keys, keys)
def test_what_is_granted_can_do_nothing_that_the_creator_cannot(creator: ApiKey, created: ApiKey) -> None:
    try:
        grant_of(creator).check_key(created)
    except Forbidden:
        return
    assert powers(created) <= powers(creator)


@given(keys)
def test_a_key_may_pass_on_itself(key: ApiKey) -> None:
    # One whose role narrows its scopes holds less than it says.
    assume(key.role == "admin")
    grant_of(key).check_key(key)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scopes": ("*:*",)}, "SCOPE_NOT_GRANTABLE"),
        ({"livemode": False}, "LIVEMODE_MISMATCH"),
        ({"ip_allow_list": ()}, "ADDRESSES_NOT_GRANTABLE"),
        ({"ip_allow_list": ("10.0.0.0/8",)}, "ADDRESSES_NOT_GRANTABLE"),
        ({"ip_allow_list": ("10.1.0.0/16", "2001:db8::/32")}, "ADDRESSES_NOT_GRANTABLE"),
        ({"expires_at": None}, "EXPIRY_NOT_GRANTABLE"),
        ({"expires_at": MOMENTS[1] + timedelta(seconds=1)}, "EXPIRY_NOT_GRANTABLE"),
    ],
)
def test_each_limit_alone(changes: dict[str, Any], code: str) -> None:
    creator = a_key(scopes=("api_key:*",), ip_allow_list=("10.1.0.0/17", "10.1.128.0/17"), expires_at=MOMENTS[1])
    same = {"scopes": ("api_key:*",), "ip_allow_list": ("10.1.0.0/16",), "expires_at": MOMENTS[1]}
    grant_of(creator).check_key(a_key(**same))
    with pytest.raises(Forbidden) as refused:
        grant_of(creator).check_key(a_key(**(same | changes)))
    assert refused.value.code == code


def test_a_replaced_text_makes_nothing_that_lives_longer_than_itself() -> None:
    key = a_key(previous_hash="old", previous_until=MOMENTS[0])
    assert key.valid_until("h") is None
    assert key.valid_until("old") == MOMENTS[0]
    with pytest.raises(Forbidden):
        grant_of(key, key.valid_until("old")).check_key(key)


@pytest.mark.parametrize("role", ORGANIZATION_ROLES)
@pytest.mark.parametrize("limit", [{"ip_allow_list": ("10.0.0.0/8",)}, {"expires_at": MOMENTS[0]}])
def test_a_limited_key_gives_no_one_a_role(role: Any, limit: dict[str, Any]) -> None:
    grant_of(a_key()).check_role(role)
    with pytest.raises(Forbidden):
        grant_of(a_key(**limit)).check_role(role)


@given(keys, st.sampled_from(ORGANIZATION_ROLES))
def test_a_person_gets_no_scope_that_the_giver_lacks(creator: ApiKey, role: Any) -> None:
    try:
        grant_of(creator).check_role(role)
    except Forbidden:
        return
    person = Actor(kind="operator", scopes=ROLE_SCOPES[role], role=role)
    assert {scope for scope in PLAIN_SCOPES if person.allows(scope)} <= {
        scope for scope in PLAIN_SCOPES if creator.actor().allows(scope)
    }
    assert (creator.ip_allow_list, creator.expires_at) == ((), None)


def test_the_installation_gives_organizations_any_key_and_operators_only_its_own_scopes() -> None:
    narrow = a_key(kind="system", organization_id="", scopes=("system:execute",), ip_allow_list=("10.0.0.0/8",))
    grant = Grant(narrow.actor(), narrow.ip_allow_list, None)
    grant.check_key(a_key())
    grant.check_role("admin")
    with pytest.raises(Forbidden):
        grant.check_role("global")
    whole = a_key(kind="system", organization_id="", scopes=SYSTEM_SCOPES)
    Grant(whole.actor()).check_role("global")


def test_addresses_of_the_samples_tell_the_networks_apart() -> None:
    """The property above would be weak if the samples met no difference."""
    seen = {
        network: tuple(ipaddress.ip_address(a) in ipaddress.ip_network(network) for a in ADDRESSES)
        for network in NETWORKS
    }
    assert len(set(seen.values())) == len(NETWORKS)
