"""Double-entry bookkeeping of what happens to money. Debit is positive, credit negative; every entry sums to zero.

Entries are immutable: a mistake is corrected by an entry that reverses it. Amounts on a transaction are a fold over
its entries, never a counter.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway_contracts.money import Money

HELD_PREFIX = "held_"
"""Kinds of entries about money that never became part of the sale."""

PAYOUT = "payout"
"""Kind of an entry that moves money between the merchant's own accounts: the customer paid nothing more."""


class Account(StrEnum):
    """The accounts, kept per organization, mode and currency; the first three also per provider account."""

    CLEARING = "clearing"
    BANK = "bank"
    DISPUTED = "disputed"
    UNAPPLIED_RECEIPTS = "unapplied_receipts"
    REFUNDS_PAYABLE = "refunds_payable"
    SALES = "sales"
    REFUNDS = "refunds"
    PROVIDER_FEES = "provider_fees"
    DISPUTE_FEES = "dispute_fees"
    DISPUTE_LOSSES = "dispute_losses"
    WRITE_OFFS = "write_offs"
    ROUNDING = "rounding"
    FX_EXCHANGE = "fx_exchange"

    @property
    def is_per_provider(self) -> bool:
        """Whether each provider account has its own."""
        return self in (Account.CLEARING, Account.BANK, Account.DISPUTED)


@dataclass(frozen=True)
class Posting:
    """One leg: debit positive, credit negative. ``provider_id`` is set exactly where the account is per provider."""

    account: Account
    amount: Money
    provider_id: str | None = None

    def __post_init__(self) -> None:
        if self.amount.amount_minor == 0:
            raise ValueError(f"a posting of nothing to {self.account}")
        if self.account.is_per_provider != (self.provider_id is not None):
            raise ValueError(f"{self.account} and its provider do not fit: {self.provider_id}")


@dataclass(frozen=True)
class Entry:
    """Balanced postings of one event.

    Attributes:
        kind: what happened, such as ``capture``.
        reference: what makes the entry unique within its transaction, such as the provider's payment id.
    """

    kind: str
    reference: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        sums: dict[str, int] = defaultdict(int)
        for posting in self.postings:
            sums[posting.amount.currency] += posting.amount.amount_minor
        if len(self.postings) < 2 or any(sums.values()):
            raise ValueError(f"entry {self.kind} does not balance: {dict(sums)}")

    def reversed(self, reference: str) -> "Entry":
        """The entry that undoes this one."""
        postings = tuple(Posting(leg.account, -leg.amount, leg.provider_id) for leg in self.postings)
        return Entry(f"{self.kind}_reversed", reference, postings)


def transfer(kind: str, reference: str, debit: Account, credit: Account, amount: Money, provider_id: str) -> Entry:
    """An entry of two legs; the provider counts where an account is kept per provider."""
    return Entry(kind, reference, (_leg(debit, amount, provider_id), _leg(credit, -amount, provider_id)))


def _leg(account: Account, amount: Money, provider_id: str) -> Posting:
    return Posting(account, amount, provider_id if account.is_per_provider else None)


def capture(amount: Money, provider_id: str, reference: str) -> Entry:
    """The provider holds the money for us, and it is what was asked for."""
    return transfer("capture", reference, Account.CLEARING, Account.SALES, amount, provider_id)


def unapplied_capture(amount: Money, provider_id: str, reference: str) -> Entry:
    """The provider holds money that fits no sale: late, duplicate, or another amount. A case decides about it."""
    return transfer("unapplied_capture", reference, Account.CLEARING, Account.UNAPPLIED_RECEIPTS, amount, provider_id)


def held(entries: Iterable[Entry], reference: str) -> Entry | None:
    """The entry that holds the money of a payment, if there is one that was not reversed."""
    found = {entry.kind: entry for entry in entries if entry.reference == reference}
    return None if "unapplied_capture_reversed" in found else found.get("unapplied_capture")


def unapplied_accepted(amount: Money, provider_id: str, reference: str) -> Entry:
    """Money that was held becomes the sale after all."""
    return transfer("unapplied_accepted", reference, Account.UNAPPLIED_RECEIPTS, Account.SALES, amount, provider_id)


def receipt(amount: Money, provider_id: str, reference: str) -> Entry:
    """Money arrived on the merchant's own bank account."""
    return transfer("receipt", reference, Account.BANK, Account.UNAPPLIED_RECEIPTS, amount, provider_id)


def manual_payment(amount: Money, provider_id: str, reference: str) -> Entry:
    """An operator says that the order was paid on the merchant's own bank account."""
    return transfer("manual_payment", reference, Account.BANK, Account.SALES, amount, provider_id)


def order_complete(amount: Money, provider_id: str, reference: str) -> Entry:
    """The money that arrived covers the order."""
    return transfer("order_complete", reference, Account.UNAPPLIED_RECEIPTS, Account.SALES, amount, provider_id)


def underpayment_accepted(amount: Money, short: Money, reference: str) -> Entry:
    """The merchant takes less than asked: the sale is whole, the missing part is written off."""
    arrived = amount - short
    legs = [Posting(Account.WRITE_OFFS, short), Posting(Account.SALES, -amount)]
    if arrived.amount_minor:
        legs.insert(0, Posting(Account.UNAPPLIED_RECEIPTS, arrived))
    return Entry("underpayment_accepted", reference, tuple(legs))


def surplus_kept(surplus: Money, reference: str) -> Entry:
    """A difference within tolerance stays with the merchant."""
    legs = (Posting(Account.UNAPPLIED_RECEIPTS, surplus), Posting(Account.WRITE_OFFS, -surplus))
    return Entry("surplus_kept", reference, legs)


def provider_fee(fee: Money, provider_id: str, reference: str) -> Entry:
    """The provider's fee, kept from the money that it holds; negative for a fee that it returns."""
    return transfer("provider_fee", reference, Account.PROVIDER_FEES, Account.CLEARING, fee, provider_id)


def dispute_fee(fee: Money, provider_id: str, reference: str) -> Entry:
    """The provider's fee for a dispute; negative when it is returned after a dispute that was won."""
    return transfer("dispute_fee", reference, Account.DISPUTE_FEES, Account.CLEARING, fee, provider_id)


def rounding(lost: Money, provider_id: str, reference: str) -> Entry:
    """Rounding loss from the provider's units to ours; negative for a gain."""
    return transfer("rounding", reference, Account.ROUNDING, Account.CLEARING, lost, provider_id)


def exchange(gone: Money, come: Money, provider_id: str, reference: str) -> Entry:
    """The provider changed what it holds into another currency; ``gone`` and ``come`` are negative for a refund."""
    legs = (
        Posting(Account.FX_EXCHANGE, gone),
        Posting(Account.CLEARING, -gone, provider_id),
        Posting(Account.CLEARING, come, provider_id),
        Posting(Account.FX_EXCHANGE, -come),
    )
    return Entry("exchange", reference, legs)


def payout(amount: Money, provider_id: str, reference: str) -> Entry:
    """The provider sent what it held to the merchant's bank account."""
    return transfer(PAYOUT, reference, Account.BANK, Account.CLEARING, amount, provider_id)


Balances = Mapping[tuple[Account, str | None, str], int]
"""(account, provider, currency) → balance, debit positive."""


def balances(entries: Iterable[Entry]) -> Balances:
    """The fold over entries."""
    sums: dict[tuple[Account, str | None, str], int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account, posting.provider_id, posting.amount.currency] += posting.amount.amount_minor
    return dict(sums)


@dataclass(frozen=True)
class Totals:
    """Amounts of one transaction in its currency, in minor units.

    Attributes:
        refunded: of the sale, confirmed.
        refunds_accepted: of the sale, confirmed or on their way; they reserve what they take.
        disputed: withdrawn in a dispute, or lost in one.
        received: what arrived on the bank account.
        unapplied: held, because it fits no sale.
    """

    captured: int = 0
    refunded: int = 0
    refunds_accepted: int = 0
    disputed: int = 0
    received: int = 0
    unapplied: int = 0


def totals(entries: Iterable[Entry], currency: str) -> Totals:
    """Totals of one transaction's entries: sales, refunds, disputes, receipts on the bank account, held money."""
    kept = list(entries)
    by_account: dict[Account, int] = defaultdict(int)
    for (account, _, unit), balance in balances(kept).items():
        if unit == currency:
            by_account[account] += balance
    return Totals(
        captured=-by_account[Account.SALES],
        refunded=by_account[Account.REFUNDS] - _refunds_on_their_way(kept, currency),
        refunds_accepted=by_account[Account.REFUNDS],
        disputed=by_account[Account.DISPUTED] + by_account[Account.DISPUTE_LOSSES],
        received=_arrived(kept, currency),
        unapplied=-by_account[Account.UNAPPLIED_RECEIPTS],
    )


def _refunds_on_their_way(entries: Iterable[Entry], currency: str) -> int:
    """Amount owed to customers out of the sale. Held money that goes back is owed too, but does not count here."""
    return -sum(
        leg.amount.amount_minor
        for entry in entries
        if not entry.kind.startswith(HELD_PREFIX)
        for leg in entry.postings
        if leg.account is Account.REFUNDS_PAYABLE and leg.amount.currency == currency
    )


def _arrived(entries: Iterable[Entry], currency: str) -> int:
    return sum(
        leg.amount.amount_minor
        for entry in entries
        if entry.kind != PAYOUT
        for leg in entry.postings
        if leg.account is Account.BANK and leg.amount.currency == currency and leg.amount.amount_minor > 0
    )
