"""A provider's event from the stream."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway_contracts.errors import Conflict, Rejected, Transient, Unreadable, is_final
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_providers.errors import PartlyUnreadable
from gateway_providers.events import ProviderFact
from gateway_providers.registry import connected_account
from transaction.ports import Deps
from transaction.transitions.note_webhook import note_outside
from transaction.transitions.translate import check_facts
from transaction.use_cases.apply_reports import FollowUp, ReportedEvent, follow_up

log = get_logger(__name__)

Apply = Callable[[ReportedEvent], Awaitable[FollowUp]]


async def apply_provider_event(event: ReceivedProviderEvent, *, apply: Apply, deps: Deps) -> None:
    """Apply what the event says to the transaction that it is about. Idempotent on the event id (inbox).

    ``apply`` is `apply_reports`, alone or together with other events that wait at the same moment. An unverified event
    is a thin event: the provider is asked; each fact of its answer is applied once, under the key of the state that was
    seen. Facts of a connected account that is not the configured one are ignored.

    Raises:
        AlreadyHandled: the event was applied before.
        Rejected: not a format of this provider, or values that cannot be kept; facts beside them are applied.
        Transient: the provider could not be asked.
    """
    raw = deps.cipher.open_message(event.dek_version, event.body, event.organization_id, event.event_id)
    if event.verified:
        facts = await _of_account(event, tuple(deps.providers.facts(event.provider_type, raw)), deps=deps)
        await follow_up(await _apply(event, facts, apply=apply, deps=deps), deps=deps)
        return
    facts, unreadable = await _resolved(event, raw, deps=deps)
    for fact in facts:
        seen = replace(event, event_id=fact.event_key or event.event_id, verified=True)
        try:
            left = await _apply(seen, (fact,), apply=apply, deps=deps)
        except AlreadyHandled:
            continue  # seen before, in another thin event or another attempt at this one
        await follow_up(left, deps=deps)
    if unreadable is not None:
        raise unreadable


async def _apply(
    event: ReceivedProviderEvent, facts: tuple[ProviderFact, ...], *, apply: Apply, deps: Deps
) -> FollowUp:
    """Apply facts. An event that came before, or cannot be applied, is noted at the payments that it names."""
    try:
        check_facts(facts, now=deps.clock.now())
        return await apply(ReportedEvent(event, facts))
    except AlreadyHandled:
        await note_outside(event, facts, "repeated", deps=deps)
        raise
    except Rejected as exc:
        if is_final(exc):
            await note_outside(event, facts, "set_aside", reason=exc.code, deps=deps)
        raise


async def _of_account(
    event: ReceivedProviderEvent, facts: tuple[ProviderFact, ...], *, deps: Deps
) -> tuple[ProviderFact, ...]:
    """Without the facts of a connected account that is not the configured one: a platform's endpoint hears of all of
    them, and what their metadata say was written by others.

    Raises:
        Transient: an account is named, and the provider's configuration is not available.
    """
    if all(fact.account is None for fact in facts):
        return facts
    provider = await deps.tenants.fetch_provider(event.provider_id) or deps.tenants.last_provider(event.provider_id)
    if provider is None:
        raise Transient("the provider's configuration is not available", code="PROVIDER_UNAVAILABLE")
    configured = connected_account(provider.type, provider.public)
    ours = tuple(fact for fact in facts if fact.account in (None, configured))
    if len(ours) < len(facts):
        log.warning("provider_event.foreign_account", event_id=event.event_id, provider_id=event.provider_id)
    return ours


async def _resolved(
    event: ReceivedProviderEvent, raw: bytes, *, deps: Deps
) -> tuple[tuple[ProviderFact, ...], Unreadable | None]:
    """The facts of the provider's answer, and why some of it are missing."""
    provider = await deps.tenants.fetch_provider(event.provider_id)
    if provider is None and deps.tenants.last_provider(event.provider_id) is not None:
        # Its credentials are gone: asking later would fail the same way.
        raise Conflict("the provider was deleted", code="PROVIDER_DELETED")
    if provider is None or provider.organization_id != event.organization_id:
        raise Transient("the provider's configuration is not available", code="PROVIDER_UNAVAILABLE")
    facts, unreadable = [], None
    try:
        facts = await deps.providers.resolve_thin_event(provider, raw)
    except PartlyUnreadable as exc:
        facts, unreadable = list(exc.facts), exc
    for fact in facts:
        check_facts([fact], now=deps.clock.now())
    return tuple(facts), unreadable
