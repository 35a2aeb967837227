"""Numbers as XML has them: decimal text with a point."""

from decimal import Decimal
from typing import Final, NamedTuple

from gateway_contracts.currencies import EXPONENTS
from gateway_contracts.money import Money
from invoice.domain.content import DocumentLine
from invoice.domain.totals import decimal_text

_PRICE_DECIMALS_MAX: Final = 4
_ROUNDING: Final = Decimal("0.005")


class UnitPrice(NamedTuple):
    """Price (BT-146) of ``base`` units (BT-149)."""

    price: str
    base: str | None = None


def amount(minor: int, currency: str) -> str:
    """The amount in major units."""
    return Money(minor, currency).decimal_text()


def unit_price(line: DocumentLine, currency: str) -> UnitPrice:
    """The net price of a line, such that quantity times price less discount is its net.

    Readers compute it again, and may differ by 0.02 in any currency (PEPPOL-EN16931-R120). Where no price with up to 4
    decimals does, as for shares of a gross price, the price is that of the whole quantity.
    """
    goods = Decimal(line.net + line.net_discount).scaleb(-EXPONENTS[currency])
    for decimals in range(EXPONENTS[currency], _PRICE_DECIMALS_MAX + 1):
        price = round(goods / line.quantity, decimals)
        if abs(line.quantity * price - goods) <= _ROUNDING:
            return UnitPrice(f"{price:.{decimals}f}")
    return UnitPrice(amount(line.net + line.net_discount, currency), decimal_text(line.quantity))
