"""Purchase units: what is bought, what it adds up to, and where it goes."""

from decimal import Decimal
from typing import Final

from gateway_simulators.paypal import amounts
from gateway_simulators.paypal.errors import invalid, unprocessable
from gateway_simulators.paypal.fields import objects, part, text
from gateway_simulators.store import Json

_HERE: Final = "/purchase_units/0"
_TEXTS: Final = {
    "reference_id": 256,
    "custom_id": 255,
    "invoice_id": 127,
    "description": 3000,
    "soft_descriptor": 22,
}
_ADDED: Final = ("item_total", "tax_total", "shipping", "handling", "insurance")
_TAKEN: Final = ("shipping_discount", "discount")
_CATEGORIES: Final = ("DIGITAL_GOODS", "PHYSICAL_GOODS", "DONATION")
_KEPT_OF_ITEM: Final = ("description", "sku", "url", "category", "image_url", "upc")


def unit_of(given: Json, account: str) -> Json:
    """The purchase unit as it is kept.

    Raises:
        ApiError: something is missing, wrong, or does not add up.
    """
    unit: Json = {"reference_id": "default"}
    for name, most in _TEXTS.items():
        if (value := text(given, name, f"{_HERE}/{name}", most)) is not None:
            unit[name] = value
    unit["amount"] = _amount(given)
    currency = unit["amount"]["currency_code"]
    unit["payee"] = {"email_address": "merchant@example.com", "merchant_id": account, **part(given, "payee")}
    if items := [_item(item, index, currency) for index, item in enumerate(_items(given))]:
        unit["items"] = items
    if shipping := _shipping(given):
        unit["shipping"] = shipping
    _check_sums(unit)
    return unit


def _items(given: Json) -> list[Json]:
    return objects(given, "items", f"{_HERE}/items")


def _amount(given: Json) -> Json:
    field = f"{_HERE}/amount"
    value = amounts.read(given.get("amount"), field)
    currency = given["amount"]["currency_code"]
    amount: Json = {**amounts.write(value, currency)}
    parts = part(given["amount"], "breakdown", f"{field}/breakdown")
    breakdown = {
        name: _same_currency(parts[name], f"{field}/breakdown/{name}", currency)
        for name in (*_ADDED, *_TAKEN)
        if parts.get(name) is not None
    }
    return amount | ({"breakdown": breakdown} if breakdown else {})


def _same_currency(given: object, field: str, currency: str) -> Json:
    value = amounts.read(given, field, zero=True)
    assert isinstance(given, dict), "an amount was read from it"
    if given["currency_code"] != currency:
        raise unprocessable(
            "MULTI_CURRENCY_ORDER", "Entire Order request must have the same currency_code.", f"{field}/currency_code"
        )
    return amounts.write(value, currency)


def _item(given: Json, index: int, currency: str) -> Json:
    field = f"{_HERE}/items/{index}"
    item: Json = {
        "name": text(given, "name", f"{field}/name", 127, required=True),
        "unit_amount": _same_currency(given.get("unit_amount"), f"{field}/unit_amount", currency),
        "quantity": text(given, "quantity", f"{field}/quantity", 10, required=True),
    }
    if not item["quantity"].isascii() or not item["quantity"].isdigit() or int(item["quantity"]) < 1:
        raise invalid(f"{field}/quantity", "The quantity is no whole number.", "INVALID_PARAMETER_SYNTAX")
    if given.get("tax") is not None:
        item["tax"] = _same_currency(given["tax"], f"{field}/tax", currency)
    if given.get("category") not in (None, *_CATEGORIES):
        raise invalid(f"{field}/category", "The value of a field is none of its values.")
    return item | {name: given[name] for name in _KEPT_OF_ITEM if given.get(name) is not None}


def _shipping(given: Json) -> Json:
    field = f"{_HERE}/shipping"
    shipping = part(given, "shipping", field)
    address = part(shipping, "address", f"{field}/address")
    if address:
        country = text(address, "country_code", f"{field}/address/country_code", 2, required=True)
        if country is None or len(country) != 2 or not country.isalpha() or not country.isupper():
            raise unprocessable("COUNTRY_NOT_SUPPORTED_BY_PAYMENT_SOURCE", "No country.", f"{field}/address")
    part(shipping, "name", f"{field}/name")
    return shipping


def _check_sums(unit: Json) -> None:
    """Items against the parts of the amount, the parts against the amount."""
    breakdown = unit["amount"].get("breakdown", {})
    field = f"{_HERE}/amount/breakdown"
    items = unit.get("items", [])
    if items:
        total = sum(_value(item["unit_amount"]) * int(item["quantity"]) for item in items)
        _check_sum(breakdown, "item_total", Decimal(total), "ITEM_TOTAL", "unit_amount * quantity")
    if any("tax" in item for item in items):
        taxes = sum(_value(item.get("tax")) * int(item["quantity"]) for item in items)
        _check_sum(breakdown, "tax_total", Decimal(taxes), "TAX_TOTAL", "tax * quantity")
    if not breakdown:
        return
    added = sum(_value(breakdown.get(name)) for name in _ADDED)
    taken = sum(_value(breakdown.get(name)) for name in _TAKEN)
    if added - taken != _value(unit["amount"]):
        words = "item_total + tax_total + shipping + handling + insurance - shipping_discount - discount"
        raise unprocessable("AMOUNT_MISMATCH", f"Should equal {words}.", f"{_HERE}/amount/value")
    if "item_total" not in breakdown and "discount" in breakdown:
        raise unprocessable("ITEM_TOTAL_REQUIRED", "A discount needs the item_total.", f"{field}/item_total")


def _check_sum(breakdown: Json, name: str, total: Decimal, issue: str, words: str) -> None:
    field = f"{_HERE}/amount/breakdown/{name}"
    if name not in breakdown:
        raise unprocessable(f"{issue}_REQUIRED", f"Items need amount.breakdown.{name}.", field)
    if _value(breakdown[name]) != total:
        raise unprocessable(f"{issue}_MISMATCH", f"Should equal sum of ({words}) across all items.", f"{field}/value")


def _value(written: Json | None) -> Decimal:
    return Decimal(written["value"]) if written else Decimal(0)
