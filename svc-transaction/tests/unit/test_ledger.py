"""Books that balance, and amounts that are folds over them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.money import AMOUNT_MINOR_MAX, Money
from transaction.domain import ledger
from transaction.domain.ledger import Account, Entry, Posting

PROVIDER = "65f000000000000000000001"


def eur(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def usd(amount_minor: int) -> Money:
    return Money(amount_minor, "USD")


amounts = st.integers(1, AMOUNT_MINOR_MAX) | st.sampled_from([2**31, 2**31 - 1, AMOUNT_MINOR_MAX])
entries = st.one_of(
    amounts.map(lambda a: ledger.capture(eur(a), PROVIDER, f"pi_{a}")),
    amounts.map(lambda a: ledger.unapplied_capture(eur(a), PROVIDER, f"pi_{a}")),
    amounts.map(lambda a: ledger.unapplied_accepted(eur(a), PROVIDER, f"case_{a}")),
    amounts.map(lambda a: ledger.receipt(eur(a), PROVIDER, f"bank_{a}")),
    amounts.map(lambda a: ledger.order_complete(eur(a), PROVIDER, f"bank_{a}")),
    amounts.map(lambda a: ledger.surplus_kept(eur(a), f"bank_{a}")),
    amounts.map(lambda a: ledger.provider_fee(eur(a), PROVIDER, f"fee_{a}")),
    amounts.map(lambda a: ledger.provider_fee(eur(-a), PROVIDER, f"fee_back_{a}")),
    amounts.map(lambda a: ledger.dispute_fee(eur(a), PROVIDER, f"dispute_{a}")),
    st.sampled_from([-1, 1]).map(lambda a: ledger.rounding(eur(a), PROVIDER, f"round_{a}")),
    st.tuples(amounts, amounts).map(lambda p: ledger.exchange(eur(p[0]), usd(p[1]), PROVIDER, f"fx_{p[0]}")),
    st.tuples(amounts, amounts).map(lambda p: ledger.exchange(eur(-p[0]), usd(-p[1]), PROVIDER, f"fx_back_{p[0]}")),
    st.tuples(amounts, amounts).map(lambda p: ledger.underpayment_accepted(eur(sum(p)), eur(p[0]), f"bank_{p[1]}")),
)


@given(st.lists(entries))
def test_the_books_balance_whatever_happened(history: list[Entry]) -> None:
    sums: dict[str, int] = {}
    for (_, _, currency), balance in ledger.balances(history).items():
        sums[currency] = sums.get(currency, 0) + balance
    assert not any(sums.values())


@given(amount=amounts, come=amounts, fee=st.integers(0, 1000))
def test_an_exchange_changes_where_the_money_lies_and_nothing_else(amount: int, come: int, fee: int) -> None:
    history = [ledger.capture(eur(amount), PROVIDER, "pi_1"), ledger.exchange(eur(amount), usd(come), PROVIDER, "txn")]
    if fee:
        history.append(ledger.provider_fee(usd(fee), PROVIDER, "txn"))

    balances = ledger.balances(history)

    assert balances[Account.CLEARING, PROVIDER, "EUR"] == 0
    assert balances[Account.CLEARING, PROVIDER, "USD"] == come - fee
    assert (balances[Account.FX_EXCHANGE, None, "EUR"], balances[Account.FX_EXCHANGE, None, "USD"]) == (amount, -come)
    assert ledger.totals(history, "EUR") == ledger.Totals(captured=amount)


@given(st.lists(entries, min_size=1))
def test_reversing_every_entry_leaves_nothing(history: list[Entry]) -> None:
    undone = [*history, *(entry.reversed("undo") for entry in history)]

    assert set(ledger.balances(undone).values()) == {0}


def test_an_entry_that_does_not_balance_cannot_exist() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        Entry("wrong", "x", (Posting(Account.SALES, eur(-100)), Posting(Account.WRITE_OFFS, eur(99))))


def test_currencies_do_not_balance_each_other() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        Entry("wrong", "x", (Posting(Account.SALES, eur(-100)), Posting(Account.WRITE_OFFS, Money(100, "USD"))))


def test_a_provider_account_needs_its_provider() -> None:
    with pytest.raises(ValueError, match="provider"):
        Posting(Account.CLEARING, eur(1))


def test_nothing_is_not_posted() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Posting(Account.SALES, eur(0))


def test_a_capture_is_a_sale() -> None:
    totals = ledger.totals([ledger.capture(eur(4900), PROVIDER, "pi_1")], "EUR")

    assert (totals.captured, totals.refunded, totals.received, totals.unapplied) == (4900, 0, 0, 0)


def test_a_duplicate_is_held_not_sold() -> None:
    history = [ledger.capture(eur(4900), PROVIDER, "pi_1"), ledger.unapplied_capture(eur(4900), PROVIDER, "pi_2")]

    totals = ledger.totals(history, "EUR")

    assert (totals.captured, totals.unapplied) == (4900, 4900)


def test_a_wire_transfer_in_two_parts_completes_the_order() -> None:
    history = [
        ledger.receipt(eur(3000), PROVIDER, "bank-1"),
        ledger.receipt(eur(2000), PROVIDER, "bank-2"),
        ledger.order_complete(eur(4900), PROVIDER, "bank-2"),
    ]

    totals = ledger.totals(history, "EUR")

    assert (totals.captured, totals.received, totals.unapplied) == (4900, 5000, 100)


def test_an_accepted_underpayment_is_a_whole_sale() -> None:
    history = [
        ledger.receipt(eur(4800), PROVIDER, "bank-1"),
        ledger.underpayment_accepted(eur(4900), eur(100), "bank-1"),
    ]

    totals = ledger.totals(history, "EUR")

    assert (totals.captured, totals.received, totals.unapplied) == (4900, 4800, 0)


def test_money_in_another_currency_is_not_counted() -> None:
    totals = ledger.totals([ledger.unapplied_capture(Money(5, "USD"), PROVIDER, "pi_1")], "EUR")

    assert totals.unapplied == 0
