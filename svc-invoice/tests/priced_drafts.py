"""Drafts that tests price."""

from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from invoice.domain.content import VatTreatment
from invoice.pricing import DraftAdjustment, DraftLine

STANDARD: Final = VatTreatment("S", "19")
TREATMENTS: Final = st.sampled_from(
    [
        STANDARD,
        VatTreatment("S", "7"),
        VatTreatment("S", "7.7"),
        VatTreatment("S", "25.50"),
        VatTreatment("Z", "0"),
        VatTreatment("E", "0", "Schooling"),
        VatTreatment("AE", "0"),
        VatTreatment("K", None),
        VatTreatment("G", "0"),
    ]
)


def line(quantity: str, unit_price: int, treatment: VatTreatment | None = STANDARD, discount: int = 0) -> DraftLine:
    """A line with the parts that a test is about."""
    return DraftLine("x", Decimal(quantity), unit_price, treatment=treatment, discount=discount)


_QUANTITIES = st.decimals("0.0001", 1000, places=4) | st.integers(1, 1000).map(Decimal)
_PRICES = st.integers(0, 100) | st.integers(0, 2_000_000) | st.integers(2**31, 10**10)


def _lines(treatments: st.SearchStrategy[VatTreatment | None]) -> st.SearchStrategy[list[DraftLine]]:
    lines = st.builds(
        DraftLine,
        st.just("x"),
        _QUANTITIES,
        _PRICES,
        treatment=treatments,
    )
    return st.lists(lines, min_size=1, max_size=20)


LINES: Final = _lines(TREATMENTS) | _lines(st.none()) | _lines(st.just(VatTreatment("O")))
ADJUSTMENTS: Final = st.lists(
    st.builds(DraftAdjustment, st.booleans(), st.just("x"), st.integers(0, 10**6)), max_size=3
)
