import pytest
import stripe

from gateway_simulators.stripe.accounts import caller_of
from gateway_simulators.stripe.cards import TOKENS, Card, card_of_number, card_of_token, check_details, passes_luhn
from gateway_simulators.stripe.errors import ApiError
from gateway_simulators.stripe.settings import DEFAULT_API_VERSION
from gateway_simulators.stripe.web.pages import amount_text

VISA = TOKENS["pm_card_visa"]


def test_every_test_card_has_a_valid_and_unique_number() -> None:
    numbers = [card.number for card in TOKENS.values()]

    assert all(passes_luhn(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_tokens_with_and_without_the_brand_name_the_same_card() -> None:
    assert card_of_token("pm_card_visa_chargeDeclined") == card_of_token("pm_card_chargeDeclined")
    assert card_of_token("pm_other") is None


def test_a_card_that_is_no_test_card_is_declined() -> None:
    with pytest.raises(ApiError) as refused:
        card_of_number("4111111111111111")

    assert refused.value.facts["decline_code"] == "test_mode_live_card"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"exp_month": "13", "exp_year": "30", "cvc": "123"}, "invalid_expiry_month"),
        ({"exp_month": "5", "exp_year": "2026", "cvc": "123"}, "invalid_expiry_year"),
        ({"exp_month": "12", "exp_year": "30", "cvc": "12"}, "invalid_cvc"),
        ({"exp_month": "12", "exp_year": "30"}, "invalid_cvc"),
    ],
)
def test_impossible_card_details_are_refused(fields: dict[str, str], code: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_details(fields, VISA, year=2026, month=6)

    assert refused.value.code == code


def test_two_digit_years_belong_to_this_century() -> None:
    assert check_details({"exp_month": "6", "exp_year": "26", "cvc": "123"}, VISA, year=2026, month=6) == (6, 2026)
    amex = Card("378282246310005", brand="amex")
    assert check_details({"exp_month": "6", "exp_year": "2030", "cvc": "1234"}, amex, year=2026, month=6) == (6, 2030)


def test_keys_of_one_name_and_mode_belong_to_one_account() -> None:
    secret, publishable = caller_of("sk_test_merchant1"), caller_of("pk_test_merchant1")

    assert secret.account == publishable.account
    assert publishable.publishable
    assert caller_of("sk_live_merchant1").account != secret.account
    for wrong in ("", "sk_test_", "merchant", "sk_prod_merchant1"):
        with pytest.raises(ApiError):
            caller_of(wrong)


def test_the_default_version_is_the_one_of_the_official_sdk() -> None:
    assert stripe.api_version == DEFAULT_API_VERSION


@pytest.mark.parametrize(
    ("amount", "currency", "text"), [(1234, "eur", "12.34 EUR"), (1234, "jpy", "1234 JPY"), (1234, "kwd", "1.234 KWD")]
)
def test_amounts_are_shown_in_the_currency_s_digits(amount: int, currency: str, text: str) -> None:
    assert amount_text(amount, currency) == text
