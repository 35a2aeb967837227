"""The state that an issued invoice is in, computed from money and credit notes, never stored as the truth."""

from dataclasses import dataclass

from gateway_contracts.requests.invoice import InvoiceState


@dataclass(frozen=True)
class Position:
    """Amounts of an issued invoice so far, in minor units of its currency; none is negative.

    Attributes:
        voided: a formal reversal was issued while no money was settled.
    """

    total: int
    settled: int = 0
    refunded: int = 0
    credited: int = 0
    voided: bool = False


def state_of(position: Position) -> InvoiceState:
    """The first rule that matches."""
    total, settled, refunded, credited = position.total, position.settled, position.refunded, position.credited
    rules: tuple[tuple[InvoiceState, bool], ...] = (
        ("voided", position.voided and settled == 0),
        ("refunded", refunded == settled > 0),
        ("partially_refunded", 0 < refunded < settled),
        ("credited", credited == total and settled == 0),
        ("overpaid", settled > total - credited),
        ("settled", settled == total - credited),
        ("partially_settled", settled > 0),
    )
    return next((state for state, matches in rules if matches), "open")
