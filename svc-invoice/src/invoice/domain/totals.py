"""From the items of a checkout to the lines and totals of an invoice; every sum is exact.

Gross mode: per VAT group, VAT = half-up(gross · rate / (100 + rate)) and net = gross - VAT; the nets of the lines are
shares of their group's net. Net mode (the items contain ``tax``): the lines are net, the tax items are the VAT total.
Negative items become document-level allowances, spread over the VAT groups by their size. Shares are made by largest
remainder. Without a rate no VAT is shown, and none is guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import PlainSerializer

from gateway_contracts.invoice_fields import AmountType, VatCategory
from gateway_contracts.money import Money, divide_half_up
from invoice.domain.content import VatTreatment
from invoice.domain.tax_rates import rates_of


def decimal_text(value: Decimal) -> str:
    """Plain digits without closing zeros: "1.5"."""
    return f"{value.normalize():f}"


Quantity = int | Annotated[Decimal, PlainSerializer(decimal_text)]
"""A whole number is an ``int``, as in documents from before there were others; a decimal is stored as its text."""

VatKey = tuple[VatCategory | None, str | None]
"""What one group of a document has in common: category and rate. Documents of checkouts have no category."""


class TotalsRefused(ValueError):
    """The items do not determine the VAT: the invoice stays a draft.

    Attributes:
        code: ``TAX_RATE_REQUIRED`` or ``ITEMS_DO_NOT_ADD_UP``.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class SoldItem:
    """One item of a checkout. ``unit_price`` in minor units; ``vat_rate`` in percent as decimal text."""

    description: str
    quantity: int
    unit_price: int
    item_type: str = "goods"
    vat_rate: str | None = None
    place: int | None = None
    """Among the checkout's items, from 0."""
    category: VatCategory | None = None

    @property
    def total(self) -> int:
        return self.quantity * self.unit_price

    @property
    def vat_key(self) -> VatKey:
        return self.category, self.vat_rate


@dataclass(frozen=True)
class Line:
    """One line of a document.

    Attributes:
        unit_price: gross or net as the document's ``amount_type`` says, as are ``total`` and ``discount``.
        total: quantity times price, rounded half-up, less ``discount``.
        net: always without VAT.
        item: its place among the checkout's items, from 0.
        net_discount: the part of ``discount`` without VAT.
    """

    description: str
    quantity: Quantity
    unit_price: int
    total: int
    net: int
    vat_rate: str | None
    item: int | None = None
    category: VatCategory | None = None
    discount: int = 0
    net_discount: int = 0
    details: str | None = None
    unit: str | None = None
    item_type: str | None = None

    @property
    def vat_key(self) -> VatKey:
        return self.category, self.vat_rate

    def legal_content(self) -> list[Any]:
        """Facts that the register seals; fields that earlier versions lack are named where they are known."""
        quantity = decimal_text(self.quantity) if isinstance(self.quantity, Decimal) else self.quantity
        facts = [self.description, quantity, self.unit_price, self.total, self.net, self.vat_rate]
        return facts + _later(self, "category", "discount", "net_discount", "details", "unit", "item_type")


@dataclass(frozen=True)
class Allowance:
    """A discount or charge of the whole document; positive, in the same terms as the lines' totals.

    Attributes:
        is_charge: it is added, such as shipping.
        net: without VAT; None where it belongs to all groups, as `Group.allowance_net` says.
        vat_rate: of the only group that it belongs to, with ``category``.
    """

    description: str
    total: int
    is_charge: bool = False
    net: int | None = None
    vat_rate: str | None = None
    category: VatCategory | None = None

    @property
    def signed_total(self) -> int:
        """The amount that it takes off; negative for a charge."""
        return -self.total if self.is_charge else self.total

    @property
    def vat_key(self) -> VatKey:
        return self.category, self.vat_rate

    def legal_content(self) -> list[Any]:
        """Facts that the register seals."""
        return [self.description, self.total, *_later(self, "is_charge", "net", "vat_rate", "category")]


@dataclass(frozen=True)
class Group:
    """One category and rate of VAT: ``net + vat = gross``, after its share of allowances and charges.

    Attributes:
        allowance_net: the net part of its allowances, less that of its charges.
        reason: why no VAT is charged, in the document's language.
        reason_code: the same as VATEX code.
    """

    rate: str | None
    net: int
    vat: int
    gross: int
    allowance_net: int = 0
    category: VatCategory | None = None
    reason: str | None = None
    reason_code: str | None = None

    @property
    def vat_key(self) -> VatKey:
        return self.category, self.rate

    @property
    def treatment(self) -> VatTreatment:
        return VatTreatment(self.category, self.rate, self.reason, self.reason_code)

    def legal_content(self) -> list[Any]:
        """Facts that the register seals."""
        facts = [self.rate, self.net, self.vat, self.gross, self.allowance_net]
        return facts + _later(self, "category", "reason", "reason_code")


def _later(part: Line | Allowance | Group, *names: str) -> list[Any]:
    """Fields that earlier versions did not store, where they have a value; nothing otherwise, so that hashes stay."""
    unset = {field.name: field.default for field in fields(part)}
    found = {name: value for name in names if (value := getattr(part, name)) != unset[name]}
    return [found] if found else []


@dataclass(frozen=True)
class Totals:
    """Amounts of an invoice; ``net + vat = total``."""

    amount_type: AmountType
    currency: str
    lines: tuple[Line, ...]
    allowances: tuple[Allowance, ...]
    groups: tuple[Group, ...]

    @property
    def net(self) -> int:
        return sum(group.net for group in self.groups)

    @property
    def vat(self) -> int:
        return sum(group.vat for group in self.groups)

    @property
    def total(self) -> int:
        return self.net + self.vat

    def problems(self) -> list[str]:
        """Sums that do not hold; empty for all totals that were computed here."""
        found = []
        taken = sum(group.allowance_net for group in self.groups)
        if sum(line.net for line in self.lines) - taken != self.net:
            found.append("the nets of the lines and allowances are not the net total")
        if any(group.net + group.vat != group.gross for group in self.groups):
            found.append("net and VAT of a group are not its gross")
        goods = sum(line.total for line in self.lines) - sum(entry.signed_total for entry in self.allowances)
        if goods != (self.total if self.amount_type == "gross" else self.net):
            found.append("lines and allowances are not the total")
        if any(price_of(line.quantity, line.unit_price) - line.discount != line.total for line in self.lines):
            found.append("a line is not quantity times price")
        return found


def price_of(quantity: int | Decimal, unit_price: int) -> int:
    """Quantity times price, half-up."""
    numerator, denominator = quantity.as_integer_ratio()
    return divide_half_up(numerator * unit_price, denominator)


def compute_totals(
    items: Sequence[SoldItem], *, amount: int, currency: str, reference: str, countries: Iterable[str | None] = ()
) -> Totals:
    """The lines and totals of an invoice over ``amount``.

    Args:
        reference: describes the only line when there are no items.
        countries: of seller and buyer; where the rate behind a tax item is looked up.

    Raises:
        TotalsRefused: the VAT is not determined, or the items are not the amount.
    """
    if not items:
        items = [SoldItem(reference, 1, amount)]
    if sum(item.total for item in items) != amount:
        raise TotalsRefused("ITEMS_DO_NOT_ADD_UP", f"the items are not the amount of {amount}")
    taxes = [item for item in items if item.item_type == "tax"]
    rest = [item for item in items if item.item_type != "tax"]
    sold = [item for item in rest if item.total >= 0]
    allowances = tuple(Allowance(item.description, -item.total) for item in rest if item.total < 0)
    allowance = sum(entry.total for entry in allowances)
    rates = [_rate(item.vat_rate) for item in sold]
    if not sold or sum(item.total for item in sold) <= 0 < allowance:
        raise TotalsRefused("ITEMS_DO_NOT_ADD_UP", "there is nothing that the discount or tax could belong to")
    tax = sum(item.total for item in taxes)
    _check_rated_alike(sold, rates)
    if taxes:
        rates, groups = _net_groups(sold, rates, allowance, tax, currency, rates_of(*countries))
    else:
        groups = _gross_groups(sold, rates, allowance, currency)
    rated = [replace(item, vat_rate=_rate_text(rate)) for item, rate in zip(sold, rates, strict=True)]
    lines = lines_of(rated, groups, currency)
    return Totals("net" if taxes else "gross", currency, lines, allowances, groups)


def _check_rated_alike(sold: Sequence[SoldItem], rates: Sequence[Decimal | None]) -> None:
    """A sale whose VAT is known in part is not known: neither a rate nor an exemption is guessed for the rest. What
    costs nothing has no VAT, whatever its rate."""
    priced = [rate is None for item, rate in zip(sold, rates, strict=True) if item.total]
    if any(priced) and not all(priced):
        raise TotalsRefused("TAX_RATE_REQUIRED", "some items have a VAT rate and some have none")


def _rate(text: str | None) -> Decimal | None:
    if text is None or not text.strip():
        return None
    try:
        rate = Decimal(text.strip())
    except InvalidOperation as exc:
        raise TotalsRefused("TAX_RATE_REQUIRED", f"{text!r} is not a VAT rate") from exc
    if not rate.is_finite() or not 0 <= rate <= 100:
        raise TotalsRefused("TAX_RATE_REQUIRED", f"{text!r} is not a VAT rate")
    return rate.normalize()


def _rate_text(rate: Decimal | None) -> str | None:
    return None if rate is None else decimal_text(rate)


def vat_inside(gross: int, rate: Decimal | None) -> int:
    """VAT contained in a gross amount, half-up."""
    if rate is None:
        return 0
    percent, hundred = rate_ratio(rate)
    return divide_half_up(gross * percent, hundred + percent)


def vat_on_top(net: int, rate: Decimal | None) -> int:
    """VAT on a net amount, half-up."""
    if rate is None:
        return 0
    percent, hundred = rate_ratio(rate)
    return divide_half_up(net * percent, hundred)


def rate_ratio(rate: Decimal) -> tuple[int, int]:
    """Rate / 100 as integers: 7.7 % is 77 / 1000."""
    scale = 10 ** max(0, -int(rate.as_tuple().exponent))
    return int(rate * scale), 100 * scale


def allocate(amount: int, weights: Sequence[int], currency: str) -> list[int]:
    """Shares by largest remainder; all zero when nothing has weight."""
    if not any(weights):
        return [0] * len(weights)
    return [part.amount_minor for part in Money(amount, currency).allocate(weights)]


def _by_rate(sold: Sequence[SoldItem], rates: Sequence[Decimal | None]) -> dict[Decimal | None, int]:
    """Totals per rate in the order of first appearance."""
    sums: dict[Decimal | None, int] = {}
    for item, rate in zip(sold, rates, strict=True):
        sums[rate] = sums.get(rate, 0) + item.total
    return sums


def _gross_groups(
    sold: Sequence[SoldItem], rates: Sequence[Decimal | None], allowance: int, currency: str
) -> tuple[Group, ...]:
    sums = _by_rate(sold, rates)
    groups = []
    for (rate, gross), share in zip(sums.items(), allocate(allowance, list(sums.values()), currency), strict=True):
        vat = vat_inside(gross - share, rate)
        allowance_net = share - vat_inside(share, rate)
        groups.append(Group(_rate_text(rate), gross - share - vat, vat, gross - share, allowance_net))
    return tuple(groups)


def _net_groups(
    sold: Sequence[SoldItem],
    rates: list[Decimal | None],
    allowance: int,
    tax: int,
    currency: str,
    legal: Sequence[Decimal],
) -> tuple[list[Decimal | None], tuple[Group, ...]]:
    """Groups of net lines whose VAT adds up to ``tax``, and the rate of each line."""
    if tax == 0 and not any(rates):
        legal = ()
    elif not any(rate is not None for rate in rates):
        net = sum(item.total for item in sold) - allowance
        rates = [_recognise(net, tax, len(sold), legal)] * len(sold)
    sums = _by_rate(sold, rates)
    shares = allocate(allowance, list(sums.values()), currency)
    nets = [total - share for total, share in zip(sums.values(), shares, strict=True)]
    vats = [vat_on_top(net, rate) for net, rate in zip(nets, sums, strict=True)]
    if not _within_rounding(sum(vats) - tax, len(sold) + len(vats)):
        raise TotalsRefused("TAX_RATE_REQUIRED", "the tax items are not the VAT of the items")
    if sum(vats) != tax:
        if not any(vats):
            raise TotalsRefused("TAX_RATE_REQUIRED", "no item carries the VAT of the tax items")
        # The shop rounded line by line: its tax total stands, and the groups share it.
        vats = allocate(tax, vats, currency)
    groups = (
        Group(_rate_text(rate), net, vat, net + vat, share)
        for rate, net, vat, share in zip(sums, nets, vats, shares, strict=True)
    )
    return rates, tuple(groups)


def _within_rounding(difference: int, roundings: int) -> bool:
    """Each rounding moves a sum by at most half a minor unit."""
    return 2 * abs(difference) <= roundings


def _recognise(net: int, tax: int, lines: int, legal: Sequence[Decimal]) -> Decimal:
    """The only legal rate that gives this tax, within the rounding of each line."""
    fitting = []
    for rate in legal:
        percent, hundred = rate_ratio(rate)
        if 2 * abs(net * percent - tax * hundred) <= lines * hundred:
            fitting.append(rate)
    if len(fitting) != 1:
        raise TotalsRefused("TAX_RATE_REQUIRED", "the rate of the tax items cannot be determined")
    return fitting[0]


def lines_of(sold: Sequence[SoldItem], groups: Sequence[Group], currency: str) -> tuple[Line, ...]:
    """Lines whose nets are, per group, exactly its net before allowances."""
    nets = [0] * len(sold)
    for group in groups:
        members = [index for index, item in enumerate(sold) if item.vat_key == group.vat_key]
        shares = allocate(group.net + group.allowance_net, [sold[index].total for index in members], currency)
        for index, share in zip(members, shares, strict=True):
            nets[index] = share
    return tuple(
        Line(
            item.description,
            item.quantity,
            item.unit_price,
            item.total,
            net,
            item.vat_rate,
            item.place,
            category=item.category,
        )
        for item, net in zip(sold, nets, strict=True)
    )
