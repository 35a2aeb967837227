"""Postings of money that goes back: refunds, disputes, held money. One function per row of the table of postings."""

from gateway_contracts.money import Money
from transaction.domain.ledger import HELD_PREFIX, Account, Entry, Posting, transfer


def refund_requested(amount: Money, reference: str) -> Entry:
    """A refund was accepted: it reserves its amount."""
    return transfer("refund_requested", reference, Account.REFUNDS, Account.REFUNDS_PAYABLE, amount, "")


def refund_succeeded(amount: Money, provider_id: str, reference: str, *, manual: bool) -> Entry:
    """The money left: from what the provider holds, or from the bank account if an operator paid it."""
    source = Account.BANK if manual else Account.CLEARING
    return transfer("refund_succeeded", reference, Account.REFUNDS_PAYABLE, source, amount, provider_id)


def refund_failed(amount: Money, reference: str) -> Entry:
    """It never left: the reservation is released."""
    return transfer("refund_failed", reference, Account.REFUNDS_PAYABLE, Account.REFUNDS, amount, "")


def refund_failed_late(amount: Money, provider_id: str, reference: str, *, manual: bool) -> Entry:
    """It came back after it had left."""
    source = Account.BANK if manual else Account.CLEARING
    return transfer("refund_failed_late", reference, source, Account.REFUNDS, amount, provider_id)


def refund_at_provider(amount: Money, provider_id: str, reference: str) -> Entry:
    """A refund was made directly at the provider."""
    return transfer("refund_at_provider", reference, Account.REFUNDS, Account.CLEARING, amount, provider_id)


def held_refund_accepted(amount: Money, reference: str) -> Entry:
    """Held money (late, duplicate, surplus) is to go back."""
    kind = f"{HELD_PREFIX}refund_accepted"
    return transfer(kind, reference, Account.UNAPPLIED_RECEIPTS, Account.REFUNDS_PAYABLE, amount, "")


def held_refund_paid(amount: Money, provider_id: str, reference: str, *, manual: bool) -> Entry:
    """Held money went back."""
    source = Account.BANK if manual else Account.CLEARING
    return transfer(f"{HELD_PREFIX}refund_paid", reference, Account.REFUNDS_PAYABLE, source, amount, provider_id)


def held_refund_failed(amount: Money, reference: str) -> Entry:
    """It did not go back: it is held again."""
    kind = f"{HELD_PREFIX}refund_failed"
    return transfer(kind, reference, Account.REFUNDS_PAYABLE, Account.UNAPPLIED_RECEIPTS, amount, "")


def held_refund_failed_late(amount: Money, provider_id: str, reference: str, *, manual: bool) -> Entry:
    """It went back and was returned: it is held again."""
    source = Account.BANK if manual else Account.CLEARING
    kind = f"{HELD_PREFIX}refund_failed_late"
    return transfer(kind, reference, source, Account.UNAPPLIED_RECEIPTS, amount, provider_id)


def held_refund_at_provider(amount: Money, provider_id: str, reference: str) -> Entry:
    """Held money was sent back directly at the provider."""
    kind = f"{HELD_PREFIX}refund_at_provider"
    return transfer(kind, reference, Account.UNAPPLIED_RECEIPTS, Account.CLEARING, amount, provider_id)


def dispute_opened(amount: Money, provider_id: str, reference: str, *, fee: Money | None = None) -> Entry:
    """The provider withdrew the money until the dispute is decided, and perhaps a fee."""
    legs = [Posting(Account.DISPUTED, amount, provider_id)]
    if fee is not None:
        legs.append(Posting(Account.DISPUTE_FEES, fee))
    taken = amount if fee is None else amount + fee
    return Entry("dispute_opened", reference, (*legs, Posting(Account.CLEARING, -taken, provider_id)))


def dispute_won(amount: Money, provider_id: str, reference: str, *, fee: Money | None = None) -> Entry:
    """The money came back, and the fee if the provider returns it."""
    legs = [Posting(Account.DISPUTED, -amount, provider_id)]
    if fee is not None:
        legs.append(Posting(Account.DISPUTE_FEES, -fee))
    returned = amount if fee is None else amount + fee
    return Entry("dispute_won", reference, (Posting(Account.CLEARING, returned, provider_id), *legs))


def dispute_lost(amount: Money, provider_id: str, reference: str) -> Entry:
    """The withdrawn money stays with the customer."""
    return transfer("dispute_lost", reference, Account.DISPUTE_LOSSES, Account.DISPUTED, amount, provider_id)


def immediate_loss(amount: Money, provider_id: str, reference: str) -> Entry:
    """A chargeback or a returned debit that leaves no time to answer."""
    return transfer("immediate_loss", reference, Account.DISPUTE_LOSSES, Account.CLEARING, amount, provider_id)


def loss_reversed(amount: Money, provider_id: str, reference: str) -> Entry:
    """A loss was given back."""
    return transfer("loss_reversed", reference, Account.CLEARING, Account.DISPUTE_LOSSES, amount, provider_id)
