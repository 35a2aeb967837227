"""A provider's event from the stream."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway_contracts.errors import Transient
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_providers.events import ProviderFact
from transaction.ports import Deps
from transaction.use_cases.apply_facts import FollowUp, ToldFacts, follow_up

Apply = Callable[[ToldFacts], Awaitable[FollowUp]]


async def apply_provider_event(event: ReceivedProviderEvent, *, apply: Apply, deps: Deps) -> None:
    """Apply what the event says to the transaction that it is about. Idempotent on the event id (inbox).

    ``apply`` is `apply_facts`, alone or together with other events that wait at the same moment. An unverified event
    is a hint: the provider is asked, and each fact of its answer is applied once, under the key of the state that was
    seen.

    Raises:
        AlreadyHandled: the event was applied before.
        Rejected: not a format of this provider.
        Transient: the provider could not be asked.
    """
    raw = deps.vault.open_message(event.dek_version, event.body, event.organization_id, event.event_id)
    if event.verified:
        told = ToldFacts(event, tuple(deps.providers.facts(event.provider_type, raw)))
        await follow_up(await apply(told), deps=deps)
        return
    for fact in await _resolved(event, raw, deps=deps):
        seen = replace(event, event_id=fact.event_key or event.event_id, verified=True)
        try:
            left = await apply(ToldFacts(seen, (fact,)))
        except AlreadyHandled:
            continue  # seen before, in another hint or another attempt at this one
        await follow_up(left, deps=deps)


async def _resolved(event: ReceivedProviderEvent, raw: bytes, *, deps: Deps) -> list[ProviderFact]:
    provider = await deps.tenants.fetch_provider(event.provider_id)
    if provider is None or provider.organization_id != event.organization_id:
        raise Transient("the provider's configuration is not available", code="PROVIDER_UNAVAILABLE")
    return await deps.providers.resolve_hint(provider, raw)
