"""Messages about fields of a body that have a wrong form."""

from typing import Any

import pytest
from pydantic import ValidationError

from admin_api.payments.web.schemas.checkout import CheckoutIn
from admin_api.tenancy.web.schemas.tenancy import SiteIn
from gateway_contracts.bodies import Body

CHECKOUT = {"amount": 4900, "currency": "EUR", "externalReference": "order-1"}
SITE = {"name": "Shop"}


@pytest.mark.parametrize(
    ("shape", "body", "message"),
    [
        (CheckoutIn, CHECKOUT | {"locale": "Deutsch"}, "must be a language tag, such as de or de-DE"),
        (CheckoutIn, CHECKOUT | {"billingAddress": {"country": "Germany"}}, "must be a country of two letters"),
        (CheckoutIn, CHECKOUT | {"items": [{"itemType": "A B", "name": "x", "quantity": 1, "unitPrice": 1}]}, "a-z"),
        (SiteIn, SITE | {"branding": {"primaryColor": "blue"}}, "must be a color, such as #0b5fff"),
    ],
)
def test_a_form_is_described_in_words(shape: type[Body], body: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        shape.model_validate(body)


@pytest.mark.parametrize("locale", ["de", "de-DE", "en_GB", "zh-Hant-TW"])
def test_locales_of_browsers_and_shops_are_taken(locale: str) -> None:
    assert CheckoutIn.model_validate(CHECKOUT | {"locale": locale}).locale == locale


def test_a_checkout_that_offers_no_provider_is_refused() -> None:
    with pytest.raises(ValidationError, match="allowedProviderIds"):
        CheckoutIn.model_validate(CHECKOUT | {"allowedProviderIds": []})
