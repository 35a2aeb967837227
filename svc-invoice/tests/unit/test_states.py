"""State of an invoice: the first rule that matches."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.domain.states import state_of


@pytest.mark.parametrize(
    ("amounts", "state"),
    [
        ({}, "open"),
        ({"settled": 40}, "partially_settled"),
        ({"settled": 100}, "settled"),
        ({"settled": 120}, "overpaid"),
        ({"credited": 100}, "credited"),
        ({"credited": 100, "voided": True}, "voided"),
        ({"settled": 100, "refunded": 30, "credited": 30}, "partially_refunded"),
        ({"settled": 100, "refunded": 100, "credited": 100}, "refunded"),
        ({"settled": 70, "credited": 30}, "settled"),
        ({"settled": 80, "credited": 30}, "overpaid"),
        ({"credited": 30}, "open"),
        ({"settled": 50, "voided": True}, "partially_settled"),
    ],
)
def test_first_match(amounts: dict[str, Any], state: str) -> None:
    assert state_of(100, **amounts) == state


AMOUNTS = st.integers(0, 99_999_999_999_999)


@given(AMOUNTS.filter(bool), AMOUNTS, AMOUNTS, AMOUNTS, st.booleans())
def test_every_position_has_a_state(total: int, settled: int, refunded: int, credited: int, voided: bool) -> None:
    state = state_of(total, settled=settled, refunded=refunded, credited=credited, voided=voided)

    assert (state == "refunded") == (refunded == settled > 0)
    assert state != "settled" or settled == total - credited
