"""Rules of a merchant's checkout."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel
from pydantic_core import to_jsonable_python

from gateway_contracts.cross_field_rules import ITEMS_SUM_MISMATCH
from gateway_contracts.errors import Invalid, TooLarge
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.limits import TEXTS_BYTES_MAX
from gateway_contracts.requests.transaction import CREATE_CHECKOUT, CreateCheckout
from transaction.domain.checkout import check, expiry, merge_metadata


def command(**changes: Any) -> CreateCheckout:
    """The request as its owner reads it from the bus; a broken rule of one field is refused here."""
    fields: dict[str, Any] = {
        "checkout_id": "65f0000000000000000000aa",
        "site_id": "65f0000000000000000000bb",
        "amount": 4900,
        "currency": "EUR",
        "external_reference": "order-1",
    }
    sent = {to_camel(name): value for name, value in {**fields, **changes}.items()}
    return CREATE_CHECKOUT.read(to_jsonable_python(sent))


def line(unit_price: int, quantity: int = 1, **changes: Any) -> TransactionLine:
    return TransactionLine(**{"name": "Shirt", "quantity": quantity, "unit_price": unit_price, **changes})


def test_a_plain_order_is_accepted() -> None:
    check(command())
    check(command(items=(line(2450, 2),)))
    check(command(items=(line(5000), line(-100, item_type="discount"))))
    check(command(external_reference=None, invoice_number="INV-1"))


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 1000)), min_size=1, max_size=20), st.integers(-5, 5))
def test_items_must_add_up(parts: list[tuple[int, int]], difference: int) -> None:
    total = sum(price * quantity for price, quantity in parts)
    order = command(amount=max(total + difference, 1), items=tuple(line(price, quantity) for price, quantity in parts))

    if order.amount == total:
        check(order)
        return
    with pytest.raises(Invalid) as caught:
        check(order)
    assert caught.value.code == ITEMS_SUM_MISMATCH
    # Word for word as in docs/integration.md.
    text = f"sum of item amounts ({total}) does not match total amount ({order.amount})"
    assert caught.value.message == text
    assert [(problem.field, problem.message) for problem in caught.value.details] == [("items", text)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10**15}, "amount"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "HRK"}, "currency"),
        ({"currency": "BGN"}, "currency"),
        ({"currency": "ANG"}, "currency"),
        ({"external_reference": None}, "externalReference"),
        ({"external_reference": ""}, "externalReference"),
        ({"external_reference": "x" * 65}, "externalReference"),
        ({"invoice_number": "x" * 65}, "invoiceNumber"),
        ({"items": (line(4900, 0),)}, "items[0].quantity"),
        ({"items": (line(1, 1_000_001),)}, "items[0].quantity"),
        ({"items": (line(4900, name=" "),)}, "items[0].name"),
        ({"items": (line(-4900),)}, "items[0].unitPrice"),
        ({"items": (line(4900, vat_rate="19%"),)}, "items[0].vatRate"),
        ({"items": (line(4900, vat_rate="101"),)}, "items[0].vatRate"),
        ({"items": (line(4900, description="x" * 2_001),)}, "items[0].description"),
        ({"items": (line(4900, item_type="Goods"),)}, "items[0].itemType"),
        ({"items": (line(4900, vat_rate="7.12345"),)}, "items[0].vatRate"),
        ({"items": (line(1),) * 501, "amount": 501}, "items"),
        ({"items": (line(10**14 - 1, 2),)}, "items[0].unitPrice"),
        ({"items": (line(-(10**14) + 1, 2, item_type="discount"),)}, "items[0].unitPrice"),
        (
            {"items": (line(10**14 - 1), line(10**14 - 1), line(-(10**14) + 1, item_type="discount"))},
            "items",
        ),
        ({"party": Party(country="ZZ")}, "party.country"),
        ({"party": Party(country="D" * 60_000)}, "party.country"),
        ({"shipping": Party(city="x" * 201)}, "shipping.city"),
        ({"locale": "x" * 36}, "locale"),
        ({"return_url": "javascript:alert(1)"}, "returnUrl"),
        ({"cancel_url": "//shop.example"}, "cancelUrl"),
        ({"ipn_url": "https://"}, "ipnUrl"),
        ({"ipn_url": "https://shop.example:port/"}, "ipnUrl"),
        ({"return_url": "https://shop.example/a b"}, "returnUrl"),
        ({"return_url": "https://shop.example/" + "\u00e4" * 1_020}, "returnUrl"),
        ({"expire_in_hours": 0}, "expireInHours"),
        ({"expire_in_hours": 3121}, "expireInHours"),
        ({"metadata": {"k" * 41: "v"}}, "metadata"),
        ({"metadata": {"": "v"}}, "metadata"),
        ({"metadata": {"k": "v" * 501}}, "metadata"),
        ({"metadata": {str(number): "v" for number in range(51)}}, "metadata"),
    ],
)
def test_a_broken_rule_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        check(command(**changes))

    assert next(problem.field for problem in caught.value.details) == field
    assert caught.value.status == 422


def test_all_texts_together_are_counted_in_bytes() -> None:
    emoji = "\U0001f600" * 500
    items = tuple(line(1, name=emoji) for _ in range(32))
    check(command(amount=32, items=items))
    with pytest.raises(TooLarge) as caught:
        check(command(amount=33, items=(*items, line(1, name=emoji))))
    assert str(TEXTS_BYTES_MAX) in caught.value.message
    with pytest.raises(TooLarge):
        merge_metadata({}, {str(number): emoji for number in range(33)})


def test_every_broken_rule_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        check(command(amount=0, currency="?", expire_in_hours=0))

    assert [problem.field for problem in caught.value.details] == ["amount", "currency", "expireInHours"]


def test_the_placeholder_of_the_return_url_is_allowed() -> None:
    check(command(return_url="https://shop.example/thanks?tx={transactionId}"))


def test_a_session_lives_a_day_by_default() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    assert expiry(None, now) - now == timedelta(hours=24)
    assert expiry(3120, now) - now == timedelta(hours=3120)


def test_an_empty_value_deletes_metadata() -> None:
    assert merge_metadata({"a": "1", "b": "2"}, {"a": "", "c": "3"}) == {"b": "2", "c": "3"}


def test_merged_metadata_keeps_the_limits() -> None:
    with pytest.raises(Invalid):
        merge_metadata({str(number): "v" for number in range(50)}, {"more": "v"})
