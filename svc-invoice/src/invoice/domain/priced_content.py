"""Stored totals in the terms of `invoice.domain.content`: every line, adjustment and group with its VAT treatment.

Documents of checkouts store rates without categories, and one allowance for all rates. Their categories follow from the
notes that they print (`invoice.domain.vat_notes`), their allowances are split by the groups that they lowered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from gateway_contracts.unit_codes import PIECE
from invoice.domain.content import Adjustment, DocumentLine, VatBreakdown, VatTreatment
from invoice.domain.totals import Group, Line, Totals, VatKey, allocate
from invoice.domain.vat_notes import VatNote

_NOTED: Final[dict[VatNote, VatTreatment]] = {
    "reverse_charge": VatTreatment("AE", "0", reason_code="VATEX-EU-AE"),
    "intra_community": VatTreatment("K", "0", reason_code="VATEX-EU-IC"),
    "export": VatTreatment("G", "0", reason_code="VATEX-EU-G"),
    "outside_scope": VatTreatment("O", None, reason_code="VATEX-EU-O"),
    "zero_rated": VatTreatment("Z", "0"),
}


@dataclass(frozen=True)
class PricedContent:
    """The amounts of a document."""

    lines: tuple[DocumentLine, ...]
    adjustments: tuple[Adjustment, ...]
    groups: tuple[VatBreakdown, ...]


def priced_content(totals: Totals, notes: Sequence[VatNote] = (), exemption: str | None = None) -> PricedContent:
    """The amounts of a document with those notes; ``exemption`` is the seller's reason of "exempt"."""
    treatments = {group.vat_key: _treatment(group, notes, exemption) for group in totals.groups}
    # What costs nothing needs no category of its own: it joins the others, without a breakdown.
    otherwise = next((one for one in treatments.values() if one.category), None)
    joining = {group.vat_key for group in totals.groups if not group.gross and not treatments[group.vat_key].category}
    if otherwise is None:
        joining = set()
    else:
        treatments |= dict.fromkeys(joining, otherwise)
    shown = [group for group in totals.groups if group.vat_key not in joining]
    return PricedContent(
        tuple(_line(line, treatments[line.vat_key]) for line in totals.lines),
        _adjustments(totals, treatments),
        tuple(VatBreakdown(treatments[one.vat_key], one.net, one.vat, one.gross) for one in shown),
    )


def _treatment(group: Group, notes: Sequence[VatNote], exemption: str | None) -> VatTreatment:
    if group.category is not None:
        return group.treatment
    if group.rate not in (None, "0"):
        return VatTreatment("S", group.rate)
    if list(notes) == ["exempt"]:
        return VatTreatment("E", "0", reason=exemption)
    # Goods and services that are free of VAT for different reasons have the same rate: which is which is not known.
    noted = _NOTED.get(notes[0]) if len(notes) == 1 else None
    return noted or VatTreatment(None, group.rate)


def _line(line: Line, treatment: VatTreatment) -> DocumentLine:
    return DocumentLine(
        name=line.description,
        quantity=Decimal(line.quantity),
        unit_price=line.unit_price,
        total=line.total,
        net=line.net,
        vat=_of_part(treatment),
        details=line.details,
        unit=line.unit or PIECE,
        discount=line.discount,
        net_discount=line.net_discount,
    )


def _of_part(treatment: VatTreatment) -> VatTreatment:
    """Reasons stand at the breakdown only."""
    return replace(treatment, reason=None, reason_code=None)


def _adjustments(totals: Totals, treatments: dict[VatKey, VatTreatment]) -> tuple[Adjustment, ...]:
    own = [
        Adjustment(one.is_charge, one.description, one.total, one.net, _of_part(treatments[one.vat_key]))
        for one in totals.allowances
        if one.net is not None
    ]
    shared = [one for one in totals.allowances if one.net is None]
    worth = [sum(line.total for line in totals.lines if line.vat_key == group.vat_key) for group in totals.groups]
    shares = allocate(sum(one.total for one in shared), worth, totals.currency)
    description = "; ".join(dict.fromkeys(one.description for one in shared if one.description))
    return tuple(own) + tuple(
        Adjustment(False, description, share, group.allowance_net, _of_part(treatments[group.vat_key]))
        for group, share in zip(totals.groups, shares, strict=True)
        if share
    )
