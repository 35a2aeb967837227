"""Settings are read tolerantly, and say whether invoices are automatic."""

import pytest

from invoice.domain.seller import Seller, issues_automatically, seller_from_settings


@pytest.mark.parametrize(
    ("settings", "automatic"),
    [
        ({}, True),
        ({"enabled": True}, True),
        ({"enabled": True, "autoGenerateInvoice": True}, True),
        ({"enabled": False, "autoGenerateInvoice": True}, False),
        ({"autoGenerateInvoice": False}, False),
    ],
)
def test_invoices_are_automatic_unless_switched_off(settings: dict[str, bool], automatic: bool) -> None:
    assert issues_automatically(settings) is automatic


def test_seller_falls_back_to_the_organization() -> None:
    assert seller_from_settings("ACME", "DE", {}) == Seller("ACME", country="DE")


def test_seller_from_settings() -> None:
    settings = {
        "companyName": "ACME GmbH",
        "companyAddress": {"street": "Way 1", "city": "Bonn", "postalCode": "53111", "country": "DE"},
        "companyEmail": "mail@acme.example",
        "bankIBAN": "DE02",
    }

    assert seller_from_settings("ACME", None, settings) == Seller(
        "ACME GmbH", "Way 1", None, "53111", "Bonn", "DE", "mail@acme.example", None, None, "DE02"
    )
