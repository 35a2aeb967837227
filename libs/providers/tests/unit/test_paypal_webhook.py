"""PayPal's webhooks: the signed text, the certificate and where it may come from, every event."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from conformance import (
    NOW,
    ORGANIZATION,
    REFUND,
    SECRET,
    TRANSACTION,
    DatedConformance,
    EventConformance,
    SignatureConformance,
)
from paypal_rig import URL, Host, a_key, certificates, event, made_ready, signed

from gateway_contracts.errors import Transient, Unreadable
from gateway_contracts.money import Money
from gateway_providers.errors import AmountNotSupported, SignatureInvalid
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.paypal.amounts import from_paypal, to_paypal
from gateway_providers.paypal.certificates import FETCHES_MAX, Certificates
from gateway_providers.paypal.markers import Markers
from gateway_providers.paypal.webhook import PayPalWebhooks, signed_text
from gateway_simulators.paypal.keys import SigningKey, new_key

EUROS = Money(1099, "EUR")
OURS = Markers(TRANSACTION, ORGANIZATION).text()
VECTOR_BODY = b'{"id":"evt_1","type":"payment.succeeded","amount":1099,"currency":"EUR"}'


def capture(money: Money = EUROS, **fields: Any) -> dict[str, Any]:
    value = {"currency_code": money.currency, "value": money.decimal_text()}
    related = {"related_ids": {"order_id": "ORDER1"}}
    whole = {"id": "CAP1", "status": "COMPLETED", "amount": value, "custom_id": OURS, "supplementary_data": related}
    return whole | fields


def fact_of(event_type: str, resource: dict[str, Any]) -> ProviderFact:
    return PayPalWebhooks().facts(event(event_type, resource))[0]


class TestPayPalWebhooks(EventConformance, SignatureConformance, DatedConformance):
    webhooks = made_ready(a_key())

    def headers(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return signed(body, secret, at)

    def captured(self, amount: Money, *, transaction_id: str | None, organization_id: str | None) -> bytes:
        resource = capture(amount)
        del resource["custom_id"]
        if transaction_id is not None and organization_id is not None:
            resource["custom_id"] = Markers(transaction_id, organization_id).text()
        return event("PAYMENT.CAPTURE.COMPLETED", resource)

    def of_type(self, event_type: str) -> bytes:
        return event(event_type, {"id": "X1"})

    @pytest.mark.parametrize("seconds", [-4 * 86_400, 301, 86_400])
    def test_a_stale_or_future_signature_is_refused(self, seconds: int) -> None:
        """PayPal sends again for three days."""
        with pytest.raises(SignatureInvalid):
            self.verify(self.a_body(), self.headers(self.a_body(), SECRET, NOW + timedelta(seconds=seconds)))


def test_the_signed_text_is_the_published_vector() -> None:
    assert signed_text("T-1", "2026-01-01T00:00:00Z", "WH-1", VECTOR_BODY) == "T-1|2026-01-01T00:00:00Z|WH-1|2690121286"


@pytest.mark.parametrize(
    "changes",
    [
        {"paypal_transmission_id": "T-2"},
        {"paypal_transmission_id": ""},
        {"paypal_transmission_id": "T-1|x"},
        {"paypal_transmission_time": "2026-01-15T12:00:01Z"},
        {"paypal_transmission_time": "yesterday"},
        {"paypal_transmission_time": "2026-01-15T12:00:00"},
        {"paypal_transmission_sig": ""},
        {"paypal_transmission_sig": "!"},
        {"paypal_transmission_sig": "é"},
        {"paypal_auth_algo": "SHA1withRSA"},
        {"paypal_auth_algo": ""},
        {"paypal_cert_url": URL + "x"},
        {"paypal_cert_url": ""},
    ],
)
def test_any_other_header_is_refused(changes: dict[str, str]) -> None:
    body = event("X", {})
    with pytest.raises(SignatureInvalid):
        made_ready(a_key()).verify(body, signed(body, SECRET, NOW, **changes), [SECRET], NOW)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.com/cert",
        "http://api.paypal.com/cert",
        "https://api.paypal.com.example.com/cert",
        "https://paypal.com.evil/cert",
        "https://evilpaypal.com/cert",
        "https://api.paypal.com@example.com/cert",
        "https://example.com#.paypal.com/cert",
        "https://example.com\\.paypal.com/cert",
        "https://api.paypal.com:8443/cert",
        "https://127.0.0.1/cert",
        "https://[::1]/cert",
        "https://[::1/cert",
        "file:///etc/passwd",
        "https://api.paypal.com/" + "x" * 600,
        "https://\u0430pi.paypal.com/cert",
    ],
)
async def test_only_paypal_is_asked_for_certificates(url: str) -> None:
    host = Host(a_key().pem)

    with pytest.raises(SignatureInvalid):
        await PayPalWebhooks(certificates(host)).prepare({"paypal-cert-url": url})

    assert host.asked == []


async def test_a_certificate_is_fetched_once() -> None:
    host = Host(a_key().pem)
    webhooks = PayPalWebhooks(certificates(host))

    for _ in range(3):
        await webhooks.prepare({"paypal-cert-url": URL})

    assert host.asked == [URL]
    body = event("X", {})
    webhooks.verify(body, signed(body, SECRET, NOW), [SECRET], NOW)


async def test_what_is_no_certificate_is_not_asked_again_at_once() -> None:
    host = Host(b"<html>")
    kept = certificates(host, monotonic=lambda: 1000.0)

    for _ in range(3):
        with pytest.raises(SignatureInvalid):
            await kept.have_ready(URL)

    assert host.asked == [URL]


async def test_paypal_out_of_reach_is_no_forgery() -> None:
    with pytest.raises(Transient):
        await certificates(Host(TimeoutError())).have_ready(URL)


async def test_not_many_certificates_are_fetched_at_once() -> None:
    gate = asyncio.Event()

    async def slow(url: str) -> bytes:
        await gate.wait()
        return a_key().pem

    kept = Certificates(fetch=slow)
    waiting = [asyncio.create_task(kept.have_ready(f"{URL}{number}")) for number in range(FETCHES_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(Transient):
        await kept.have_ready(f"{URL}-one-more")
    gate.set()
    await asyncio.gather(*waiting)


async def checked(key: SigningKey, at: datetime, root: SigningKey | None = None) -> None:
    kept = certificates(Host(key.pem), root or key)
    await kept.have_ready(URL)
    kept.key_of(URL, at)


async def test_the_certificate_must_be_paypals_and_in_time_and_vouched_for() -> None:
    await checked(a_key(), NOW)
    for key, at, root in (
        (a_key("paypal.example.com"), NOW, None),
        (a_key("messageverificationcerts.paypal.com.example"), NOW, None),
        (a_key(), NOW + timedelta(days=366), None),
        (a_key(), NOW - timedelta(days=1), None),
        (a_key(), NOW, new_key(now=NOW)),
    ):
        with pytest.raises(SignatureInvalid):
            await checked(key, at, root)


async def test_a_certificate_that_runs_out_while_it_is_kept_is_no_longer_good() -> None:
    kept = certificates(Host(a_key().pem))
    await kept.have_ready(URL)

    kept.key_of(URL, NOW)
    with pytest.raises(SignatureInvalid):
        kept.key_of(URL, NOW + timedelta(days=400))


async def test_only_a_configured_origin_brings_its_own_root() -> None:
    key = new_key(now=NOW)
    there = "http://127.0.0.1:12114/v1/notifications/certs/CERT-1"
    kept = Certificates(["http://127.0.0.1:12114/"], fetch=Host(key.pem).fetch)

    await kept.have_ready(there)
    await kept.have_ready(URL)

    kept.key_of(there, NOW)
    with pytest.raises(SignatureInvalid):
        kept.key_of(URL, NOW)
    with pytest.raises(SignatureInvalid):
        await kept.have_ready("http://127.0.0.1:12115/v1/notifications/certs/CERT-1")


ORDER = {"id": "ORDER1", "status": "APPROVED", "purchase_units": [{"custom_id": OURS, "amount": capture()["amount"]}]}


@pytest.mark.parametrize(
    ("event_type", "resource", "kind"),
    [
        ("CHECKOUT.ORDER.APPROVED", ORDER, FactKind.AUTHORIZED),
        ("CHECKOUT.ORDER.VOIDED", ORDER, FactKind.CANCELED),
        ("CHECKOUT.PAYMENT-APPROVAL.REVERSED", ORDER | {"order_id": "ORDER1"}, FactKind.CANCELED),
        ("PAYMENT.CAPTURE.COMPLETED", capture(), FactKind.CAPTURE_CONFIRMED),
        ("PAYMENT.CAPTURE.PENDING", capture(status="PENDING"), FactKind.PROCESSING),
        ("PAYMENT.CAPTURE.DENIED", capture(status="DECLINED"), FactKind.DECLINED),
        ("PAYMENT.CAPTURE.DECLINED", capture(status="DECLINED"), FactKind.DECLINED),
    ],
)
def test_events_of_payments(event_type: str, resource: dict[str, Any], kind: FactKind) -> None:
    fact = fact_of(event_type, resource)

    assert (fact.kind, fact.provider_payment_id, fact.transaction_id) == (kind, "ORDER1", TRANSACTION)
    assert (fact.amount, fact.organization_id, fact.occurred_at) == (EUROS, ORGANIZATION, NOW)
    assert (fact.failure is not None) == (kind is FactKind.DECLINED)


def test_a_completed_order_alone_is_no_payment() -> None:
    assert fact_of("CHECKOUT.ORDER.COMPLETED", ORDER).kind is FactKind.UNKNOWN


def test_a_capture_tells_its_fee_too() -> None:
    fee = {"currency_code": "EUR", "value": "0.68"}
    body = event("PAYMENT.CAPTURE.COMPLETED", capture(seller_receivable_breakdown={"paypal_fee": fee}))

    captured, known = PayPalWebhooks().facts(body)

    assert (captured.kind, captured.amount) == (FactKind.CAPTURE_CONFIRMED, EUROS)
    assert (known.kind, known.amount, known.provider_object_id) == (FactKind.FEE_KNOWN, Money(68, "EUR"), "CAP1")


@pytest.mark.parametrize(
    ("event_type", "status", "kind"),
    [
        ("PAYMENT.CAPTURE.REFUNDED", "COMPLETED", FactKind.REFUND_CONFIRMED),
        ("PAYMENT.CAPTURE.REFUNDED", "PENDING", FactKind.REFUND_PENDING),
        ("PAYMENT.REFUND.FAILED", "FAILED", FactKind.REFUND_FAILED),
        ("PAYMENT.REFUND.PENDING", "PENDING", FactKind.REFUND_PENDING),
        ("PAYMENT.CAPTURE.REFUNDED", "SOMETHING", FactKind.UNKNOWN),
    ],
)
def test_a_refund_names_ours(event_type: str, status: str, kind: FactKind) -> None:
    marked = Markers(TRANSACTION, ORGANIZATION, REFUND).text()

    fact = fact_of(event_type, {"id": "REF1", "status": status, "amount": capture()["amount"], "custom_id": marked})

    assert (fact.kind, fact.refund_id, fact.provider_object_id) == (kind, REFUND, "REF1")
    assert (fact.transaction_id, fact.amount) == (TRANSACTION, EUROS)


def test_a_reversal_is_a_lost_dispute() -> None:
    fact = fact_of("PAYMENT.CAPTURE.REVERSED", capture())

    assert (fact.kind, fact.dispute_kind, fact.amount) == (FactKind.DISPUTE_LOST, "chargeback", EUROS)


@pytest.mark.parametrize(
    ("status", "stage", "outcome", "kind"),
    [
        ("OPEN", "INQUIRY", None, FactKind.INQUIRY_CHANGED),
        ("OPEN", "CHARGEBACK", None, FactKind.DISPUTE_OPENED),
        ("WAITING_FOR_SELLER_RESPONSE", "CHARGEBACK", None, FactKind.DISPUTE_OPENED),
        ("UNDER_REVIEW", "CHARGEBACK", None, FactKind.DISPUTE_UNDER_REVIEW),
        ("RESOLVED", "CHARGEBACK", "RESOLVED_BUYER_FAVOUR", FactKind.DISPUTE_LOST),
        ("RESOLVED", "INQUIRY", "ACCEPTED", FactKind.DISPUTE_LOST),
        ("RESOLVED", "CHARGEBACK", "RESOLVED_SELLER_FAVOUR", FactKind.DISPUTE_WON),
        ("RESOLVED", "CHARGEBACK", "CANCELED_BY_BUYER", FactKind.DISPUTE_WON),
        ("RESOLVED", "CHARGEBACK", "RESOLVED_WITH_PAYOUT", FactKind.DISPUTE_WON),
        ("RESOLVED", "CHARGEBACK", "NONE", FactKind.UNKNOWN),
        ("SOMETHING", "CHARGEBACK", None, FactKind.UNKNOWN),
    ],
)
def test_a_dispute_names_our_payment(status: str, stage: str, outcome: str | None, kind: FactKind) -> None:
    dispute = {
        "dispute_id": "PP-D-1",
        "status": status,
        "dispute_life_cycle_stage": stage,
        "dispute_amount": {"currency_code": "EUR", "value": "3.00"},
        "disputed_transactions": [{"seller_transaction_id": "CAP1", "custom": OURS}],
        "dispute_outcome": {"outcome_code": outcome},
    }

    fact = fact_of("CUSTOMER.DISPUTE.UPDATED", dispute)

    assert (fact.kind, fact.provider_object_id, fact.transaction_id) == (kind, "PP-D-1", TRANSACTION)
    assert (fact.amount, fact.dispute_kind) == (Money(300, "EUR"), "chargeback")


@pytest.mark.parametrize(
    ("host", "livemode"),
    [("api.paypal.com", True), ("api.sandbox.paypal.com", False), ("127.0.0.1", None)],
)
def test_the_mode_is_where_the_event_lives(host: str, livemode: bool | None) -> None:
    links = [{"rel": "self", "href": f"https://{host}/v1/notifications/webhooks-events/WH-1"}]

    [fact] = PayPalWebhooks().facts(event("PAYMENT.CAPTURE.COMPLETED", capture(), links=links))

    assert fact.livemode is livemode


def test_a_foreign_payment_in_a_strange_currency_is_unknown_and_ours_is_unreadable() -> None:
    strange = {"currency_code": "XXX", "value": "1.00"}

    assert fact_of("PAYMENT.CAPTURE.COMPLETED", capture(amount=strange, custom_id="shop-7")).kind is FactKind.UNKNOWN
    with pytest.raises(Unreadable):
        fact_of("PAYMENT.CAPTURE.COMPLETED", capture() | {"amount": strange})


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(1099, "EUR"), "10.99"),
        (Money(5, "USD"), "0.05"),
        (Money(1200, "JPY"), "1200"),
        (Money(120_000, "HUF"), "1200"),
        (Money(45_000, "TWD"), "450"),
    ],
)
def test_amounts_are_paypals_text(amount: Money, text: str) -> None:
    assert to_paypal(amount) == {"currency_code": amount.currency, "value": text}
    assert from_paypal(to_paypal(amount)) == amount
    assert from_paypal({"currency_code": "HUF", "value": "1200.00"}) == Money(120_000, "HUF")


def test_a_fraction_that_paypal_does_not_take_is_refused() -> None:
    with pytest.raises(AmountNotSupported):
        to_paypal(Money(120_050, "HUF"))


@pytest.mark.parametrize(
    "written", [None, {}, {"value": 10, "currency_code": "EUR"}, {"value": "1", "currency_code": 1}]
)
def test_what_is_no_amount_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        from_paypal(written)
