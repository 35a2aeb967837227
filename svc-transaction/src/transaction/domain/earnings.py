"""The earnings of a payment, as a fold over its entries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from transaction.domain.ledger import Account, Entry

_FEES: Final = frozenset({Account.PROVIDER_FEES, Account.DISPUTE_FEES})
_RESULT: Final = _FEES | {
    Account.SALES,
    Account.REFUNDS,
    Account.DISPUTE_LOSSES,
    Account.WRITE_OFFS,
    Account.ROUNDING,
    Account.FX_EXCHANGE,
}
"""Income and costs; all other accounts say where the money is, or whom it is owed to."""


@dataclass(frozen=True)
class Earnings:
    """Sums in one currency, in minor units.

    Attributes:
        debit, credit: of all entries; they are equal.
        refunds: confirmed or on their way.
        net: what remains of the sale; after an exchange it is in the other currency.
    """

    currency: str
    debit: int = 0
    credit: int = 0
    sales: int = 0
    refunds: int = 0
    fees: int = 0
    net: int = 0


def earnings(entries: Iterable[Entry]) -> list[Earnings]:
    """One for each currency that has entries, in the order of their codes."""
    sums: dict[str, dict[Account, int]] = defaultdict(lambda: defaultdict(int))
    debits: dict[str, int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            amount, currency = posting.amount.amount_minor, posting.amount.currency
            sums[currency][posting.account] += amount
            debits[currency] += max(amount, 0)
    return [
        Earnings(
            currency=currency,
            debit=debits[currency],
            credit=debits[currency] - sum(balances.values()),
            sales=-balances[Account.SALES],
            refunds=balances[Account.REFUNDS],
            fees=sum(balances[account] for account in _FEES),
            net=-sum(balances[account] for account in _RESULT),
        )
        for currency, balances in sorted(sums.items())
    ]
