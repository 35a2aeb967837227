"""What providers say is made fit to be kept, or refused with a typed error: never an error of the database."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import AMOUNT_MINOR_MAX, Money
from gateway_contracts.requests.transaction import Failure, NextAction
from gateway_providers.border import TEXT_CHARACTERS_MAX, WORD_CHARACTERS_MAX, amount_of, moment_of, reading
from gateway_providers.events import Exchange, FactKind, ProviderFact
from gateway_providers.ports import ProviderPayment, ProviderRefund, Settlement
from gateway_providers.registry import webhooks_of

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ABSURD = [2**63, 10**30, -(10**30), AMOUNT_MINOR_MAX + 1]
ODD = "caf\ud83d\x00e"


def a_fact(**changes: Any) -> ProviderFact:
    fields: dict[str, Any] = {
        "kind": FactKind.CAPTURE_CONFIRMED,
        "event_type": "payment.paid",
        "provider_status": "paid",
        "occurred_at": NOW,
        "livemode": False,
    }
    return ProviderFact(**{**fields, **changes})


@pytest.mark.parametrize("units", [*ABSURD, True, 4900.0, "4900", None])
def test_an_amount_that_cannot_be_booked_is_refused(units: Any) -> None:
    with pytest.raises(Unreadable):
        amount_of(units, "EUR")


@pytest.mark.parametrize("units", ABSURD)
def test_no_fact_or_answer_carries_an_absurd_amount(units: int) -> None:
    money = Money(units, "EUR")
    made: list[Any] = [
        lambda: a_fact(amount=money),
        lambda: a_fact(rounding=money),
        lambda: Exchange(money, Money(1, "USD")),
        lambda: Settlement(fee=money),
        lambda: ProviderRefund("re_1", "succeeded", money, "succeeded"),
        lambda: ProviderPayment("pi_1", "succeeded", money, "paid"),
        lambda: ProviderPayment("pi_1", "succeeded", Money(1, "EUR"), "paid", received=money),
    ]
    for make in made:
        with pytest.raises(Unreadable):
            make()


def test_the_largest_amounts_pass() -> None:
    for units in (2**31, AMOUNT_MINOR_MAX, -AMOUNT_MINOR_MAX):
        assert a_fact(amount=amount_of(units, "IDR")).amount == Money(units, "IDR")


def test_texts_are_cleaned_and_cut() -> None:
    fact = a_fact(
        event_type=ODD,
        provider_status="x" * 10_000,
        provider_payment_id=ODD,
        reference="y" * 10_000,
        failure=Failure(code="PAYMENT_DECLINED", message="no", provider_code=ODD),
    )

    assert fact.event_type == fact.provider_payment_id == "caf\ufffd\ufffde"
    assert len(fact.provider_status) == WORD_CHARACTERS_MAX
    assert len(fact.reference or "") == TEXT_CHARACTERS_MAX
    assert fact.failure is not None
    assert fact.failure.provider_code == "caf\ufffd\ufffde"
    payment = ProviderPayment("pi_1", "pending", None, "open", metadata={ODD: ODD * 100, "order": "1"})
    assert payment.metadata["order"] == "1"
    json.dumps(dict(payment.metadata), ensure_ascii=False).encode()


def test_a_link_is_never_repaired() -> None:
    for url in ("https://pay.example/\ud83d", "https://pay.example/" + "x" * 10_000):
        with pytest.raises(Unreadable):
            ProviderPayment("pi_1", "pending", None, "open", next_action=NextAction(type="redirect", url=url))


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], 5])
def test_a_field_of_another_type_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable):
        a_fact(provider_object_id=value if not isinstance(value, dict) else [value])


def test_times_are_in_utc_and_in_the_calendar() -> None:
    assert moment_of("2026-11-29T01:00:00+01:00") == NOW
    assert a_fact(occurred_at=NOW.astimezone(timezone(timedelta(hours=1)))).occurred_at.tzinfo is UTC
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "x", None, 10**20):
        with pytest.raises(Unreadable):
            moment_of(text)
    with pytest.raises(Unreadable):
        a_fact(occurred_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))


@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError, OverflowError, RecursionError, UnicodeError])
def test_whatever_reading_stumbles_over_is_unreadable(error: type[Exception]) -> None:
    with pytest.raises(Unreadable), reading():
        raise error


@pytest.mark.parametrize("units", [2**63, 10**30, -(10**30)])
def test_a_webhook_of_each_kind_with_an_absurd_amount(units: int) -> None:
    """Signed by the merchant's own secret, it is a genuine event all the same: final, not tried again and again."""
    metadata = {"gatewayTransactionId": "6" * 24, "gatewayOrganizationId": "7" * 24}
    subject = {"id": "re_1", "object": "refund", "amount": units, "currency": "eur", "status": "succeeded"}
    stripe = {
        "id": "evt_1",
        "object": "event",
        "type": "refund.updated",
        "created": 1764374400,
        "data": {"object": {**subject, "metadata": metadata}},
    }
    paypal = {
        "id": "WH-1",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "create_time": "2026-11-29T00:00:00Z",
        "resource": {
            "id": "C1",
            "custom_id": json.dumps({"t": "6" * 24, "o": "7" * 24}),
            "amount": {"value": str(units), "currency_code": "EUR"},
        },
    }
    for kind, event in (("stripe", stripe), ("paypal", paypal)):
        raw = json.dumps(event).encode()
        try:
            facts = webhooks_of(kind).facts(raw)
        except Unreadable:
            continue
        assert all(fact.amount is None for fact in facts), kind
