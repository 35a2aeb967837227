"""State of an invoice: the first rule that matches."""

from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice import InvoiceState
from gateway_testkit.clock import START
from invoice.domain.settlement import Settlement, balance_of
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


def expected(total: int, settled: int, refunded: int, credited: int, *, voided: bool) -> str:
    """The rules in words: the first that holds."""
    if voided and settled == 0:
        return "voided"
    if settled > 0 and refunded in range(1, settled + 1):
        return "refunded" if refunded == settled else "partially_refunded"
    if settled == 0:
        if credited == total:
            return "credited"
        return "overpaid" if credited > total else "open"
    owed = total - credited
    return "settled" if settled == owed else "overpaid" if settled > owed else "partially_settled"


STEPS = range(0, 6)


@pytest.mark.parametrize(
    ("settled", "refunded", "credited", "voided"), list(product(STEPS, STEPS, STEPS, (False, True)))
)
def test_every_combination(settled: int, refunded: int, credited: int, voided: bool) -> None:
    state = state_of(4, settled=settled, refunded=refunded, credited=credited, voided=voided)

    # More cannot go back than came: such a sum counts as nothing of the kind.
    assert state == expected(4, settled, refunded, credited, voided=voided)


def test_money_is_summed_over_all_payments() -> None:
    first, second = (
        Settlement(new_object_id(), new_object_id(), "hash", "stripe", START, settled, refunded)
        for settled, refunded in ((60, 90), (50, 10))
    )

    balance = balance_of(100, (first, second), 70)

    # What was taken back twice of the first is no more than it was.
    assert (balance.settled, balance.refunded) == (110, 70)
    assert (balance.outstanding, balance.surplus) == (0, 10)
    assert balance_of(100, (), 30).outstanding == 70


PAYMENTS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 300)), max_size=6)


@given(st.integers(1, 400), PAYMENTS, st.integers(0, 400), st.booleans())
def test_every_history_has_one_declared_state(
    total: int, payments: list[tuple[int, int]], credited: int, voided: bool
) -> None:
    settlements = [
        Settlement(new_object_id(), new_object_id(), "hash", "stripe", START, settled, refunded)
        for settled, refunded in payments
    ]
    balance = balance_of(total, settlements, min(credited, total))

    state = state_of(
        balance.total,
        settled=balance.settled,
        refunded=balance.refunded,
        credited=balance.credited,
        voided=voided,
    )

    assert state in set(get_args(InvoiceState)) - {"draft"}
    assert state == expected(total, balance.settled, balance.refunded, balance.credited, voided=voided)
    assert 0 <= balance.refunded <= balance.settled
    assert balance.outstanding == 0 or balance.surplus == 0
