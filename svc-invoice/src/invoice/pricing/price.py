"""Totals of a draft. Sums are exact in both terms and both roundings.

Per document, VAT is rounded half-up once per group: from its net in net terms, from its gross in gross terms, where the
nets of the parts are then shares of the group's net by largest remainder. Per line, each part has its own VAT and a
group is their sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway_contracts.invoice_fields import AmountType
from gateway_contracts.money import AMOUNT_MINOR_MAX
from invoice.domain.content import VatTreatment
from invoice.domain.totals import (
    Allowance,
    Group,
    Line,
    Quantity,
    Totals,
    VatKey,
    allocate,
    price_of,
    rate_ratio,
    vat_inside,
    vat_on_top,
)
from invoice.pricing.draft import QUANTITY_DECIMALS_MAX, DraftAdjustment, DraftLine, Rounding
from invoice.pricing.errors import PricingRefused
from invoice.pricing.treatments import checked_treatments


@dataclass(frozen=True)
class _Part:
    """A line or adjustment inside its group; what an allowance takes off is negative."""

    amount: int
    treatment: VatTreatment

    @property
    def key(self) -> VatKey:
        return self.treatment.category, self.treatment.rate


@dataclass(frozen=True)
class _Taxed:
    """A group and the nets of its parts in their order."""

    group: Group
    nets: list[int]


def price(
    lines: Sequence[DraftLine],
    adjustments: Sequence[DraftAdjustment] = (),
    *,
    amount_type: AmountType,
    currency: str,
    rounding: Rounding = "document",
) -> Totals:
    """The totals of a document.

    Raises:
        PricingRefused: see `invoice.pricing.errors`.
    """
    if not lines:
        raise PricingRefused("lines", "a document has at least one line", code="VALIDATION_FAILED")
    amounts = [_line_total(line, f"lines[{place}]") for place, line in enumerate(lines)]
    of_lines, of_adjustments = checked_treatments(lines, adjustments)
    # A line that costs nothing joins the others; no line has a treatment, or all that cost something have one.
    otherwise = next((one for one in of_lines if one), VatTreatment(None))
    sold = [_Part(amount, one or otherwise) for amount, one in zip(amounts, of_lines, strict=True)]
    entries = _entries(adjustments, of_adjustments, sold, currency)
    parts = sold + [part for _, part in entries]
    keys = list(dict.fromkeys(part.key for part in parts))
    taxed = {key: _taxed(key, sold, parts[len(sold) :], amount_type, rounding) for key in keys}
    nets = {key: iter(one.nets) for key, one in taxed.items()}
    totals = Totals(
        amount_type,
        currency,
        tuple(_line(line, part, next(nets[part.key]), amount_type) for line, part in zip(lines, sold, strict=True)),
        tuple(_allowance(entry, part, next(nets[part.key])) for entry, part in entries),
        tuple(one.group for one in taxed.values()),
    )
    if totals.total > AMOUNT_MINOR_MAX:
        raise PricingRefused("lines", "the total is larger than any amount may be", code="AMOUNT_TOO_LARGE")
    return totals


def _line_total(line: DraftLine, field: str) -> int:
    if (
        not line.quantity.is_finite()
        or line.quantity <= 0
        or line.quantity != round(line.quantity, QUANTITY_DECIMALS_MAX)
    ):
        raise PricingRefused(f"{field}.quantity", "is above 0 and has at most 4 decimals", code="QUANTITY_INVALID")
    if line.unit_price < 0:
        raise PricingRefused(f"{field}.unitPrice", "is not below 0; use a discount", code="PRICE_NEGATIVE")
    if line.discount < 0:
        raise PricingRefused(f"{field}.discount", "is not below 0", code="PRICE_NEGATIVE")
    goods = price_of(line.quantity, line.unit_price)
    if goods > AMOUNT_MINOR_MAX:
        raise PricingRefused(field, "is larger than any amount may be", code="AMOUNT_TOO_LARGE")
    if line.discount > goods:
        raise PricingRefused(f"{field}.discount", "is more than the line", code="DISCOUNT_TOO_LARGE")
    return goods - line.discount


def _entries(
    adjustments: Sequence[DraftAdjustment],
    treatments: Sequence[VatTreatment | None],
    sold: Sequence[_Part],
    currency: str,
) -> list[tuple[DraftAdjustment, _Part]]:
    """The adjustments, each in one group."""
    found = []
    for place, (adjustment, treatment) in enumerate(zip(adjustments, treatments, strict=True)):
        if adjustment.amount < 0:
            raise PricingRefused(f"adjustments[{place}].amount", "is not below 0", code="PRICE_NEGATIVE")
        sign = 1 if adjustment.is_charge else -1
        shares = [(treatment, adjustment.amount)] if treatment else _spread(adjustment.amount, sold, currency)
        found += [(adjustment, _Part(sign * share, of)) for of, share in shares]
    _check_not_below_zero(sold, found)
    return found


def _spread(amount: int, sold: Sequence[_Part], currency: str) -> list[tuple[VatTreatment, int]]:
    """Shares of the lines' groups by largest remainder; all of it to the first where no line costs anything."""
    worth: dict[VatKey, int] = {}
    of = {part.key: part.treatment for part in reversed(sold)}
    for part in sold:
        worth[part.key] = worth.get(part.key, 0) + part.amount
    shares = allocate(amount, list(worth.values()), currency) if any(worth.values()) else [amount]
    return [(of[key], share) for key, share in zip(worth, shares, strict=False) if share]


def _check_not_below_zero(sold: Sequence[_Part], entries: Sequence[tuple[DraftAdjustment, _Part]]) -> None:
    left: dict[VatKey, int] = {}
    for part in [*sold, *(part for _, part in entries)]:
        left[part.key] = left.get(part.key, 0) + part.amount
    if min(left.values()) < 0:
        raise PricingRefused("adjustments", "takes more than its lines are worth", code="DISCOUNT_TOO_LARGE")


def _taxed(
    key: VatKey, sold: Sequence[_Part], entries: Sequence[_Part], amount_type: AmountType, rounding: Rounding
) -> _Taxed:
    category, rate = key
    goods = [part for part in sold if part.key == key]
    parts = goods + [part for part in entries if part.key == key]
    net, vat, nets = _rounded([part.amount for part in parts], rate, amount_type, rounding)
    group = Group(rate, net, vat, net + vat, -sum(nets[len(goods) :]), category, *_reason(parts))
    return _Taxed(group, nets)


def _rounded(
    amounts: list[int], rate_text: str | None, amount_type: AmountType, rounding: Rounding
) -> tuple[int, int, list[int]]:
    """Net, VAT and the nets of the parts of a group."""
    rate = None if rate_text is None else Decimal(rate_text)
    total = sum(amounts)
    vat_of = vat_on_top if amount_type == "net" else vat_inside
    vats = [vat_of(amount, rate) for amount in amounts]
    # Rounded apart, the VAT of many small lines can be less than that of their discount.
    by_line = rounding == "line" and sum(vats) >= 0
    vat = sum(vats) if by_line else vat_of(total, rate)
    if amount_type == "net":
        return total, vat, amounts
    if by_line:
        return total - vat, vat, [amount - part for amount, part in zip(amounts, vats, strict=True)]
    return total - vat, vat, _shares(total - vat, amounts, rate)


def _shares(net: int, amounts: Sequence[int], rate: Decimal | None) -> list[int]:
    """Shares of ``net`` for gross amounts of either sign: the exact net rounded down, and 1 for the largest rests.

    The rounded ``net`` differs from the exact one by at most a half, so no part gets more than 1.
    """
    if rate is None:
        return list(amounts)
    percent, hundred = rate_ratio(rate)
    exact = [divmod(amount * hundred, hundred + percent) for amount in amounts]
    missing = net - sum(whole for whole, _ in exact)
    by_rest = sorted(range(len(exact)), key=lambda place: (-exact[place][1], place))
    extra = set(by_rest[:missing])
    return [whole + (place in extra) for place, (whole, _) in enumerate(exact)]


def _reason(parts: Sequence[_Part]) -> tuple[str | None, str | None]:
    """One reason per group (BR-E-01): different ones stand beside each other, a code only where all share it."""
    codes = list(dict.fromkeys(part.treatment.reason_code for part in parts))
    if len(codes) == 1:
        texts = [part.treatment.reason for part in parts]
    else:
        texts = [part.treatment.reason or part.treatment.reason_code for part in parts]
    text = "; ".join(dict.fromkeys(text for text in texts if text))
    return text or None, codes[0] if len(codes) == 1 else None


def _line(line: DraftLine, part: _Part, net: int, amount_type: AmountType) -> Line:
    rate = part.treatment.rate
    of_discount = 0
    if amount_type == "gross" and rate is not None:
        of_discount = vat_inside(line.discount, Decimal(rate))
    return Line(
        line.description,
        _quantity(line.quantity),
        line.unit_price,
        part.amount,
        net,
        rate,
        category=part.treatment.category,
        discount=line.discount,
        net_discount=line.discount - of_discount,
        details=line.details,
        unit=line.unit,
        item_type=line.item_type,
    )


def _quantity(quantity: Decimal) -> Quantity:
    return int(quantity) if quantity == quantity.to_integral_value() else quantity.normalize()


def _allowance(adjustment: DraftAdjustment, part: _Part, net: int) -> Allowance:
    return Allowance(
        adjustment.description,
        abs(part.amount),
        is_charge=adjustment.is_charge,
        net=abs(net),
        vat_rate=part.treatment.rate,
        category=part.treatment.category,
    )
