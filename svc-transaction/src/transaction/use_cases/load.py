"""Reading what a move needs, inside its database transaction."""

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Transient
from gateway_contracts.money import Money
from gateway_kit.mongo.unit_of_work import Tx
from gateway_providers.ports import PaymentIntentRequest
from transaction.domain.checkout import Checkout
from transaction.domain.records import Scope
from transaction.domain.transaction import Transaction
from transaction.errors import transaction_not_found
from transaction.ports import Deps


def scope_of(owned: Checkout | Transaction) -> Scope:
    """Whose it is."""
    return Scope(owned.organization_id, owned.livemode)


async def load_pair(tx: Tx, scope: Scope, transaction_id: str, *, deps: Deps) -> tuple[Transaction, Checkout]:
    """A transaction and its session.

    Raises:
        NotFound: there is no such transaction in this scope.
    """
    transaction = await deps.transactions.get(scope, transaction_id, tx)
    if transaction is None:
        raise transaction_not_found()
    return transaction, await load_checkout(tx, transaction, deps=deps)


async def load_checkout(tx: Tx, transaction: Transaction, *, deps: Deps) -> Checkout:
    """The session of a transaction."""
    checkout = await deps.checkouts.get(scope_of(transaction), transaction.checkout_id, tx)
    assert checkout is not None, "a transaction is stored together with its session"
    return checkout


async def provider_of(transaction: Transaction, *, deps: Deps) -> ProviderConfig:
    """The account that the transaction was made with.

    Raises:
        Transient: its configuration is not known here (yet, or any more).
    """
    provider = await deps.tenants.fetch_provider(transaction.provider_id)
    if provider is None or provider.organization_id != transaction.organization_id:
        raise Transient("the provider's configuration is not available", code="PROVIDER_UNAVAILABLE")
    return provider


def intent_of(transaction: Transaction, *, deps: Deps) -> PaymentIntentRequest:
    """What the provider is asked for; built from stored values alone, so that a repeat is the same request."""
    page = deps.vault.open(
        transaction.organization_id, "transactions", transaction.id, "return_page", transaction.return_page
    )
    return PaymentIntentRequest(
        transaction_id=transaction.id,
        organization_id=transaction.organization_id,
        amount=Money(transaction.amount, transaction.currency),
        return_url=page or "",
        description=transaction.external_reference or transaction.invoice_number,
    )
