"""Ways to pay as a person knows them."""

import pytest

from invoice.adapters.pdf.labels import LANGUAGES
from invoice.adapters.pdf.methods import method_text
from invoice.domain.settlement import Method


@pytest.mark.parametrize(
    ("method", "provider", "language", "expected"),
    [
        (Method("card", "visa", "4242"), "stripe", "en", "Visa …4242"),
        (Method("creditcard", "Mastercard", "4444"), "mollie", "de", "Mastercard …4444"),
        (Method("card", "amex", "0005"), "stripe", "de", "American Express …0005"),
        (Method("card", None, "4242"), "stripe", "de", "Karte …4242"),
        (Method("card", "brand-new", "1234"), "stripe", "en", "Card …1234"),
        (Method("ideal"), "mollie", "en", "iDEAL"),
        (Method("sepa_debit", None, "3000"), "stripe", "de", "Lastschrift …3000"),
        (Method("paypal"), "paypal", "de", "PayPal"),
        (Method("something_new"), "stripe", "en", "Online payment"),
        (None, "stripe", "de", "Online-Zahlung"),
        (None, "gocardless", "en", "Direct debit"),
        (None, "paypal", "en", "PayPal"),
        (None, "wire", "de", "Überweisung"),
        (None, "wise", "en", "Bank transfer"),
    ],
)
def test_methods(method: Method | None, provider: str, language: str, expected: str) -> None:
    assert method_text(method, provider, LANGUAGES[language].words) == expected
