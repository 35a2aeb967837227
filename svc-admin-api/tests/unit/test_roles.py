"""Roles, networks, cursors and what the audit log shows: rules without servers."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from admin_api.people.domain.member import Member
from admin_api.people.use_cases.act_as_member import actor_for_member
from admin_api.shared.domain.audit import ENCRYPTED, GENESIS, HIDDEN, Entry, differences
from admin_api.shared.domain.roles import INSTALLATION, ROLE_SCOPES, effective_scopes, lowest_role, require_role
from admin_api.shared.domain.scopes import SCOPES, SYSTEM_KEY_SCOPES, checked_scopes
from admin_api.tenancy.domain.addresses import checked_networks, is_allowed_from
from admin_api.tenancy.domain.api_key import ApiKey
from gateway_contracts.actor import Actor, Role
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Forbidden, Invalid, NotFound, Unreadable
from gateway_kit.mongo.pages import PageRequest, read_cursor, write_cursor

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PLAIN = sorted(scope for scope in SCOPES if "*" not in scope)
SUPPORT_ONLY = {
    "checkout:create",
    "checkout:update",
    "transaction:create",
    "transaction:update",
    "transaction:execute",
    "client:create",
    "client:update",
    "client:execute",
    "invoice:create",
    "invoice:update",
    "invoice:execute",
    "credit_note:execute",
    "domain:execute",
    "portal:create",
}


def a_member(role: Role = "admin", organization_id: str = "o" * 24, **changes: object) -> Member:
    member = Member(
        id="m" * 24,
        organization_id=organization_id,
        person_id="p" * 24,
        role=role,
        state="active",
        created_at=NOW,
        updated_at=NOW,
    )
    return member.changed(**changes)


@pytest.mark.parametrize("scope", PLAIN)
def test_the_role_matrix(scope: str) -> None:
    allowed = {role: Actor(kind="operator", scopes=ROLE_SCOPES[role]).allows(scope) for role in ROLE_SCOPES}

    assert allowed["viewer"] == (scope.endswith(":read") and scope != "api_key:read")
    assert allowed["support"] == (allowed["viewer"] or scope in SUPPORT_ONLY)
    assert allowed["admin"]
    assert allowed["global"]
    assert allowed[lowest_role(scope)]


def test_a_key_may_do_what_both_its_role_allows_and_its_scopes_cover() -> None:
    assert effective_scopes("admin", ("site:*", "client:read")) == ("site:*", "client:read")
    assert effective_scopes("viewer", ("site:*", "client:create")) == ("site:read",)
    assert set(effective_scopes("support", ("*:*",))) == set(ROLE_SCOPES["support"])
    assert effective_scopes("support", ("provider:create",)) == ()


def test_a_member_acts_by_role_in_their_own_organization_only() -> None:
    actor = actor_for_member(a_member("support"), "o" * 24, livemode=True)

    assert (actor.kind, actor.role, actor.subject_id, actor.livemode) == ("operator", "support", "p" * 24, True)
    assert actor.allows("transaction:execute")
    assert not actor.allows("site:update")
    with pytest.raises(NotFound):
        actor_for_member(a_member("admin"), "x" * 24)
    with pytest.raises(NotFound):
        actor_for_member(a_member("admin", state="invited"), "o" * 24)
    with pytest.raises(NotFound):
        actor_for_member(a_member("admin"), INSTALLATION)


def test_who_runs_the_installation_acts_on_it_and_everywhere() -> None:
    operator = a_member("global", INSTALLATION)

    assert actor_for_member(operator, INSTALLATION).allows("organization:create")
    assert actor_for_member(operator, "o" * 24).role == "global"
    assert not actor_for_member(operator, INSTALLATION).allows("site:read")


def test_roles_include_the_lower_ones() -> None:
    require_role(Actor(kind="operator", role="global"), "admin")
    for role in (None, "viewer", "support"):
        with pytest.raises(Forbidden):
            require_role(Actor(kind="api_key", role=role), "admin")


def test_system_scopes_are_a_list_of_their_own() -> None:
    system = Actor(kind="system_key", role="global", scopes=("organization:*",))

    assert checked_scopes(["organization:read"], system, is_system_key=True) == ("organization:read",)
    with pytest.raises(Forbidden):
        checked_scopes(["api_key:read"], system, is_system_key=True)
    with pytest.raises(Invalid):
        checked_scopes(["site:read"], system, is_system_key=True)
    assert "*:*" not in SYSTEM_KEY_SCOPES


def test_networks_are_canonical_and_matched() -> None:
    networks = checked_networks([" 203.0.113.7", "203.0.113.7/32", "10.0.0.0/8", "2001:DB8::/32"])

    assert networks == ("203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32")
    for address, is_allowed in (
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("", False),
        ("unix", False),
    ):
        assert is_allowed_from(address, networks) is is_allowed, address
    assert is_allowed_from("", ())


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "300.1.1.1", "example.com", "10.0.0.0/33", "10.0.0.0/8\0"])
def test_malformed_networks_are_named(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        checked_networks(["10.0.0.0/8", text])
    assert raised.value.details[0].field == "ipAllowList[1]"


def test_an_expired_key_is_refused() -> None:
    key = ApiKey(
        id="k",
        kind="organization",
        organization_id="o",
        livemode=False,
        label="",
        scopes=("*:*",),
        secret_hash="h",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )

    assert key.accepts("h", NOW)
    assert not key.accepts("h", NOW + timedelta(hours=1))


def test_cursors_are_opaque_and_checked() -> None:
    place = "65f0c0ffee65f0c0ffee65f0"
    cursor = write_cursor(place)
    of_the_release_before = base64.urlsafe_b64encode(f"a1:{place}".encode()).decode().rstrip("=")

    assert read_cursor(cursor) == read_cursor(of_the_release_before) == place
    assert PageRequest(page=999, limit=100, cursor=cursor).skipped == 0
    for wrong in ("", "x", "65f0", "YTE6", "YTE6eyRndDoxfQ", "Ã", cursor[:-3] + "***"):
        with pytest.raises(Unreadable):
            PageRequest(cursor=wrong)


def test_the_audit_log_shows_settings_and_hides_secrets_and_personal_data() -> None:
    sealed = EncryptedValue(v=1, p="system", c="AAAA")
    before = {"name": "Jane", "settings": {"latePayment": "accept"}, "secrets": {"secretKey": (sealed,)}}
    after = {"name": "John", "settings": {"latePayment": "review"}, "secrets": {}, "scopes": ("a:b",), "enabled": True}

    assert differences(before, after) == {
        "enabled": {"from": None, "to": True},
        "name": {"from": HIDDEN, "to": HIDDEN},
        "scopes": {"from": None, "to": ["a:b"]},
        "secrets/secretKey": {"from": ENCRYPTED, "to": None},
        "settings/latePayment": {"from": "accept", "to": "review"},
    }


def test_every_fact_of_an_entry_is_part_of_its_hash() -> None:
    entry = Entry(
        id="e",
        organization_id="o",
        sequence=1,
        at=NOW,
        actor_kind="api_key",
        actor_id="k",
        actor_role="admin",
        action="site.update",
        object_type="site",
        object_id="s",
        livemode=False,
        request_id="r",
        address_hash="h",
        previous_hash=GENESIS,
        changes={"enabled": {"from": True, "to": False}},
    )
    changed = {
        "id": "x", "organization_id": "x", "sequence": 2, "at": NOW + timedelta(milliseconds=1), "actor_kind": "x",
        "actor_id": "x", "actor_role": None, "action": "x", "object_type": "x", "object_id": "x", "livemode": True,
        "request_id": "x", "address_hash": None, "previous_hash": "x", "changes": {},
    }  # fmt: skip

    for name, value in changed.items():
        assert entry.changed(**{name: value}).computed_hash() != entry.computed_hash(), name
    sealed = EncryptedValue(v=2, p="system", c="BBBB")
    assert entry.changed(address=sealed, hash="x").computed_hash() == entry.computed_hash()
