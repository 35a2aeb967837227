"""Requests to a provider when a payment is created or displayed again."""

from dataclasses import replace

from gateway_contracts.money import Money
from gateway_providers.ports import PaymentIntentRequest, ProviderPayment
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.provider_operations.account import provider_of


def intent_of(transaction: Transaction, *, deps: Deps) -> PaymentIntentRequest:
    """Request of a payment; built from stored values alone, so that a repeat is the same request."""
    page = deps.cipher.open(
        transaction.organization_id, "transactions", transaction.id, "return_page", transaction.return_page
    )
    return PaymentIntentRequest(
        transaction_id=transaction.id,
        organization_id=transaction.organization_id,
        amount=Money(transaction.amount, transaction.currency),
        return_url=page or "",
        description=transaction.external_reference or transaction.invoice_number,
    )


async def resume_payment(transaction: Transaction, *, deps: Deps) -> ProviderPayment | None:
    """The payment with what the customer's page needs to go on; wire details are computed for what is outstanding,
    others fetched.

    Raises:
        Transient, OutcomeUnknown, Rejected: the provider did not tell.
    """
    provider = await provider_of(transaction, deps=deps)
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if capabilities is not None and "bank_transfer" in capabilities.methods:
        rest = Money(transaction.outstanding or transaction.amount, transaction.currency)
        intent = replace(intent_of(transaction, deps=deps), amount=rest)
        return await deps.providers.create(provider, intent, transaction.id)
    return await deps.providers.fetch(provider, transaction.provider_payment_id or "")
