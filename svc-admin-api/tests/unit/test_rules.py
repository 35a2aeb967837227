"""Rules that need nothing but themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from admin_api.payments.web.pdf import content_disposition
from admin_api.shared.domain.idempotency import differing_fields, operation_id, parse_key
from admin_api.shared.domain.scopes import SCOPES, checked_scopes
from admin_api.tenancy.domain.api_key import ApiKey
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden, Invalid, Unreadable
from gateway_contracts.urls import url_problem
from gateway_kit.mongo.pages import PageRequest

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def a_key(**changes: object) -> ApiKey:
    values: dict[str, object] = {
        "id": "65f0c0ffee65f0c0ffee65f0",
        "kind": "organization",
        "organization_id": "o",
        "livemode": False,
        "label": "x",
        "scopes": ("site:read",),
        "secret_hash": "h1",
        "created_at": NOW,
    }
    return ApiKey(**{**values, **changes})  # type: ignore[arg-type]  # a builder


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example:8443/a?b={transactionId}#c",
        "http://localhost:8080/x",
        "http://shop.localhost/x",
        "http://127.0.0.1/",
        "http://[::1]:9/",
    ],
)
def test_good_urls(url: str) -> None:
    assert url_problem(url, is_http_allowed=False) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example",
        "https:///path",
        "ftp://shop.example",
        "javascript:alert(1)",
        "http://shop.example",
        "https://a@shop.example",
        "https://shop.example:99999",
        "https://shop example",
        "https://shop.example\\@evil.example",
        "https://[::1",
        "https://shop.example/" + "x" * 2_048,
    ],
)
def test_bad_urls(url: str) -> None:
    assert url_problem(url, is_http_allowed=False) is not None


def test_plain_http_is_for_development() -> None:
    assert url_problem("http://shop.example", is_http_allowed=True) is None


def test_a_key_is_accepted_by_its_current_and_for_a_while_by_its_previous_text() -> None:
    key = a_key().rotated("h2", now=NOW, overlap=timedelta(hours=1))

    assert key.accepts("h2", NOW)
    assert key.accepts("h1", NOW + timedelta(minutes=59))
    assert not key.accepts("h1", NOW + timedelta(hours=1))
    assert not key.accepts("", NOW)
    assert not key.revoked(NOW).accepts("h2", NOW)
    assert not key.rotated("h3", now=NOW, overlap=timedelta(0)).accepts("h2", NOW)


def test_revoking_again_keeps_the_first_time() -> None:
    revoked = a_key().revoked(NOW)

    assert revoked.revoked(NOW + timedelta(days=1)) is revoked


def test_last_use_is_noted_once_a_minute() -> None:
    assert a_key().is_use_worth_noting(NOW)
    assert not a_key(last_used_at=NOW).is_use_worth_noting(NOW + timedelta(seconds=59))
    assert a_key(last_used_at=NOW).is_use_worth_noting(NOW + timedelta(seconds=60))


def test_scopes_are_known_granted_and_unrepeated() -> None:
    holder = Actor(kind="api_key", scopes=("site:*", "checkout:create", "*:read"))

    assert checked_scopes(["site:read", "site:*", "site:read"], holder) == ("site:read", "site:*")
    assert checked_scopes(["invoice:read", "*:read"], holder) == ("invoice:read", "*:read")
    for wrong in ("checkout:*", "*:*", "invoice:execute", "*:create"):
        with pytest.raises(Forbidden):
            checked_scopes([wrong], holder)
    for unknown in ("", "site", "site:fly", "planet:read", "checkout:delete"):
        with pytest.raises(Invalid):
            checked_scopes([unknown], Actor(kind="system_key", role="global"))
    with pytest.raises(Invalid):
        checked_scopes([], holder)
    assert checked_scopes(sorted(SCOPES), Actor(kind="system_key", role="global")) == tuple(sorted(SCOPES))


def test_idempotency_keys_are_scoped_by_merchant_mode_and_operation() -> None:
    test_actor = Actor(kind="api_key", organization_id="o", subject_id="key-1")
    ids = {
        operation_id(test_actor, "POST /a", "k"),
        operation_id(test_actor.model_copy(update={"livemode": True}), "POST /a", "k"),
        operation_id(test_actor.model_copy(update={"organization_id": "p"}), "POST /a", "k"),
        operation_id(test_actor, "POST /b", "k"),
        operation_id(test_actor, "POST /a", "l"),
    }

    assert len(ids) == 5
    rotated = test_actor.model_copy(update={"subject_id": "key-2"})
    assert operation_id(rotated, "POST /a", "k") == operation_id(test_actor, "POST /a", "k")


def test_idempotency_keys_may_be_quoted() -> None:
    assert parse_key('"abc"') == parse_key(" abc ") == "abc"
    for wrong in ("", '""', "a b", "ä", "x" * 256):
        with pytest.raises(Unreadable):
            parse_key(wrong)


def test_differing_fields_are_named() -> None:
    assert differing_fields({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b", "c"]


def test_pages_end_where_cursors_begin() -> None:
    assert PageRequest(100, 100).skipped == 9_900
    with pytest.raises(Unreadable):
        PageRequest(101, 100)


def test_file_names_cannot_break_out_of_their_header() -> None:
    header = content_disposition('a"\r\nSet-Cookie: x=1;/\\é.pdf')

    assert "\r" not in header
    assert "\n" not in header
    assert header.count('"') == 2
