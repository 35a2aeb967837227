"""Notes about webhooks that named a payment and left no other trace.

Those that were applied or parked are in the timeline and in ``parked_events``; they are not noted a second time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.mongo.unit_of_work import Tx
from gateway_providers.events import ProviderFact
from gateway_providers.words import word
from transaction.domain.records import NotedFate, WebhookNote
from transaction.domain.reports import ProviderReport
from transaction.domain.states import Effect
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.transitions.apply_transition import TransitionResult

# An event of many payments, such as a payout, is noted at the first of them.
_PAYMENTS_MAX: Final = 10


class WebhookNotes:
    """Effects of one event on each payment, until all of its reports are applied."""

    def __init__(self, event: ReceivedProviderEvent) -> None:
        self._event = event
        self._unheard: dict[str, WebhookNote] = {}
        self._heard: set[str] = set()

    def parked(self, transaction: Transaction) -> None:
        """The event waits for this payment."""
        self._heard.add(transaction.id)

    def applied(self, report: ProviderReport, transaction: Transaction, outcome: TransitionResult | None) -> None:
        """The effect of one report."""
        reason = why_ignored(outcome)
        if reason is None:
            self._heard.add(transaction.id)
        else:
            note = note_of(self._event, transaction, "ignored", event_type=report.event_type, reason=reason)
            self._unheard.setdefault(transaction.id, note)

    def store(self, tx: Tx, *, deps: Deps) -> None:
        """Note the payments about which the event said nothing new."""
        for transaction_id, note in self._unheard.items():
            if transaction_id not in self._heard:
                deps.notes.insert(tx, note)


def why_ignored(outcome: TransitionResult | None) -> str | None:
    """Why a report left no trace; None where it left one."""
    effect = outcome.decision.effect if outcome is not None else Effect.IGNORED
    match effect:
        case Effect.CONFLICT:
            return "no_fit"
        case Effect.IGNORED:
            return "no_news"
        case _:
            return None


def note_of(
    event: ReceivedProviderEvent, transaction: Transaction, fate: NotedFate, *, event_type: str, reason: str = ""
) -> WebhookNote:
    """The note of one event and payment."""
    return WebhookNote(
        id=f"{event.event_id}:{fate}:{transaction.id}",
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        transaction_id=transaction.id,
        provider_id=event.provider_id,
        event_id=event.event_id,
        event_type=word(event_type),
        fate=fate,
        reason=reason,
        received_at=datetime.fromisoformat(event.received_at),
    )


async def note_outside(
    event: ReceivedProviderEvent, facts: Sequence[ProviderFact], fate: NotedFate, *, reason: str = "", deps: Deps
) -> None:
    """Note an event that is not applied now at the payments that it names."""
    for transaction, fact in await _named(event, facts, deps=deps):
        await deps.notes.add(note_of(event, transaction, fate, event_type=fact.event_type, reason=reason))


async def _named(
    event: ReceivedProviderEvent, facts: Sequence[ProviderFact], *, deps: Deps
) -> list[tuple[Transaction, ProviderFact]]:
    scope = Scope(event.organization_id, event.livemode)
    ours = [
        fact
        for fact in facts
        if fact.organization_id in (None, event.organization_id) and fact.livemode in (None, event.livemode)
    ][:_PAYMENTS_MAX]
    names = [(scope, event.provider_id, fact.provider_payment_id) for fact in ours if fact.provider_payment_id]
    by_payment = await deps.transactions.of_payments(names)
    found: dict[str, tuple[Transaction, ProviderFact]] = {}
    for fact in ours:
        known = by_payment.get((scope, event.provider_id, fact.provider_payment_id or ""))
        if known is None and fact.transaction_id is not None:
            known = await deps.transactions.get(None, scope, fact.transaction_id)
        if known is not None and known.provider_id == event.provider_id:
            found.setdefault(known.id, (known, fact))
    return list(found.values())
