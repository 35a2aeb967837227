"""Which currencies each provider is offered for, and in which amounts."""

from collections.abc import Set

import pytest

from gateway_contracts.money import EXPONENTS, Money
from gateway_providers.gocardless import client as gocardless
from gateway_providers.mollie import amounts as mollie
from gateway_providers.paypal import amounts as paypal
from gateway_providers.ports import Connector
from gateway_providers.registry import connect
from gateway_providers.stripe import amounts as stripe
from gateway_simulators.gocardless import schemes
from gateway_simulators.mollie import money as mollie_simulator
from gateway_simulators.paypal import amounts as paypal_simulator
from gateway_simulators.stripe import currencies as stripe_simulator


@pytest.mark.parametrize(
    ("ours", "simulated"),
    [
        (stripe.CURRENCIES, {code.upper() for code in stripe_simulator.PRESENTMENT}),
        (mollie.CURRENCIES, mollie_simulator.CURRENCIES),
        (paypal.CURRENCIES, paypal_simulator.CURRENCIES),
        (gocardless.CURRENCIES, schemes.DEFAULTS.keys()),
    ],
)
def test_connector_and_simulator_know_the_same_currencies(ours: Set[str], simulated: Set[str]) -> None:
    assert ours == simulated


@pytest.mark.parametrize("provider_type", ["stripe", "mollie", "paypal", "gocardless"])
def test_a_currency_that_the_provider_does_not_take_is_not_offered(provider_type: str) -> None:
    connector: Connector = connect(provider_type)
    currencies = connector.capabilities.currencies

    assert currencies is not None
    for code in EXPONENTS.keys() - currencies:
        assert not connector.capabilities.offers(Money(90_000 * 10 ** EXPONENTS[code], code)), code


@pytest.mark.parametrize("provider_type", ["stripe", "mollie", "paypal", "gocardless"])
def test_the_lev_is_no_longer_offered(provider_type: str) -> None:
    """Bulgaria has the euro since 2026."""
    assert "BGN" not in (connect(provider_type).capabilities.currencies or ())


@pytest.mark.parametrize(
    ("provider_type", "minor", "currency", "is_offered"),
    [
        ("paypal", 1_200, "HUF", True),
        ("paypal", 1_250, "HUF", False),
        ("paypal", 1_250, "TWD", False),
        ("paypal", 1_250, "JPY", True),
        ("mollie", 1_250, "HUF", True),
        ("mollie", 1_250, "TWD", True),
        ("mollie", 1, "ISK", True),
        ("gocardless", 1, "DKK", True),
        ("gocardless", 1_000, "NOK", False),
    ],
)
def test_decimals(provider_type: str, minor: int, currency: str, is_offered: bool) -> None:
    assert connect(provider_type).capabilities.offers(Money(minor, currency)) is is_offered


@pytest.mark.parametrize("code", sorted(stripe.CURRENCIES & EXPONENTS.keys()))
def test_the_simulator_takes_the_bounds_that_we_offer(code: str) -> None:
    """The smallest and the largest amount of each currency that Stripe can express."""
    step = 10 if EXPONENTS[code] == 3 else 1
    lowest = -(-max(stripe.MINIMUM_MINOR.get(code, 1), 1) // step) * step
    lowest = 100 if code == "MGA" else lowest
    highest = stripe.MAXIMUM_MINOR[code] // step * step
    for minor in (lowest, highest):
        units = stripe.to_stripe(Money(minor, code))
        assert stripe_simulator.checked_amount(units, code.lower()) == units
