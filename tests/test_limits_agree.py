"""The limits of the published schema of a checkout and of its owner are equal."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from admin_api.payments.web.schemas.checkout import CheckoutIn
from admin_api.web.application import create_application
from gateway_contracts import limits
from gateway_contracts.errors import Invalid, TooLarge
from gateway_contracts.requests.transaction import CREATE_CHECKOUT, CreateCheckout
from gateway_contracts.values import inspect
from gateway_testkit.openapi import resolved
from transaction.domain.checkout import check

ID = "65f0c0ffee65f0c0ffee65f0"
ITEM = {"name": "x", "quantity": 1, "unitPrice": 1}
ORDER = {"amount": 1, "currency": "EUR", "externalReference": "1"}
LINE, LONG = "x" * limits.LINE_CHARACTERS_MAX, "x" * limits.REFERENCE_CHARACTERS_MAX
ADDRESS = {"firstName": LINE, "lastName": LINE, "city": LINE, "postcode": LINE, "state": LINE, "phone": LONG}


def items(count: int, **changes: Any) -> dict[str, Any]:
    return {"items": [{**ITEM, **changes}] * count, "amount": count}


AT_THE_LIMIT: list[dict[str, Any]] = [
    items(limits.ITEMS_MAX),
    items(1, name="x" * limits.ITEM_NAME_CHARACTERS_MAX, description="x" * limits.ITEM_DESCRIPTION_CHARACTERS_MAX),
    items(1, name="", description="x" * limits.ITEM_DESCRIPTION_CHARACTERS_MAX),
    items(1, vatRate="19.1234"),
    items(1, vatRate=7.1234),
    items(1, vatRate="100.0000"),
    items(1, itemType="x" * 40),
    {"items": [{**ITEM, "quantity": limits.QUANTITY_MAX}], "amount": limits.QUANTITY_MAX},
    {"externalReference": LONG, "invoiceNumber": LONG},
    {"billingAddress": ADDRESS, "shippingAddress": ADDRESS},
    {"returnUrl": "https://a.example/".ljust(limits.URL_BYTES_MAX, "x")},
    {"locale": "de" + "-Abcdefgh" * 3 + "-Abcde"},
    {"expireInHours": limits.EXPIRY_HOURS_MAX},
    {"allowedProviderIds": [ID] * limits.ALLOWED_PROVIDERS_MAX},
    {"metadata": {str(place).zfill(40): "x" * 500 for place in range(limits.METADATA_KEYS_MAX)}},
]
OVER: list[tuple[dict[str, Any], str]] = [
    (items(limits.ITEMS_MAX + 1), "items"),
    (items(1, vatRate="19.12345"), "items[0].vatRate"),
    (items(1, vatRate="100.1"), "items[0].vatRate"),
    ({"externalReference": LONG + "x"}, "externalReference"),
    ({"invoiceNumber": LONG + "x"}, "invoiceNumber"),
    ({"expireInHours": limits.EXPIRY_HOURS_MAX + 1}, "expireInHours"),
]


@pytest.mark.parametrize("changes", AT_THE_LIMIT)
def test_what_the_api_takes_its_owner_takes(changes: dict[str, Any]) -> None:
    body = CheckoutIn.model_validate({**ORDER, **changes})
    check(body.command(ID, ID))


@pytest.mark.parametrize(("changes", "field"), OVER)
def test_one_more_is_refused_by_both(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field.rpartition(".")[2].rpartition("]")[2]):
        CheckoutIn.model_validate({**ORDER, **changes})
    sent = {"checkoutId": ID, "siteId": ID, **ORDER, **changes}
    with pytest.raises(Invalid) as refused:
        CREATE_CHECKOUT.read(sent)
    assert refused.value.details[0].field == field


def test_all_texts_together_have_one_limit() -> None:
    metadata = {str(place): "\U0001f600" * 500 for place in range(32)} | dict.fromkeys("abc", "x" * 500)
    left = limits.TEXTS_BYTES_MAX - inspect({**metadata, "externalReference": "1"}).texts_bytes

    def fields(more: int) -> CreateCheckout:
        body = CheckoutIn.model_validate({**ORDER, "metadata": {**metadata, "d": "x" * more}})
        return body.command(ID, ID)

    check(fields(left))
    with pytest.raises(TooLarge):
        check(fields(left + 1))


def test_the_published_numbers_are_those_of_the_owner() -> None:
    document = create_application(cast(Any, SimpleNamespace())).openapi()
    schemas = document["components"]["schemas"]

    def shown(type_name: str, field: str) -> dict[str, Any]:
        found = schemas[type_name]["properties"][field]
        return {**found, **resolved(document, found.get("anyOf", [{}])[0])}

    for type_name in ("CheckoutIn", "ManualTransactionIn"):
        assert shown(type_name, "items")["maxItems"] == limits.ITEMS_MAX
        for field in ("externalReference", "invoiceNumber"):
            assert shown(type_name, field)["maxLength"] == limits.REFERENCE_CHARACTERS_MAX
            assert "version 2" in str(shown(type_name, field))
    for type_name in ("ShopItemIn", "ItemIn"):
        rate = shown(type_name, "vatRate")
        assert f"{{1,{limits.VAT_RATE_DECIMALS_MAX}}}" in rate["pattern"]
        assert {"type": "number", "minimum": 0.0, "maximum": 100.0} in rate["anyOf"]
    assert "64 KiB" in document["info"]["description"]
