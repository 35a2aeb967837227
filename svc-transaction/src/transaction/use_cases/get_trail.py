"""A merchant reads the trail of an order: its payments, and what caused each change of them."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, TypeVar

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.trail import (
    ATTEMPTS_MAX,
    CHANGES_MAX,
    PARTS_MAX,
    CallTrail,
    CaseTrail,
    DisputeTrail,
    OrderTrail,
    PaymentTrail,
    RefundTrail,
    ReportTrail,
)
from transaction.domain.checkout import Checkout
from transaction.domain.records import ParkedState, WebhookNote
from transaction.domain.transaction import Transaction
from transaction.errors import transaction_not_found
from transaction.ports import Deps
from transaction.use_cases.find_attempt import find_attempt
from transaction.views import public_status

Part = TypeVar("Part")
_NOT_APPLIED: Final[tuple[ParkedState, ...]] = ("parked", "set_aside")
_LATEST: Final = (("_id", -1),)


async def get_trail(identifier: str, *, scope: Scope, site_id: str | None, deps: Deps) -> OrderTrail:
    """The trail of the order that this id leads to: of a transaction, a checkout, or a part of one.

    Args:
        site_id: the only site that the caller sees; None: all.

    Raises:
        NotFound: there is none of that id in this organization and mode.
    """
    named, checkout = await asyncio.gather(
        deps.transactions.get(None, scope, identifier), deps.checkouts.get(None, scope, identifier)
    )
    if checkout is None:
        named = named or await find_attempt(identifier, scope=scope, deps=deps)
        checkout = None if named is None else await deps.checkouts.get(None, scope, named.checkout_id)
    if checkout is None or site_id not in (None, checkout.site_id) or (named is not None and named.hidden_at):
        raise transaction_not_found()
    found = await deps.transactions.of_checkout(None, scope, checkout.id)
    shown = [attempt for attempt in found if attempt.hidden_at is None]
    chosen = _chosen(shown, named)
    payments = await asyncio.gather(*(_payment(attempt, deps=deps) for attempt in chosen))
    return _order(checkout, payments, is_whole=len(chosen) == len(shown), deps=deps)


def _chosen(attempts: Sequence[Transaction], named: Transaction | None) -> list[Transaction]:
    """The latest, and the one that was asked for."""
    latest = attempts[-ATTEMPTS_MAX:]
    if named is None or any(attempt.id == named.id for attempt in latest):
        return list(latest)
    return [named, *latest[1:]]


def _order(
    checkout: Checkout, payments: Sequence[tuple[PaymentTrail, bool]], *, is_whole: bool, deps: Deps
) -> OrderTrail:
    return OrderTrail(
        checkout_id=checkout.id,
        status=checkout.status_at(deps.clock.now()),
        created_at=checkout.created_at,
        payments=tuple(payment for payment, _ in payments),
        is_complete=is_whole and all(is_complete for _, is_complete in payments),
    )


async def _payment(transaction: Transaction, *, deps: Deps) -> tuple[PaymentTrail, bool]:
    """The attempt, and whether nothing is left out."""
    where: dict[str, Any] = {"transaction_id": transaction.id}
    options: dict[str, Any] = {"sort": _LATEST, "limit": PARTS_MAX + 1}
    scope = transaction.scope
    calls, refunds, disputes, cases, reports, notes = await asyncio.gather(
        deps.operations.find(None, scope, where, sort=(("created_at", -1),), limit=PARTS_MAX + 1),
        deps.refunds.find(None, scope, where, **options),
        deps.disputes.find(None, scope, where, **options),
        deps.cases.find(None, scope, where, **options),
        deps.parked.heads(scope, transaction.id, states=_NOT_APPLIED, limit=PARTS_MAX + 1),
        deps.notes.set_aside(scope, transaction.id, limit=PARTS_MAX + 1),
    )
    trail = PaymentTrail(
        id=transaction.id,
        status=public_status(transaction),
        provider_type=transaction.provider_type,
        failure=transaction.failure,
        trace_id=transaction.trace_id,
        created_at=transaction.created_at,
        # The first one says how it began.
        changes=(*transaction.timeline[:1], *transaction.timeline[1:][-CHANGES_MAX + 1 :]),
        calls=tuple(_of(CallTrail, call) for call in _oldest_first(calls)),
        refunds=tuple(_of(RefundTrail, refund, status=refund.state.value) for refund in _oldest_first(refunds)),
        disputes=tuple(_of(DisputeTrail, dispute, status=dispute.status.value) for dispute in _oldest_first(disputes)),
        cases=tuple(_of(CaseTrail, case) for case in _oldest_first(cases)),
        reports=(
            *(_of(ReportTrail, report) for report in _oldest_first(reports)),
            *_given_up(_oldest_first(notes), known={entry.event_id for entry in transaction.timeline}),
        ),
    )
    parts = (calls, refunds, disputes, cases, reports, notes)
    return trail, len(transaction.timeline) <= CHANGES_MAX and all(len(part) <= PARTS_MAX for part in parts)


def _given_up(notes: Sequence[WebhookNote], *, known: Collection[str | None]) -> Iterator[ReportTrail]:
    """Webhooks that were given up before their reports were read, except those that were redriven since then."""
    for note in notes:
        if note.event_id not in known:
            yield ReportTrail(id=note.id, state="set_aside", event_id=note.event_id, created_at=note.received_at)


def _oldest_first(latest: Sequence[Part]) -> list[Part]:
    return list(reversed(latest[:PARTS_MAX]))


def _of(kind: type[Any], stored: Any, **changes: Any) -> Any:
    """The fields that stored object and trail have in common."""
    names = (name for name in kind.model_fields if name not in changes)
    return kind(**{name: getattr(stored, name) for name in names}, **changes)
