"""Effects of single entries add up to the totals of the transaction."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.events.ledger import BookedAmounts
from gateway_contracts.money import Money
from transaction.domain import ledger
from transaction.domain.booked import booked_entries
from transaction.domain.ledger import Account, Entry, Posting

PROVIDER = "65a500000000000000000002"
ACCOUNTS = tuple(Account)
CURRENCIES = ("EUR", "JPY")


def posting(account: Account, minor: int, currency: str) -> Posting:
    return Posting(account, Money(minor, currency), PROVIDER if account.is_per_provider else None)


@st.composite
def an_entry(draw: st.DrawFn) -> Entry:
    """Any balanced entry of two accounts in one currency, of the sale or of held money."""
    debit, credit = draw(st.permutations(ACCOUNTS).map(lambda drawn: drawn[:2]))
    minor, currency = draw(st.integers(1, 10_000)), draw(st.sampled_from(CURRENCIES))
    kind = draw(st.sampled_from(["capture", "held_refund", "refund"]))
    return Entry(kind, str(minor), (posting(debit, minor, currency), posting(credit, -minor, currency)))


@given(st.lists(an_entry(), max_size=6))
def test_effects_of_entries_add_up_to_the_totals(entries: list[Entry]) -> None:
    for currency in CURRENCIES:
        sums = Counter[str]()
        for entry in booked_entries(entries):
            for amounts in entry.amounts:
                if amounts.currency == currency:
                    sums.update(amounts.model_dump(include={"captured", "refunded", "disputed", "fees"}))
        total, by_account = ledger.totals(entries, currency), ledger.balances(entries)
        fees = [
            by_account.get((account, None, currency), 0) for account in (Account.PROVIDER_FEES, Account.DISPUTE_FEES)
        ]
        assert (sums["captured"], sums["refunded"], sums["disputed"]) == (
            total.captured,
            total.refunded,
            total.disputed,
        )
        assert sums["fees"] == sum(fees)


def test_an_exchange_with_its_fee() -> None:
    euro, yen = Money(4900, "EUR"), Money(800_000, "JPY")
    booked = booked_entries(
        [ledger.exchange(euro, yen, PROVIDER, "t"), ledger.provider_fee(Money(900, "JPY"), PROVIDER, "t")]
    )
    assert [entry.kind for entry in booked] == ["exchange", "provider_fee"]
    assert [entry.amounts for entry in booked] == [(), (BookedAmounts(currency="JPY", fees=900),)]
