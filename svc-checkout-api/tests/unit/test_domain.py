"""The rules of the customer's side."""

from datetime import UTC, datetime

import pytest

from checkout_api.domain.links import web_link, with_transaction
from checkout_api.domain.operations import idempotency_key, operation_id
from checkout_api.domain.origins import Origin, PageRules, calling_page, is_listed
from checkout_api.domain.progress import is_complete, is_final, numeric
from gateway_contracts.requests.customer import StatusView
from gateway_contracts.requests.invoice import CustomerDocument, DocumentRef
from gateway_contracts.requests.transaction import TransactionStatus

MAIN = Origin("https", "pay.test", 8443)


def rules(*, development: bool = False) -> PageRules:
    return PageRules(MAIN, lambda name: name == "pay.merchant.example", is_development=development)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Pay.Test", Origin("https", "pay.test", 443)),
        ("https://pay.test:8443/path?q", Origin("https", "pay.test", 8443)),
        ("http://127.0.0.1:1", Origin("http", "127.0.0.1", 1)),
        ("null", None),
        ("file:///etc", None),
        ("https://", None),
        ("https://x:notaport", None),
        ("", None),
        (None, None),
    ],
)
def test_origins_are_read_with_an_explicit_port(text: str | None, expected: Origin | None) -> None:
    assert Origin.parse(text) == expected


def test_origin_is_written_without_its_default_port() -> None:
    assert str(Origin("https", "pay.test", 443)) == "https://pay.test"
    assert str(Origin("http", "::1", 81)) == "http://[::1]:81"


def test_origin_header_comes_before_the_referer() -> None:
    assert calling_page("https://a.example", "https://b.example/x") == Origin("https", "a.example", 443)
    assert calling_page(None, "https://b.example/x") == Origin("https", "b.example", 443)
    assert calling_page("null", "https://b.example/x") is None


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://pay.test:8443", True),
        ("https://pay.test", False),
        ("http://pay.test:8443", False),
        ("https://pay.merchant.example", True),
        ("https://pay.merchant.example:8443", True),
        ("https://pay.merchant.example:9999", False),
        ("http://pay.merchant.example", False),
        ("https://evil.example", False),
        ("https://pay.test.evil.example:8443", False),
    ],
)
def test_only_the_main_frontend_and_active_domains_are_pages(origin: str, expected: bool) -> None:
    assert rules().is_page(Origin.parse(origin)) is expected


def test_own_loopback_address_is_a_page_only_during_development() -> None:
    page = Origin.parse("http://127.0.0.1:4000")

    assert rules(development=True).is_page(page, own_host="127.0.0.1:4000")
    assert not rules(development=True).is_page(page, own_host="127.0.0.1:5000")
    assert not rules().is_page(page, own_host="127.0.0.1:4000")
    assert not rules(development=True).is_page(Origin.parse("http://evil.example"), own_host="evil.example")


def test_a_sites_own_list_names_whole_origins() -> None:
    allowed = ["https://shop.example", 7, "not an origin"]

    assert is_listed(Origin.parse("https://shop.example"), allowed)
    assert not is_listed(Origin.parse("https://sub.shop.example"), allowed)
    assert not is_listed(None, allowed)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//host/path", "/path", "", None, "https:"])
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert web_link(url) is None


def test_placeholder_is_replaced_once_known() -> None:
    assert with_transaction("https://s.example/?t={transactionId}", "64b0") == "https://s.example/?t=64b0"
    assert with_transaction("https://s.example/?t={transactionId}", None) == "https://s.example/?t="


def test_idempotency_key_may_be_quoted() -> None:
    assert idempotency_key('"abc"') == idempotency_key("abc") == "abc"
    assert idempotency_key(None) is None


@pytest.mark.parametrize("header", ["", '""', "a b", "x" * 256, "tab\t1", "ümlaut"])
def test_malformed_idempotency_key_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match="idempotency"):
        idempotency_key(header)


def test_operation_ids_differ_by_session_and_key() -> None:
    ids = {operation_id(session, "create", key) for session in ("a", "ab") for key in ("bc", "c")}

    assert len(ids) == 4
    assert operation_id("a", "create", "k") == operation_id("a", "create", "k")


def a_view(status: TransactionStatus) -> StatusView:
    return StatusView(
        id="t", status=status, amount=1, currency="EUR", session_public_id="s", checkout_status="pending",
        provider_type="stripe",
    )  # fmt: skip


def a_document(*, rendered: bool) -> CustomerDocument:
    reference = DocumentRef(object_name="o", file_name="f.pdf", sha256="0", key="") if rendered else None
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return CustomerDocument(id="d", number="1", total=1, currency="EUR", issued_at=moment, document=reference)


def test_a_page_is_complete_when_nothing_more_will_change() -> None:
    assert not is_complete(a_view("pending_provider"), [])
    assert is_complete(a_view("failed"), [])
    assert not is_complete(a_view("succeeded"), [])
    assert not is_complete(a_view("succeeded"), [a_document(rendered=False)])
    assert is_complete(a_view("succeeded"), [a_document(rendered=True)])


def test_numeric_status_is_that_of_notifications() -> None:
    assert [numeric(name) for name in ("canceled", "initiated", "pending_provider", "succeeded", "failed")] == [
        -2,
        -1,
        0,
        1,
        2,
    ]
    assert is_final("refunded")
    assert not is_final("initiated")
