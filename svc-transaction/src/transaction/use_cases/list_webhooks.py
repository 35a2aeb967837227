"""A merchant reads which webhooks named one payment, and the fate of each."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.books import STORY_ROWS_MAX
from gateway_contracts.requests.webhooks import WebhookFate, WebhookList, WebhookRecord
from transaction.domain.records import ParkedState, ReportHead, WebhookNote
from transaction.domain.transaction import Transaction
from transaction.errors import transaction_not_found
from transaction.ports import Deps

_PARKED: Final[Mapping[ParkedState, WebhookFate]] = {
    "parked": "waiting",
    "applied": "applied",
    "unmatched": "unmatched",
    "set_aside": "set_aside",
}
_EFFECTS: Final[Mapping[str, WebhookFate]] = {"applied": "applied", "conflict": "conflict", "case": "case"}


async def list_webhooks(transaction_id: str, *, scope: Scope, deps: Deps) -> WebhookList:
    """Oldest first. The caller has checked that the transaction is one of the scope.

    Joined from what is stored: the timeline, facts that waited, and notes about the others.
    """
    transaction, parked, notes = await asyncio.gather(
        deps.transactions.get(None, scope, transaction_id),
        deps.parked.heads(scope, transaction_id, limit=STORY_ROWS_MAX),
        deps.notes.of_transaction(scope, transaction_id, limit=STORY_ROWS_MAX),
    )
    if transaction is None:
        raise transaction_not_found()
    records = joined(transaction, parked, notes)
    return WebhookList(webhooks=tuple(records[-STORY_ROWS_MAX:]))


def joined(transaction: Transaction, parked: Iterable[ReportHead], notes: Iterable[WebhookNote]) -> list[WebhookRecord]:
    """One record for each event. What the timeline has of it counts most, then what waits, then notes."""
    found: dict[str, WebhookRecord] = {}
    known = {each.event_id: each for each in _of_timeline(transaction)}
    for waited in parked:
        found.setdefault(waited.event_id, known.get(waited.event_id) or _of_parked(waited))
    found = {**known, **found}
    last = list[WebhookNote]()
    for note in notes:
        if note.fate == "repeated":
            last.append(note)
        else:
            found.setdefault(note.event_id, _of_note(note))
    for note in last:
        first = found.get(note.event_id) or _of_note(note)
        again = {"repeated": note.times, "repeated_at": note.received_at}
        found[note.event_id] = first.model_copy(update=again)
    return sorted(found.values(), key=lambda record: (record.at, record.event_id))


def _of_timeline(transaction: Transaction) -> Iterable[WebhookRecord]:
    said: dict[str, WebhookRecord] = {}
    for entry in transaction.timeline:
        if entry.source != "provider" or entry.event_id is None:
            continue
        fate = _EFFECTS.get(entry.effect, "recorded")
        known = said.get(entry.event_id) or WebhookRecord(event_id=entry.event_id, fate=fate, at=entry.at)
        # Of several facts in one event, the strongest says what came of it.
        strongest = next(each for each in ("applied", "case", "conflict", "recorded") if each in (known.fate, fate))
        said[entry.event_id] = known.model_copy(update={"fate": strongest, "said": (*known.said, entry.type)})
    return said.values()


def _of_parked(parked: ReportHead) -> WebhookRecord:
    return WebhookRecord(
        event_id=parked.event_id,
        fate=_PARKED[parked.state],
        at=parked.created_at,
    )


def _of_note(note: WebhookNote) -> WebhookRecord:
    return WebhookRecord(
        event_id=note.event_id,
        fate=note.fate,
        reason=note.reason,
        event_type=note.event_type,
        at=note.received_at,
    )
