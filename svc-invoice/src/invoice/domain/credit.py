"""Amounts of a credit note. All credit notes of an invoice never take back more than the invoice charged.

Without lines an amount is spread over the VAT groups by what is left of each (largest remainder). Whatever takes the
rest of a group takes exactly the net and the VAT that are left of it, so that no cent of VAT stays behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from invoice.domain.totals import Group, SoldItem, Totals, VatKey, allocate, lines_of, vat_inside


@dataclass(frozen=True)
class ReturnedLine:
    """How much of one line of the sale goes back, gross; ``item`` counts the items from 0; None is the line of none."""

    item: int | None
    amount: int


@dataclass
class _Left:
    """Remaining amounts of one VAT group after earlier credit notes."""

    of: Group
    net: int
    vat: int

    @property
    def gross(self) -> int:
        return self.net + self.vat

    @property
    def vat_key(self) -> VatKey:
        return self.of.vat_key


@dataclass(frozen=True)
class _Part:
    """One line of the credit note."""

    description: str
    vat_key: VatKey
    gross: int

    def sold(self) -> SoldItem:
        category, rate = self.vat_key
        return SoldItem(self.description, 1, self.gross, vat_rate=rate, category=category)


def compute_credit(
    invoice: Totals, earlier: Sequence[Totals], amount: int, *, description: str, lines: Sequence[ReturnedLine] = ()
) -> Totals | None:
    """The totals of a credit note over ``amount`` (gross, positive), at most what is left of the invoice.

    Args:
        earlier: the invoice's credit notes so far.
        description: of what no line is named for.

    Returns:
        None when nothing is left to take back.
    """
    left = _left(invoice, earlier)
    amount = min(amount, sum(group.gross for group in left))
    if amount <= 0:
        return None
    if not earlier and amount == invoice.total:
        return invoice
    parts = _named_parts(invoice, left, amount, lines)
    parts += _spread_parts(left, parts, amount - sum(part.gross for part in parts), invoice.currency, description)
    groups = [_group(group, sum(part.gross for part in parts if part.vat_key == group.vat_key)) for group in left]
    sold = [part.sold() for part in parts]
    kept = tuple(group for group in groups if group.gross)
    return Totals("gross", invoice.currency, lines_of(sold, kept, invoice.currency), (), kept)


def _left(invoice: Totals, earlier: Sequence[Totals]) -> list[_Left]:
    left = [_Left(group, group.net, group.vat) for group in invoice.groups]
    by_key = {group.vat_key: group for group in left}
    for note in earlier:
        for taken in note.groups:
            by_key[taken.vat_key].net -= taken.net
            by_key[taken.vat_key].vat -= taken.vat
    return left


def _named_parts(invoice: Totals, left: Sequence[_Left], amount: int, lines: Sequence[ReturnedLine]) -> list[_Part]:
    """A part for each line that the invoice has, while its group and the amount last."""
    sold = {line.item: line for line in invoice.lines}
    open_gross = {group.vat_key: group.gross for group in left}
    parts = []
    for returned in lines:
        line = sold.get(returned.item)
        gross = 0 if line is None else min(returned.amount, open_gross[line.vat_key], amount)
        if line is not None and gross > 0:
            parts.append(_Part(line.description, line.vat_key, gross))
            open_gross[line.vat_key] -= gross
            amount -= gross
    return parts


def _spread_parts(
    left: Sequence[_Left], named: Sequence[_Part], amount: int, currency: str, description: str
) -> list[_Part]:
    weights = [group.gross - sum(part.gross for part in named if part.vat_key == group.vat_key) for group in left]
    shares = allocate(amount, weights, currency)
    return [_Part(description, group.vat_key, share) for group, share in zip(left, shares, strict=True) if share]


def _group(left: _Left, gross: int) -> Group:
    """Net and VAT of a part of what is left; neither is more than that."""
    rate = left.of.rate
    vat = left.vat
    if gross != left.gross:
        vat = min(vat_inside(gross, None if rate is None else Decimal(rate)), left.vat)
        vat = max(vat, gross - left.net)
    return replace(left.of, net=gross - vat, vat=vat, gross=gross, allowance_net=0)
