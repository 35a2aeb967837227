"""Reads of what a transition needs, inside its database transaction."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.transaction import Transaction
from transaction.errors import transaction_not_found
from transaction.ports import Deps


async def load_pair(tx: Tx, scope: Scope, transaction_id: str, *, deps: Deps) -> tuple[Transaction, Checkout]:
    """A transaction and its session.

    Raises:
        NotFound: there is no such transaction in this scope.
    """
    transaction = await deps.transactions.get(tx, scope, transaction_id)
    if transaction is None:
        raise transaction_not_found()
    return transaction, await load_checkout(tx, transaction, deps=deps)


async def load_checkout(tx: Tx, transaction: Transaction, *, deps: Deps) -> Checkout:
    """The session of a transaction."""
    checkout = await deps.checkouts.get(tx, transaction.scope, transaction.checkout_id)
    assert checkout is not None, "a transaction is stored together with its session"
    return checkout
