"""Reads for a group of events at once, before their database transaction."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.stored_entry import PaidReference, reference_key
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.queries.payments import PaymentName
from transaction.transitions.load import load_checkout


@dataclass(frozen=True)
class PaymentsAhead:
    """Transactions, their checkouts and the state of their references, as they were before the transaction.

    Each is taken once, so that no event sees a state from before the writes of another one of its group; what is needed
    again is read inside the transaction. A change by another process meanwhile fails the write: `Store.replace` is
    guarded by the version that was read.

    Attributes:
        references: by key; None where a reference was not paid yet.
    """

    transactions: dict[PaymentName, Transaction] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    references: dict[str, PaidReference | None] = field(default_factory=dict)

    def take_transaction(self, payment: PaymentName) -> Transaction | None:
        """The transaction of this payment, if it was read and not taken yet."""
        return self.transactions.pop(payment, None)

    async def take_checkout(self, tx: Tx, transaction: Transaction, *, deps: Deps) -> Checkout:
        """The session of a transaction."""
        read = self.checkouts.pop(transaction.checkout_id, None)
        return read if read is not None else await load_checkout(tx, transaction, deps=deps)

    async def take_reference(self, tx: Tx, checkout: Checkout, *, deps: Deps) -> PaidReference | None:
        """The state of the checkout's reference; None where it was not paid yet."""
        key = reference_key(checkout)
        assert key is not None, "a checkout without a reference is not counted"
        if key in self.references:
            return self.references.pop(key)
        return await deps.references.get(tx, checkout.scope, key)


async def read_payments(payments: Iterable[PaymentName], *, deps: Deps) -> PaymentsAhead:
    """Three queries for all payments together, instead of three for each; the last two side by side."""
    transactions = await deps.transactions.of_payments(payments)
    checkouts, references = await asyncio.gather(
        deps.checkouts.of_transactions(transactions.values()),
        deps.references.of_transactions(list(transactions.values())),
    )
    return PaymentsAhead(transactions, checkouts, references)
