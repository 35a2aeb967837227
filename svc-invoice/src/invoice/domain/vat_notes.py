"""Why an invoice charges no VAT, as far as the sale itself says: which note the law wants beside an amount without VAT.

The merchant decides the rate; the note follows from it and from who sold what to whom. Nothing here changes an amount.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from invoice.domain.totals import Totals

VatNote = Literal["reverse_charge", "intra_community", "export", "outside_scope", "exempt", "zero_rated"]
"""``exempt`` is printed in the seller's own words."""

_EU: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU_COUNTRIES: Final = frozenset(_EU.split())
# For VAT, transactions with these count as made with their neighbour.
_COUNTS_AS: Final = {"MC": "FR", "IM": "GB", "EL": "GR"}
_GOODS: Final = "goods"
_FOLLOWS_GOODS: Final = frozenset({"shipping", "fee", "discount", "tax"})


@dataclass(frozen=True)
class Trade:
    """Seller, buyer and kinds of items of a sale."""

    seller_country: str | None
    seller_vat_id: str | None
    buyer_country: str | None
    buyer_vat_id: str | None
    item_types: Collection[str]
    has_exemption_note: bool = False


def vat_notes(totals: Totals, trade: Trade) -> tuple[VatNote, ...]:
    """The notes of a document; none where VAT is charged on everything, or where none is shown and none explained."""
    is_zero_rated = any(group.rate == "0" for group in totals.groups)
    # Tax that was counted apart and came to nothing is as explicit as a rate of 0.
    is_untaxed = totals.amount_type == "net" and totals.vat == 0
    if not is_zero_rated and not is_untaxed:
        shows_none = totals.vat == 0 and all(group.rate is None for group in totals.groups)
        return ("exempt",) if shows_none and trade.has_exemption_note else ()
    if totals.vat == 0 and (notes := _across_borders(trade)):
        return notes
    if trade.has_exemption_note:
        return ("exempt",)
    return ("zero_rated",) if is_zero_rated else ()


def _across_borders(trade: Trade) -> tuple[VatNote, ...]:
    """Notes of a seller in the European Union with a customer in another country."""
    seller, buyer = _vat_country(trade.seller_country), _vat_country(trade.buyer_country)
    if seller not in EU_COUNTRIES or not buyer or buyer == seller:
        return ()
    kinds = set(trade.item_types) - _FOLLOWS_GOODS
    sells_goods, sells_services = _GOODS in kinds, bool(kinds - {_GOODS}) or not kinds
    if buyer not in EU_COUNTRIES:
        return _chosen(sells_goods, "export") + _chosen(sells_services, "outside_scope")
    if not trade.buyer_vat_id or not trade.seller_vat_id:
        return ()
    return _chosen(sells_goods, "intra_community") + _chosen(sells_services, "reverse_charge")


def _chosen(applies: bool, note: VatNote) -> tuple[VatNote, ...]:
    return (note,) if applies else ()


def _vat_country(code: str | None) -> str:
    upper = (code or "").strip().upper()
    return _COUNTS_AS.get(upper, upper)
