"""Lines and adjustments of a draft, before anything is computed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from gateway_contracts.unit_codes import PIECE
from invoice.domain.content import VatTreatment

Rounding = Literal["document", "line"]
"""Whether VAT is rounded once per category and rate, or for each line."""
QUANTITY_DECIMALS_MAX: Final = 4


@dataclass(frozen=True)
class DraftLine:
    """One line as the merchant gives it.

    Attributes:
        quantity: above 0, with at most 4 decimals.
        unit_price: minor units, gross or net as the document's ``amount_type`` says; never negative.
        treatment: None where no VAT is shown; then no line has one.
        discount: taken off the line, in the same terms.
        unit: UN/ECE Recommendation 20.
    """

    description: str
    quantity: Decimal
    unit_price: int
    item_type: str = "goods"
    treatment: VatTreatment | None = None
    discount: int = 0
    details: str | None = None
    unit: str = PIECE


@dataclass(frozen=True)
class DraftAdjustment:
    """A discount or charge of the whole document, such as shipping; ``amount`` is positive, in the lines' terms.

    Without a treatment it follows the lines: it is spread over their VAT groups by their size.
    """

    is_charge: bool
    description: str
    amount: int
    treatment: VatTreatment | None = None
