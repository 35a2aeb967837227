"""Totals of what a merchant wrote: the one place where a draft becomes amounts."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from gateway_contracts.invoice_fields import VatCategory
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_contracts.unit_codes import PIECE
from invoice.domain.content import VatTreatment
from invoice.domain.draft import Order, OrderedItem, Shipping
from invoice.domain.totals import Totals, TotalsRefused, compute_totals, price_of
from invoice.domain.vat_notes import VatNote
from invoice.languages import N_, Language, language_of
from invoice.pricing.draft import DraftAdjustment, DraftLine
from invoice.pricing.errors import PricingRefused
from invoice.pricing.price import price

_NOTES: Final[dict[VatCategory | None, VatNote]] = {
    "AE": "reverse_charge",
    "K": "intra_community",
    "G": "export",
    "O": "outside_scope",
    "Z": "zero_rated",
}
"""An exemption prints the reason of its group."""


def price_order(order: Order, currency: str, exemption: str | None = None, *, language: str = "en") -> Totals:
    """The lines and totals of the order.

    Args:
        language: of the document, for what its merchant did not name.
        exemption: the seller's own reason for charging no VAT, which a rate of 0 without a category has.

    Raises:
        TotalsRefused: the VAT is not determined, or there is nothing to charge for.
    """
    if not order.items:
        raise TotalsRefused("ITEMS_REQUIRED", "there are no items")
    lines = [_line(item, exemption) for item in order.items]
    try:
        adjustments = _adjustments(order, exemption, language_of(language))
        totals = price(lines, adjustments, amount_type=order.amount_type, currency=currency)
    except PricingRefused as exc:
        raise TotalsRefused(exc.code, str(exc)) from exc
    if totals.total <= 0:
        raise TotalsRefused("TOTAL_REQUIRED", "the total is not above 0")
    placed = (replace(line, item=place) for place, line in enumerate(totals.lines))
    return replace(totals, lines=tuple(placed))


def notes_of(totals: Totals) -> tuple[VatNote, ...]:
    """Printed notes of the categories of an order."""
    found = (_NOTES.get(group.category) for group in totals.groups)
    return tuple(dict.fromkeys(note for note in found if note))


def without_vat(order: Order, currency: str) -> Totals:
    """Totals that stand for an order whose VAT is not determined yet: its sum, with no VAT shown."""
    total = min(max(written_total(order), 0), AMOUNT_MINOR_MAX)
    if total == 0:
        return Totals(order.amount_type, currency, (), (), ())
    return compute_totals([], amount=total, currency=currency, reference=order.items[0].description)


def written_total(order: Order) -> int:
    """The sum of everything written, before VAT that is added."""
    goods = sum(price_of(Decimal(item.quantity), item.unit_price) for item in order.items)
    charged = goods + (order.shipping.amount if order.shipping else 0)
    return charged - (order.discount.amount if order.discount else 0)


def _line(item: OrderedItem, exemption: str | None) -> DraftLine:
    treatment = _treatment(item, exemption)
    return DraftLine(
        item.description,
        Decimal(item.quantity),
        item.unit_price,
        item.item_type,
        treatment,
        unit=item.unit or PIECE,
    )


def _adjustments(order: Order, exemption: str | None, language: Language) -> list[DraftAdjustment]:
    found = []
    if (shipping := order.shipping) is not None:
        treatment = _treatment(shipping, exemption)
        name = shipping.description or language.say(N_("Shipping"))
        found.append(DraftAdjustment(True, name, shipping.amount, treatment))
    if (discount := order.discount) is not None:
        name = discount.description or language.say(N_("Discount"))
        found.append(DraftAdjustment(False, name, discount.amount))
    return found


def _treatment(part: OrderedItem | Shipping, exemption: str | None) -> VatTreatment | None:
    """A rate alone means the standard category; a rate of 0 the seller's exemption, else zero-rated."""
    if part.category is not None:
        return VatTreatment(part.category, part.tax_rate, part.reason)
    if part.tax_rate is None:
        return None
    if Decimal(part.tax_rate):
        return VatTreatment("S", part.tax_rate)
    return VatTreatment("E", "0", exemption) if exemption else VatTreatment("Z", "0")
