"""The account at a provider that a transaction was made with."""

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Transient
from transaction.domain.transaction import Transaction
from transaction.ports import Deps


async def provider_of(transaction: Transaction, *, deps: Deps) -> ProviderConfig:
    """The account that the transaction was made with.

    Raises:
        Transient: its configuration is not known here (yet, or any more).
    """
    provider = await deps.tenants.fetch_provider(transaction.provider_id)
    if provider is None or provider.organization_id != transaction.organization_id:
        raise Transient("the provider's configuration is not available", code="PROVIDER_UNAVAILABLE")
    return provider
