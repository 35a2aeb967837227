"""Ways to pay as a person knows them."""

import pytest

from invoice.adapters.pdf.methods import method_text
from invoice.domain.content import PaymentFacts
from invoice.languages import language_of


@pytest.mark.parametrize(
    ("method", "brand", "last4", "provider", "language", "expected"),
    [
        ("card", "visa", "4242", "stripe", "en", "Visa …4242"),
        ("creditcard", "Mastercard", "4444", "mollie", "de", "Mastercard …4444"),
        ("card", "amex", "0005", "stripe", "de", "American Express …0005"),
        ("card", None, "4242", "stripe", "de", "Karte …4242"),
        ("card", "brand-new", "1234", "stripe", "en", "Card …1234"),
        ("ideal", None, None, "mollie", "en", "iDEAL"),
        ("sepa_debit", None, "3000", "stripe", "de", "Lastschrift …3000"),
        ("paypal", None, None, "paypal", "de", "PayPal"),
        ("something_new", None, None, "stripe", "en", "Online payment"),
        (None, None, None, "stripe", "de", "Online-Zahlung"),
        (None, None, None, "gocardless", "en", "Direct debit"),
        (None, None, None, "paypal", "en", "PayPal"),
        (None, None, None, "wire", "de", "Überweisung"),
        (None, None, None, "wise", "en", "Bank transfer"),
    ],
)
def test_methods(
    method: str | None, brand: str | None, last4: str | None, provider: str, language: str, expected: str
) -> None:
    payment = PaymentFacts(method=method, brand=brand, last4=last4, provider=provider)

    assert method_text(payment, language_of(language)) == expected
