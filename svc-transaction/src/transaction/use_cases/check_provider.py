"""The connection test of a provider account."""

import asyncio
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Transient
from gateway_contracts.requests.provider import CheckProvider, ProviderAtVersion, ProviderCheck, ProviderChecks
from transaction.errors import provider_not_found
from transaction.ports import Deps

# A change reaches the bucket within milliseconds; if the broker was away it takes longer, and the caller comes back.
_READS_MAX: Final = 20
_PAUSE_S: Final = 0.1


async def check_provider(request: CheckProvider, *, scope: Scope, deps: Deps) -> ProviderChecks:
    """Check the set-up of a provider: missing settings, then the provider's own answers.

    Raises:
        NotFound: not a provider of this organization and mode.
        Transient: the change that the caller made is still on its way, or too many calls to the account are under way.
    """
    provider = await published_provider(request, scope=scope, deps=deps)
    return ProviderChecks(checks=(*_setup(provider), *await deps.providers.check(provider)))


def _setup(provider: ProviderConfig) -> tuple[ProviderCheck, ...]:
    if not provider.missing:
        return (ProviderCheck(check="setup", result="passed", message="No value is missing."),)
    text = "is still to follow; until then this provider is not offered to customers."
    return tuple(
        ProviderCheck(check="setup", result="failed", code="VALUE_MISSING", field=name, message=f"{name} {text}")
        for name in provider.missing
    )


async def published_provider(request: ProviderAtVersion, *, scope: Scope, deps: Deps) -> ProviderConfig:
    """The record as the caller knows it, or a newer one.

    Raises:
        NotFound: not a provider of this organization and mode.
        Transient: the change that the caller made is still on its way.
    """
    for _ in range(_READS_MAX):
        provider = await deps.tenants.reread_provider(request.provider_id)
        if provider is not None and not _is_of(provider, scope):
            raise provider_not_found()
        if provider is not None and provider.version >= request.version:
            return provider
        await asyncio.sleep(_PAUSE_S)
    raise Transient("the change of this provider is still on its way", retry_after_s=1)


def _is_of(provider: ProviderConfig, scope: Scope) -> bool:
    return (provider.organization_id, provider.livemode) == (scope.organization_id, scope.livemode)
