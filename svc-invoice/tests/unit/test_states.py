"""State of an invoice: the first rule that matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.domain.states import Position, state_of


@pytest.mark.parametrize(
    ("position", "state"),
    [
        (Position(100), "open"),
        (Position(100, settled=40), "partially_settled"),
        (Position(100, settled=100), "settled"),
        (Position(100, settled=120), "overpaid"),
        (Position(100, credited=100), "credited"),
        (Position(100, credited=100, voided=True), "voided"),
        (Position(100, settled=100, refunded=30, credited=30), "partially_refunded"),
        (Position(100, settled=100, refunded=100, credited=100), "refunded"),
        (Position(100, settled=70, credited=30), "settled"),
        (Position(100, settled=80, credited=30), "overpaid"),
        (Position(100, credited=30), "open"),
        (Position(100, settled=50, voided=True), "partially_settled"),
    ],
)
def test_first_match(position: Position, state: str) -> None:
    assert state_of(position) == state


AMOUNTS = st.integers(0, 99_999_999_999_999)


@given(AMOUNTS.filter(bool), AMOUNTS, AMOUNTS, AMOUNTS, st.booleans())
def test_every_position_has_a_state(total: int, settled: int, refunded: int, credited: int, voided: bool) -> None:
    state = state_of(Position(total, settled, refunded, credited, voided))

    assert (state == "refunded") == (refunded == settled > 0)
    assert state != "settled" or settled == total - credited
