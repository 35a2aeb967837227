"""Totals of what a merchant wrote: the one place where a draft becomes amounts."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from gateway_contracts.invoice_fields import VatCategory
from gateway_contracts.money import AMOUNT_MINOR_MAX
from invoice.domain.content import WITHOUT_VAT
from invoice.domain.draft import Order, OrderedItem, Shipping
from invoice.domain.totals import SoldItem, Totals, TotalsRefused, allocate, compute_totals

_OUTSIDE: Final = "O"
_SHIPPING: Final = "Shipping"
_DISCOUNT: Final = "Discount"


def price(order: Order, currency: str) -> Totals:
    """The lines and totals of the order.

    Raises:
        TotalsRefused: the VAT is not determined, or there is nothing to charge for.
    """
    if not order.items:
        raise TotalsRefused("ITEMS_REQUIRED", "there are no items")
    items = [_sold(item, place) for place, item in enumerate(order.items)]
    if order.shipping is not None:
        shipping, rate = order.shipping, _rate_of(order.shipping)
        items.append(SoldItem(shipping.description or _SHIPPING, 1, shipping.amount, "shipping", rate))
    if order.discount is not None:
        items.append(SoldItem(order.discount.description or _DISCOUNT, 1, -order.discount.amount, "discount"))
    if order.amount_type == "net":
        items += _tax(items, currency)
    total = sum(item.total for item in items)
    if total <= 0:
        raise TotalsRefused("TOTAL_REQUIRED", "the total is not above 0")
    return compute_totals(items, amount=total, currency=currency, reference="")


def without_vat(order: Order, currency: str) -> Totals:
    """Totals that stand for an order whose VAT is not determined yet: its sum, with no VAT shown."""
    total = min(max(written_total(order), 0), AMOUNT_MINOR_MAX)
    if total == 0:
        return Totals(order.amount_type, currency, (), (), ())
    return compute_totals([], amount=total, currency=currency, reference=order.items[0].description)


def written_total(order: Order) -> int:
    """The sum of everything written, before VAT that is added."""
    charged = sum(item_total(item) for item in order.items) + (order.shipping.amount if order.shipping else 0)
    return charged - (order.discount.amount if order.discount else 0)


def item_total(item: OrderedItem) -> int:
    """Quantity times price in minor units, rounded half up."""
    return int((Decimal(item.quantity) * item.unit_price).to_integral_value(ROUND_HALF_UP))


def _sold(item: OrderedItem, place: int) -> SoldItem:
    quantity, rate = Decimal(item.quantity), _rate_of(item)
    if quantity == quantity.to_integral_value():
        return SoldItem(item.description, int(quantity), item.unit_price, item.item_type, rate, place)
    # Totals count whole units: the rounded total stands for a part of one.
    return SoldItem(item.description, 1, item_total(item), item.item_type, rate, place)


def _rate_of(part: OrderedItem | Shipping) -> str | None:
    category: VatCategory | None = part.category
    rate = None if part.tax_rate is None else Decimal(part.tax_rate)
    if category == "S" and not rate:
        raise TotalsRefused("TAX_RATE_REQUIRED", "category S has a rate")
    if category in WITHOUT_VAT and rate:
        raise TotalsRefused("VAT_CATEGORY_MISMATCH", f"category {category} has no rate above 0")
    if category == "E" and not part.reason:
        raise TotalsRefused("VAT_REASON_REQUIRED", "an exemption has a reason")
    if category == _OUTSIDE:
        return None
    return "0" if category in WITHOUT_VAT else part.tax_rate


def _tax(items: list[SoldItem], currency: str) -> Iterator[SoldItem]:
    """VAT on top of net amounts, rate by rate, after their share of the discount."""
    charged = [item for item in items if item.total >= 0]
    discount = -sum(item.total for item in items if item.total < 0)
    sums: dict[str | None, int] = {}
    for item in charged:
        sums[item.vat_rate] = sums.get(item.vat_rate, 0) + item.total
    shares = allocate(discount, list(sums.values()), currency)
    tax = sum(
        int((Decimal(rate or 0) * (total - share) / 100).to_integral_value(ROUND_HALF_UP))
        for (rate, total), share in zip(sums.items(), shares, strict=True)
    )
    if tax > 0:
        yield SoldItem("VAT", 1, tax, "tax")
