"""GoCardless' webhooks: signatures by its own library's rule, batches, every event."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import pytest
from conformance import NOW, ORGANIZATION, REFUND, SECRET, TRANSACTION, EventConformance, SignatureConformance

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.gocardless.markers import Markers, markers_of
from gateway_providers.gocardless.webhook import GoCardlessWebhooks, sign

EUROS = Money(1099, "EUR")
VECTOR_BODY = b'{"events":[],"meta":{"webhook_id":"WB123"}}'
VECTOR_SECRET = "anchor-gc-secret"
VECTOR = "738e3751fc2dc298f87fafdee3d40fbe10e0fdf6743aecc63efcb66a1a7df6e0"
OURS = Markers(TRANSACTION, ORGANIZATION, EUROS, "BRQ1").metadata()


def an_event(kind: str, action: str, metadata: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    whole = {
        "id": "EV1",
        "created_at": "2026-01-15T12:00:00.000Z",
        "resource_type": kind,
        "action": action,
        "links": {kind.removesuffix("s"): "XX1"},
        "details": {"origin": "bank", "cause": "some_cause"},
        "metadata": {},
        "resource_metadata": OURS if metadata is None else metadata,
    }
    return whole | fields


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps({"events": list(events), "meta": {"webhook_id": "WB1"}}).encode()


def fact_of(kind: str, action: str, metadata: dict[str, str] | None = None, **fields: Any) -> ProviderFact:
    [fact] = GoCardlessWebhooks().facts(body_of(an_event(kind, action, metadata, **fields)))
    return fact


class TestGoCardlessWebhooks(EventConformance, SignatureConformance):
    webhooks = GoCardlessWebhooks()

    def headers(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {"webhook-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}

    def captured(self, amount: Money, *, transaction_id: str | None, organization_id: str | None) -> bytes:
        metadata = {}
        if transaction_id is not None and organization_id is not None:
            metadata = Markers(transaction_id, organization_id, amount, "BRQ1").metadata()
        return body_of(an_event("payments", "confirmed", metadata))

    def of_type(self, event_type: str) -> bytes:
        kind, _, action = event_type.partition(".")
        return body_of(an_event(kind, action, {}))


def test_the_published_vector() -> None:
    assert sign(VECTOR_BODY, VECTOR_SECRET) == VECTOR
    GoCardlessWebhooks().verify(VECTOR_BODY, {"webhook-signature": VECTOR}, [VECTOR_SECRET], NOW)
    assert GoCardlessWebhooks().split(VECTOR_BODY) == []


@pytest.mark.parametrize("given", ["", VECTOR.upper(), f"sha256={VECTOR}", VECTOR[:-1], VECTOR + "0", "é"])
def test_anything_else_is_refused(given: str) -> None:
    with pytest.raises(SignatureInvalid):
        GoCardlessWebhooks().verify(VECTOR_BODY, {"webhook-signature": given}, [VECTOR_SECRET], NOW)


def test_a_wrong_signature_has_gocardless_own_status() -> None:
    assert GoCardlessWebhooks().signature_failure_status == 498


async def test_nothing_is_prepared() -> None:
    await GoCardlessWebhooks().prepare({})


def test_a_batch_is_split_into_events_that_stand_for_themselves() -> None:
    body = body_of(*(an_event("payments", "submitted", id=f"EV{number}") for number in range(250)))

    events = GoCardlessWebhooks().split(body)

    assert [event.provider_event_id for event in events] == [f"EV{number}" for number in range(250)]
    assert {event.event_type for event in events} == {"payments.submitted"}
    [fact] = GoCardlessWebhooks().facts(events[7].raw)
    assert (fact.transaction_id, fact.kind) == (TRANSACTION, FactKind.PROCESSING)


@pytest.mark.parametrize("event", [1, {}, {"id": "EV1"}, {"id": "", "resource_type": "payments", "action": "x"}])
def test_one_unreadable_event_of_a_batch_is_refused_alone(event: Any) -> None:
    body = json.dumps({"events": [an_event("payments", "confirmed"), event]}).encode()

    confirmed, unreadable = GoCardlessWebhooks().split(body)

    assert [fact.kind for fact in GoCardlessWebhooks().facts(confirmed.raw)] == [FactKind.CAPTURE_CONFIRMED]
    assert unreadable == GoCardlessWebhooks().split(body)[1]
    with pytest.raises(Unreadable):
        GoCardlessWebhooks().facts(unreadable.raw)


def test_an_event_is_not_written_longer_than_it_came() -> None:
    event = an_event("payments", "confirmed", id="EV1") | {"note": "\U0001f600" * 1000 + "\ud800"}
    body = json.dumps({"events": [event]}, ensure_ascii=False).encode("utf-8", "backslashreplace")

    [parsed] = GoCardlessWebhooks().split(body)

    assert len(parsed.raw) <= len(body)
    assert json.loads(parsed.raw) == event


@pytest.mark.parametrize(
    ("kind", "action", "expected"),
    [
        ("billing_requests", "created", FactKind.UNKNOWN),
        ("billing_requests", "flow_visited", FactKind.UNKNOWN),
        ("billing_requests", "cancelled", FactKind.CANCELED),
        ("billing_requests", "failed", FactKind.DECLINED),
        ("payments", "created", FactKind.PROCESSING),
        ("payments", "customer_approval_granted", FactKind.PROCESSING),
        ("payments", "customer_approval_denied", FactKind.DECLINED),
        ("payments", "submitted", FactKind.PROCESSING),
        ("payments", "resubmission_requested", FactKind.PROCESSING),
        ("payments", "confirmed", FactKind.CAPTURE_CONFIRMED),
        ("payments", "failed", FactKind.DECLINED),
        ("payments", "cancelled", FactKind.CANCELED),
        ("payments", "paid_out", FactKind.PAID_OUT),
        ("payments", "chargeback_settled", FactKind.UNKNOWN),
        ("payments", "surcharge_fee_debited", FactKind.UNKNOWN),
        ("mandates", "created", FactKind.MANDATE_CHANGED),
        ("mandates", "cancelled", FactKind.MANDATE_CHANGED),
        ("mandates", "something_new", FactKind.MANDATE_CHANGED),
        ("payouts", "paid", FactKind.UNKNOWN),
    ],
)
def test_what_events_mean(kind: str, action: str, expected: FactKind) -> None:
    fact = fact_of(kind, action)

    assert (fact.kind, fact.event_type, fact.provider_status) == (expected, f"{kind}.{action}", action)
    assert (fact.transaction_id, fact.organization_id, fact.occurred_at) == (TRANSACTION, ORGANIZATION, NOW)
    assert fact.livemode is None


def test_a_payment_names_the_billing_request_that_we_know_it_by() -> None:
    assert fact_of("payments", "confirmed").provider_payment_id == "BRQ1"
    assert fact_of("payments", "confirmed").provider_object_id == "XX1"


def test_a_fulfilled_request_is_an_authorization() -> None:
    metadata = Markers(TRANSACTION, ORGANIZATION, EUROS).metadata()

    fact = fact_of("billing_requests", "fulfilled", metadata, links={"billing_request": "BRQ9"})

    assert (fact.kind, fact.provider_payment_id, fact.amount) == (FactKind.AUTHORIZED, "BRQ9", EUROS)


def test_a_failure_that_will_be_retried_is_no_decline() -> None:
    fact = fact_of("payments", "failed", details={"cause": "insufficient_funds", "will_attempt_retry": True})

    assert fact.kind is FactKind.FAILED_WILL_RETRY
    assert fact.failure is not None
    assert fact.failure.code == "INSUFFICIENT_FUNDS"


def test_a_late_failure_is_a_bank_return() -> None:
    failed, settled = fact_of("payments", "failed"), fact_of("payments", "late_failure_settled")

    assert (failed.kind, settled.kind) == (FactKind.DECLINED, FactKind.LATE_FAILURE)
    assert failed.dispute_kind == settled.dispute_kind == "bank_return"
    assert failed.provider_object_id == settled.provider_object_id
    assert failed.amount == settled.amount == EUROS


@pytest.mark.parametrize(
    ("action", "kind"), [("charged_back", FactKind.DISPUTE_LOST), ("chargeback_cancelled", FactKind.DISPUTE_WON)]
)
def test_chargebacks_are_decided_at_once(action: str, kind: FactKind) -> None:
    fact = fact_of("payments", action)

    assert (fact.kind, fact.dispute_kind, fact.amount, fact.provider_object_id) == (kind, "chargeback", EUROS, "XX1")


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("created", FactKind.REFUND_PENDING),
        ("paid", FactKind.REFUND_CONFIRMED),
        ("failed", FactKind.REFUND_FAILED),
        ("bounced", FactKind.REFUND_FAILED),
        ("funds_returned", FactKind.REFUND_FAILED),
        ("refund_settled", FactKind.UNKNOWN),
    ],
)
def test_a_refund_names_ours_and_its_payment(action: str, kind: FactKind) -> None:
    metadata = Markers(TRANSACTION, ORGANIZATION, Money(500, "EUR"), "BRQ1", REFUND).metadata()

    fact = fact_of("refunds", action, metadata)

    assert (fact.kind, fact.refund_id, fact.amount) == (kind, REFUND, None)  # the marker only says what was asked for
    assert (fact.provider_payment_id, fact.provider_object_id) == ("BRQ1", "XX1")


def test_three_keys_are_enough_for_everything() -> None:
    whole = Markers(TRANSACTION, ORGANIZATION, Money(99_999_999, "SEK"), "BRQ1", REFUND)

    assert len(whole.metadata()) == 3
    assert markers_of(whole.metadata()) == whole


@pytest.mark.parametrize("words", ["", "1099", "x EUR", "-1 EUR", "1099 XXX", "\u0661 EUR", "9" * 16 + " EUR"])
def test_markers_that_the_gateway_did_not_write_are_ignored(words: str) -> None:
    assert markers_of({**OURS, "gatewaySubject": words}) is None


def test_another_secret_never_helps() -> None:
    body = body_of(an_event("payments", "confirmed"))
    with pytest.raises(SignatureInvalid):
        GoCardlessWebhooks().verify(body, {"webhook-signature": sign(body, SECRET)}, [""], NOW)
