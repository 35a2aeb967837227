"""The state that an issued invoice is in, computed from money and credit notes, never stored as the truth."""

from gateway_contracts.requests.invoice import InvoiceState


def state_of(
    total: int, *, settled: int = 0, refunded: int = 0, credited: int = 0, voided: bool = False
) -> InvoiceState:
    """The first rule that matches. Amounts are in minor units of the currency; none is negative.

    ``voided``: a formal reversal was issued while no money was settled.
    """
    rules: tuple[tuple[InvoiceState, bool], ...] = (
        ("voided", voided and settled == 0),
        ("refunded", refunded == settled > 0),
        ("partially_refunded", 0 < refunded < settled),
        ("credited", credited == total and settled == 0),
        ("overpaid", settled > total - credited),
        ("settled", settled == total - credited),
        ("partially_settled", settled > 0),
    )
    return next((state for state, matches in rules if matches), "open")
