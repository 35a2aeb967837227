"""Which note stands beside an amount without VAT."""

from typing import Any

import pytest

from invoice.domain.totals import SoldItem, Totals, compute_totals
from invoice.domain.vat_notes import Trade, vat_notes


def totals(*rates: str | None, tax: int | None = None) -> Totals:
    items = [SoldItem("x", 1, 10000, "goods", rate) for rate in rates]
    if tax is not None:
        items.append(SoldItem("Tax", 1, tax, "tax"))
    amount = sum(item.total for item in items)
    return compute_totals(items, amount=amount, currency="EUR", reference="r", countries=("DE",))


def trade(buyer: str | None = "FR", **values: Any) -> Trade:
    given = {
        "seller_country": "DE",
        "seller_vat_id": "DE123456789",
        "buyer_country": buyer,
        "buyer_vat_id": "FR12345678901",
        "item_types": {"digital_service"},
    }
    return Trade(**(given | values))


@pytest.mark.parametrize(
    ("sold", "given", "expected"),
    [
        (totals("0"), trade(), ("reverse_charge",)),
        (totals("0"), trade(item_types={"service", "discount"}), ("reverse_charge",)),
        (totals("0"), trade(item_types={"goods", "shipping"}), ("intra_community",)),
        (totals("0"), trade(item_types={"goods", "digital_service"}), ("intra_community", "reverse_charge")),
        (totals("0.00"), trade(), ("reverse_charge",)),
        (totals(None, tax=0), trade(), ("reverse_charge",)),
        (totals("0"), trade(buyer_vat_id=None), ("zero_rated",)),
        (totals("0"), trade(seller_vat_id=None), ("zero_rated",)),
        (totals("0"), trade("US", buyer_vat_id=None), ("outside_scope",)),
        (totals("0"), trade("CH", item_types={"goods"}), ("export",)),
        (totals("0"), trade("MC", seller_country="FR"), ("zero_rated",)),
        (totals("0"), trade("DE"), ("zero_rated",)),
        (totals("0"), trade(None), ("zero_rated",)),
        (totals("0"), trade("DE", has_exemption_note=True), ("exempt",)),
        (totals("0"), trade("FR", has_exemption_note=True), ("reverse_charge",)),
        (totals("0"), trade("FR", seller_country="US"), ("zero_rated",)),
        (totals("19", "0"), trade(), ("zero_rated",)),
        (totals("19", "0"), trade(has_exemption_note=True), ("exempt",)),
        (totals("19"), trade(has_exemption_note=True), ()),
        (totals(None), trade("DE", has_exemption_note=True), ("exempt",)),
        (totals(None), trade("DE"), ()),
        (totals(None), trade("FR"), ()),
        (totals(None, tax=0), trade("DE"), ()),
    ],
)
def test_notes(sold: Totals, given: Trade, expected: tuple[str, ...]) -> None:
    assert vat_notes(sold, given) == expected
