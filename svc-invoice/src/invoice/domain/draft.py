"""Content of an invoice as its merchant writes it before the issue; afterwards it stands beside the totals."""

from dataclasses import asdict, dataclass
from typing import Any

from gateway_contracts.invoice_fields import AmountType, VatCategory


@dataclass(frozen=True)
class Lacking:
    """Something beside the amounts without which a draft is not issued; ``code`` is one of its reasons."""

    code: str


@dataclass(frozen=True)
class OrderedItem:
    """One item. ``quantity`` and ``tax_rate`` are decimal texts; ``reason`` says why no VAT is charged. ``unit`` is a
    code of UN/ECE Recommendations 20 and 21; None for pieces."""

    description: str
    quantity: str
    unit_price: int
    item_type: str = "goods"
    tax_rate: str | None = None
    category: VatCategory | None = None
    reason: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Discount:
    """Taken off the whole document; positive."""

    amount: int
    description: str | None = None


@dataclass(frozen=True)
class Shipping:
    """Charged for the whole document."""

    amount: int
    description: str | None = None
    tax_rate: str | None = None
    category: VatCategory | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Order:
    """Everything that is sold, in the terms of ``amount_type``."""

    amount_type: AmountType = "gross"
    items: tuple[OrderedItem, ...] = ()
    discount: Discount | None = None
    shipping: Shipping | None = None


@dataclass(frozen=True)
class Terms:
    """Texts and days that no amount depends on. They may be corrected after the issue.

    Attributes:
        due_on: the day until which it is to be paid (ISO 8601).
        payment_terms: in the merchant's words.
        buyer_reference: of the buyer, such as a German Leitweg-ID (BT-10).
        order_reference: the buyer's order (BT-13).
        notes: printed below the lines.
    """

    due_on: str | None = None
    payment_terms: str | None = None
    buyer_reference: str | None = None
    order_reference: str | None = None
    notes: str | None = None


def known(part: object) -> dict[str, Any]:
    """The fields of a part that have a value, for hashes that later fields do not change."""
    return {name: _known(value) for name, value in asdict(part).items() if value not in (None, ())}  # type: ignore[call-overload]  # a dataclass


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value]
    return value
