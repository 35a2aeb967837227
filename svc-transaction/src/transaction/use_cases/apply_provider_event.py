"""A provider's event from the stream."""

from collections.abc import Sequence
from dataclasses import replace

from gateway_contracts.errors import Transient
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import AlreadyHandled, InboxKey, Tx
from gateway_providers.events import ProviderFact
from transaction.domain.records import Call, Fact, ParkedFact, Scope
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.use_cases.apply_fact import apply_fact, must_wait
from transaction.use_cases.apply_parked import apply_parked
from transaction.use_cases.apply_receipt import note_unmatched
from transaction.use_cases.make_calls import make_calls
from transaction.use_cases.translate import fact_of_event

log = get_logger(__name__)


async def apply_provider_event(event: ReceivedProviderEvent, *, consumer: str, deps: Deps) -> None:
    """Apply what the event says to the transaction that it is about. Idempotent on the event id (inbox).

    An unverified event is a hint: the provider is asked, and each fact of its answer is applied once, under the key
    of the state that was seen. A fact is matched by payment id within its provider account and organization, else by
    our marker. A fact with our marker and no transaction is parked; one without either is somebody else's and is only
    counted. Money on a bank account that matches nothing becomes a case.

    Raises:
        AlreadyHandled: the event was applied before.
        Rejected: not a format of this provider.
        Transient: the provider could not be asked.
    """
    raw = deps.vault.open_message(event.dek_version, event.body, event.organization_id, event.event_id)
    if event.verified:
        await _apply_all(deps.providers.facts(event.provider_type, raw), event, consumer=consumer, deps=deps)
        return
    for fact in await _resolved(event, raw, deps=deps):
        seen = replace(event, event_id=fact.event_key or event.event_id, verified=True)
        try:
            await _apply_all([fact], seen, consumer=consumer, deps=deps)
        except AlreadyHandled:
            continue  # seen before, in another hint or another attempt at this one


async def _resolved(event: ReceivedProviderEvent, raw: bytes, *, deps: Deps) -> list[ProviderFact]:
    provider = await deps.tenants.fetch_provider(event.provider_id)
    if provider is None or provider.organization_id != event.organization_id:
        raise Transient("the provider's configuration is not available", code="PROVIDER_UNAVAILABLE")
    return await deps.providers.resolve_hint(provider, raw)


async def _apply_all(told: Sequence[ProviderFact], event: ReceivedProviderEvent, *, consumer: str, deps: Deps) -> None:
    facts = [fact for fact in told if _is_ours(fact, event)]

    async def work(tx: Tx) -> tuple[tuple[Call, ...], tuple[Transaction, ...]]:
        calls: list[Call] = []
        unproven: list[Transaction] = []
        for number, fact in enumerate(map(fact_of_event, facts)):
            transaction = await _match(tx, fact, event, deps=deps)
            if transaction is None:
                await _leave(tx, fact, event, number, deps=deps)
                continue
            if must_wait(fact, transaction):
                unproven.append(transaction)
                await _park(tx, replace(fact, transaction_id=transaction.id), event, number, deps=deps)
            outcome = await apply_fact(tx, fact, transaction, event_id=event.event_id, deps=deps)
            calls += outcome.calls if outcome else ()
        return tuple(calls), tuple(unproven)

    calls, unproven = await deps.uow.run(work, inbox=InboxKey(consumer, event.event_id))
    await make_calls(calls, deps=deps)
    for transaction in unproven:
        await apply_parked(transaction, deps=deps)


def _is_ours(fact: ProviderFact, event: ReceivedProviderEvent) -> bool:
    """Accounts are shared with other systems, and with other tenants of ours; modes never mix."""
    if fact.organization_id not in (None, event.organization_id):
        log.warning("provider_event.foreign_organization", event_id=event.event_id, provider_id=event.provider_id)
        return False
    if fact.livemode not in (None, event.livemode):
        log.warning("provider_event.other_mode", event_id=event.event_id, provider_id=event.provider_id)
        return False
    return True


async def _match(tx: Tx, fact: Fact, event: ReceivedProviderEvent, *, deps: Deps) -> Transaction | None:
    scope = Scope(event.organization_id, event.livemode)
    if fact.provider_payment_id is not None:
        known = await deps.transactions.by_provider_payment(scope, event.provider_id, fact.provider_payment_id, tx)
        if known is not None:
            return known
    transaction_id = fact.transaction_id or await _named_by_object(tx, scope, fact, event, deps=deps)
    if transaction_id is None:
        return None
    marked = await deps.transactions.get(scope, transaction_id, tx)
    return marked if marked is not None and marked.provider_id == event.provider_id else None


async def _named_by_object(tx: Tx, scope: Scope, fact: Fact, event: ReceivedProviderEvent, *, deps: Deps) -> str | None:
    """The transaction of a refund or dispute that we know, where the fact does not name the payment."""
    if fact.refund_id is not None:
        ours = await deps.refunds.get(scope, fact.refund_id, tx)
        return ours.transaction_id if ours else None
    if fact.provider_object_id is None:
        return None
    if fact.refund is not None:
        refund = await deps.refunds.by_provider_refund(scope, event.provider_id, fact.provider_object_id, tx)
        return refund.transaction_id if refund else None
    if fact.is_dispute:
        dispute = await deps.disputes.by_provider_dispute(scope, event.provider_id, fact.provider_object_id, tx)
        return dispute.transaction_id if dispute else None
    return None


async def _leave(tx: Tx, fact: Fact, event: ReceivedProviderEvent, number: int, *, deps: Deps) -> None:
    """A reference is given out only for a transaction that is there: money without one has nothing to wait for."""
    if fact.is_receipt:
        await note_unmatched(tx, fact, event, deps=deps)
    else:
        await _park(tx, fact, event, number, deps=deps)


async def _park(tx: Tx, fact: Fact, event: ReceivedProviderEvent, number: int, *, deps: Deps) -> None:
    if fact.transaction_id is None:
        said = {"event_type": fact.event_type, "provider_status": fact.provider_status}
        log.info("provider_event.foreign", provider_id=event.provider_id, **said)
        return
    log.warning("provider_event.parked", event_id=event.event_id, transaction_id=fact.transaction_id)
    parked = ParkedFact(
        id=f"{event.event_id}:{number}",
        organization_id=event.organization_id,
        livemode=event.livemode,
        provider_id=event.provider_id,
        provider_type=event.provider_type,
        event_id=event.event_id,
        fact=fact,
        expires_at=tx.now + deps.timing.parked,
        created_at=tx.now,
    )
    await deps.parked.insert(tx, parked)
