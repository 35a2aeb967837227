"""How a customer paid, in the providers' objects; odd values are left out and break nothing."""

from typing import Any

import pytest

from gateway_contracts.events.transaction import PaymentMethod
from gateway_providers.mollie.methods import mollie_method
from gateway_providers.stripe.methods import stripe_method

VISA = {"type": "card", "card": {"brand": "visa", "last4": "4242", "wallet": None}}


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (VISA, PaymentMethod(type="card", brand="visa", last4="4242")),
        ({"type": "sepa_debit", "sepa_debit": {"last4": "3000"}}, PaymentMethod(type="sepa_debit", last4="3000")),
        ({"type": "ideal", "ideal": {"bank": "ing"}}, PaymentMethod(type="ideal")),
        ({"type": "card"}, PaymentMethod(type="card")),
        ({"type": "card", "card": {"brand": 7, "last4": "4242424242424242"}}, PaymentMethod(type="card")),
        ({"type": "card", "card": []}, PaymentMethod(type="card")),
        ({"type": "x" * 41}, None),
        ({"type": "\ud800"}, None),
        ({"type": ["card"]}, None),
        ({}, None),
        (None, None),
    ],
)
def test_stripe(details: Any, expected: PaymentMethod | None) -> None:
    assert stripe_method({"payment_method_details": details}) == expected


def test_a_charge_that_is_only_named_says_nothing() -> None:
    assert stripe_method("ch_1") is None
    assert stripe_method(None) is None


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        (
            {"method": "creditcard", "details": {"cardLabel": "Mastercard", "cardNumber": "************6787"}},
            PaymentMethod(type="creditcard", brand="mastercard", last4="6787"),
        ),
        ({"method": "creditcard", "details": {"cardNumber": "6787"}}, PaymentMethod(type="creditcard", last4="6787")),
        ({"method": "ideal", "details": {"consumerName": "T. Test"}}, PaymentMethod(type="ideal")),
        ({"method": "creditcard", "details": {"cardNumber": 6787}}, PaymentMethod(type="creditcard")),
        ({"method": None}, None),
        ({}, None),
    ],
)
def test_mollie(payment: dict[str, Any], expected: PaymentMethod | None) -> None:
    assert mollie_method(payment) == expected
