"""Stripe's webhooks, checked against published vectors and Stripe's own library."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from conformance import NOW, ORGANIZATION, SECRET, TRANSACTION, WebhookConformance

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import FactKind
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, MARKER_TRANSACTION
from gateway_providers.stripe.amounts import to_stripe
from gateway_providers.stripe.http import API_VERSION
from gateway_providers.stripe.webhook import StripeWebhooks, sign

EUROS = Money(1099, "EUR")
VECTOR_BODY = b'{"id":"evt_1","type":"payment.succeeded","amount":1099,"currency":"EUR"}'
VECTOR_SECRET = "whsec_anchor_secret"
VECTOR_TIME = 1_700_000_000
VECTOR = "31aeda4791a69b5567be9319898388f400cfc4d6995b0db7ed6d415b628f8756"


def event(event_type: str, subject: dict[str, Any], **fields: Any) -> bytes:
    created = int(NOW.timestamp())
    whole = {"id": "evt_1", "object": "event", "type": event_type, "created": created, "livemode": False}
    return json.dumps(whole | {"data": {"object": subject}} | fields).encode()


def intent(amount: Money = EUROS, **fields: Any) -> dict[str, Any]:
    units = to_stripe(amount)
    whole = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": units,
        "amount_received": units,
        "amount_capturable": 0,
        "currency": amount.currency.lower(),
        "status": "succeeded",
        "metadata": {MARKER_TRANSACTION: TRANSACTION, MARKER_ORGANIZATION: ORGANIZATION},
        "last_payment_error": None,
    }
    return whole | fields


def facts(event_type: str, subject: dict[str, Any]) -> Any:
    [fact] = StripeWebhooks().facts(event(event_type, subject))
    return fact


class TestStripeWebhooks(WebhookConformance):
    webhooks = StripeWebhooks()

    def headers(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        text = body.decode("utf-8", "surrogateescape")
        made = stripe.WebhookSignature.generate_signature_header(text, secret, timestamp=int(at.timestamp()))
        return {"stripe-signature": made}

    def captured(self, amount: Money, *, transaction_id: str | None, organization_id: str | None) -> bytes:
        markers = {MARKER_TRANSACTION: transaction_id, MARKER_ORGANIZATION: organization_id}
        metadata = {key: value for key, value in markers.items() if value is not None}
        return event("payment_intent.succeeded", intent(amount, metadata=metadata))

    def of_type(self, event_type: str) -> bytes:
        return event(event_type, {"id": "x_1", "object": "novelty"})


def test_the_published_vector() -> None:
    assert sign(VECTOR_BODY, VECTOR_SECRET, VECTOR_TIME) == VECTOR
    at = datetime.fromtimestamp(VECTOR_TIME, UTC)
    StripeWebhooks().verify(VECTOR_BODY, {"stripe-signature": f"t={VECTOR_TIME},v1={VECTOR}"}, [VECTOR_SECRET], at)


def test_stripes_library_accepts_our_signature() -> None:
    header = f"t={VECTOR_TIME},v1={sign(VECTOR_BODY, VECTOR_SECRET, VECTOR_TIME)}"

    assert stripe.WebhookSignature.verify_header(VECTOR_BODY.decode(), header, VECTOR_SECRET)


def test_the_version_is_that_of_stripes_library() -> None:
    assert stripe.api_version == API_VERSION


def check(header: str) -> None:
    at = datetime.fromtimestamp(VECTOR_TIME, UTC)
    StripeWebhooks().verify(VECTOR_BODY, {"stripe-signature": header}, [VECTOR_SECRET], at)


@pytest.mark.parametrize(
    "header",
    [
        f"t={VECTOR_TIME},v1={'0' * 64},v1={VECTOR}",
        f"t={VECTOR_TIME},v1={VECTOR},v0={'0' * 64}",
        f"v1={VECTOR},t={VECTOR_TIME}",
        f"t={VECTOR_TIME}, v1={VECTOR}",
        f"t={VECTOR_TIME},v2=new,v1={VECTOR}",
    ],
)
def test_one_of_several_signatures_is_enough(header: str) -> None:
    check(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        f"t={VECTOR_TIME}",
        f"v1={VECTOR}",
        f"t={VECTOR_TIME},v0={VECTOR}",
        f"t={VECTOR_TIME},t={VECTOR_TIME},v1={VECTOR}",
        f"t={VECTOR_TIME}.0,v1={VECTOR}",
        f"t=+{VECTOR_TIME},v1={VECTOR}",
        f"t=1_700_000_000,v1={VECTOR}",
        f"t=\u0661\u0667,v1={VECTOR}",
        f"t={'9' * 400},v1={VECTOR}",
        f"t=-1,v1={VECTOR}",
        f"t={VECTOR_TIME},v1={VECTOR.upper()}",
        f"t={VECTOR_TIME},v1=é",
        f"t={VECTOR_TIME + 1},v1={VECTOR}",
        f"t={VECTOR_TIME},v1={VECTOR}0",
        f"t={VECTOR_TIME},v1=",
    ],
)
def test_anything_else_is_refused(header: str) -> None:
    with pytest.raises(SignatureInvalid):
        check(header)


@pytest.mark.parametrize(
    ("event_type", "fields", "kind", "minor"),
    [
        ("payment_intent.succeeded", {}, FactKind.CAPTURE_CONFIRMED, 1099),
        ("payment_intent.amount_capturable_updated", {"amount_capturable": 700}, FactKind.AUTHORIZED, 700),
        ("payment_intent.processing", {"status": "processing"}, FactKind.PROCESSING, 1099),
        ("payment_intent.requires_action", {"status": "requires_action"}, FactKind.REQUIRES_ACTION, 1099),
        ("payment_intent.payment_failed", {"status": "requires_payment_method"}, FactKind.DECLINED, 1099),
        ("payment_intent.canceled", {"status": "canceled"}, FactKind.CANCELED, 1099),
        ("payment_intent.created", {"status": "requires_payment_method"}, FactKind.UNKNOWN, None),
        ("payment_intent.partially_funded", {}, FactKind.UNKNOWN, None),
    ],
)
def test_events_of_payments(event_type: str, fields: dict[str, Any], kind: FactKind, minor: int | None) -> None:
    fact = facts(event_type, intent(**fields))

    assert fact.kind is kind
    assert fact.provider_payment_id == "pi_1"
    assert fact.amount == (Money(minor, "EUR") if minor else None)
    assert fact.occurred_at == NOW
    assert fact.transaction_id == TRANSACTION


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "INSUFFICIENT_FUNDS"),
        ({"code": "card_declined", "decline_code": "stolen_card"}, "PAYMENT_DECLINED"),
        ({"code": "expired_card"}, "CARD_EXPIRED"),
        ({"type": "card_error"}, "PAYMENT_DECLINED"),
        (None, "PAYMENT_DECLINED"),
    ],
)
def test_a_decline_says_why_and_never_that_a_card_was_stolen(error: dict[str, str] | None, code: str) -> None:
    fact = facts("payment_intent.payment_failed", intent(last_payment_error=error))

    assert fact.failure.code == code
    assert "stolen" not in fact.failure.message


BASE = {"payment_intent": "pi_1", "amount": 500, "currency": "eur", "metadata": {}}


@pytest.mark.parametrize(
    ("event_type", "status", "kind"),
    [
        ("refund.created", "pending", FactKind.REFUND_PENDING),
        ("refund.created", "requires_action", FactKind.REFUND_PENDING),
        ("refund.created", "succeeded", FactKind.REFUND_CONFIRMED),
        ("refund.updated", "succeeded", FactKind.REFUND_CONFIRMED),
        ("refund.updated", "canceled", FactKind.REFUND_FAILED),
        ("refund.failed", "failed", FactKind.REFUND_FAILED),
        ("refund.updated", "something_new", FactKind.UNKNOWN),
    ],
)
def test_a_refund_names_its_payment_and_ours(event_type: str, status: str, kind: FactKind) -> None:
    marked = {"id": "re_1", "object": "refund", "status": status, "metadata": {MARKER_REFUND: "ours_1"}}

    fact = facts(event_type, BASE | marked)

    assert (fact.kind, fact.provider_object_id, fact.refund_id) == (kind, "re_1", "ours_1")
    assert (fact.provider_payment_id, fact.amount) == ("pi_1", Money(500, "EUR"))


def test_a_refund_made_at_the_provider_belongs_to_no_request() -> None:
    assert facts("refund.created", BASE | {"id": "re_1", "object": "refund", "status": "pending"}).refund_id is None


@pytest.mark.parametrize(
    ("event_type", "status", "kind"),
    [
        ("charge.dispute.created", "warning_needs_response", FactKind.INQUIRY_CHANGED),
        ("charge.dispute.updated", "warning_under_review", FactKind.INQUIRY_CHANGED),
        ("charge.dispute.closed", "warning_closed", FactKind.INQUIRY_CHANGED),
        ("charge.dispute.created", "needs_response", FactKind.DISPUTE_OPENED),
        ("charge.dispute.updated", "under_review", FactKind.DISPUTE_UNDER_REVIEW),
        ("charge.dispute.closed", "won", FactKind.DISPUTE_WON),
        ("charge.dispute.closed", "prevented", FactKind.DISPUTE_WON),
        ("charge.dispute.closed", "lost", FactKind.DISPUTE_LOST),
        ("charge.dispute.updated", "something_new", FactKind.UNKNOWN),
        ("charge.dispute.funds_withdrawn", "needs_response", FactKind.DISPUTE_FUNDS_WITHDRAWN),
        ("charge.dispute.funds_reinstated", "won", FactKind.DISPUTE_FUNDS_REINSTATED),
    ],
)
def test_a_dispute_says_where_it_stands_and_its_funds_where_the_money_is(
    event_type: str, status: str, kind: FactKind
) -> None:
    fact = facts(event_type, BASE | {"id": "dp_1", "object": "dispute", "status": status})

    assert (fact.kind, fact.dispute_kind, fact.provider_object_id) == (kind, "chargeback", "dp_1")
    assert (fact.provider_payment_id, fact.amount) == ("pi_1", Money(500, "EUR"))


def test_a_fee_is_known_with_its_balance_transaction() -> None:
    fee = facts("charge.updated", BASE | {"id": "ch_1", "balance_transaction": "txn_1"})
    no_fee = facts("charge.updated", BASE | {"id": "ch_1", "balance_transaction": None})

    assert (fee.kind, fee.provider_object_id, fee.amount) == (FactKind.FEE_KNOWN, "txn_1", None)
    assert no_fee.kind is FactKind.UNKNOWN
    assert {fee.provider_payment_id, no_fee.provider_payment_id} == {"pi_1"}


def test_a_foreign_payment_in_a_strange_currency_is_unknown_and_ours_is_unreadable() -> None:
    foreign = facts("payment_intent.succeeded", intent(currency="usdc", metadata={}))

    assert foreign.kind is FactKind.UNKNOWN
    with pytest.raises(Unreadable):
        facts("payment_intent.succeeded", intent(currency="usdc"))


def test_a_thin_event_is_a_fact_of_kind_unknown() -> None:
    raw = json.dumps(
        {"id": "evt_2", "object": "v2.core.event", "type": "v1.billing.x", "created": "2026-01-15T12:00:00.000Z"}
    )

    [fact] = StripeWebhooks().facts(raw.encode())

    assert (fact.kind, fact.occurred_at) == (FactKind.UNKNOWN, NOW)


def test_a_body_that_is_not_text_is_still_verified_by_its_bytes() -> None:
    body = b"\xff\xfe\x00"
    header = {"stripe-signature": f"t={int(NOW.timestamp())},v1={sign(body, SECRET, int(NOW.timestamp()))}"}

    StripeWebhooks().verify(body, header, [SECRET], NOW)
