"""Keys for texts that a person may type to find a payment."""

import pytest

from gateway_contracts.payment_search import amount_keys, id_tail, search_keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("49", ["49/0", "4900/2", "49000/3"]),
        ("49.00", ["49/0", "4900/2", "49000/3"]),
        ("12,50", ["1250/2", "12500/3"]),
        ("1.234,50", ["123450/2", "1234500/3"]),
        ("1,234.50", ["123450/2", "1234500/3"]),
        ("1 234.50", ["123450/2", "1234500/3"]),
        ("1.234", ["1234/0", "1234/3", "123400/2", "1234000/3"]),
        ("1.234.567", ["1234567/0", "123456700/2", "1234567000/3"]),
        ("49.00 EUR", ["4900/2"]),
        ("eur 49", ["4900/2"]),
        ("4900 JPY", ["4900/0"]),
        ("1.2345", []),
        ("1,2,3", []),
        ("1.234,56.78", []),
        ("12.", []),
        (".5", []),
        ("0", []),
        ("-5", []),
        ("49 XXZ", []),
        ("order 49", []),
        ("9" * 30, []),
        ("1e5", []),
        ("٤٩", []),
        ("", []),
    ],
)
def test_amounts_that_a_text_may_mean(text: str, keys: list[str]) -> None:
    assert list(amount_keys(text)[0]) == keys


def test_a_currency_is_recognized() -> None:
    assert amount_keys("49 EUR")[1] == amount_keys("EUR49")[1] == "EUR"
    assert amount_keys("49")[1] is None


@pytest.mark.parametrize("text", ["0ffee6", "0FFEE6", "65f0c0ffee65f0c0ffee65f0"])
def test_the_end_of_an_id(text: str) -> None:
    assert id_tail(text) == text.lower()


@pytest.mark.parametrize("text", ["0ffee", "0ffeeg", "65f0c0ffee65f0c0ffee65f01", "", ".*....", "0ffee6\n"])
def test_what_cannot_be_one(text: str) -> None:
    assert id_tail(text) is None


@pytest.mark.parametrize(
    ("currency", "key"), [("EUR", "4900/2"), ("JPY", "4900/0"), ("KWD", "4900/3"), ("???", "4900/2")]
)
def test_keys_of_a_payment(currency: str, key: str) -> None:
    assert search_keys("65f0c0ffee65f0c0ffee65f0", "65f0c0ffee65f0c0ffee65f1", 4900, currency) == (
        "ee65f0",
        "ee65f1",
        key,
    )
