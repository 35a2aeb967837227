"""Reports of providers, applied in one database transaction: many events at once, each of them once."""

import asyncio
from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, assert_never

from gateway_contracts.aggregates import Scope
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit import context
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import InboxKey, Tx
from gateway_providers.events import ProviderFact
from transaction.domain.records import ParkedReport, ProviderOperation
from transaction.domain.reports import (
    DisputeReported,
    FeeReported,
    PaymentReported,
    PayoutReported,
    ProviderReport,
    RefundReported,
    TransferReceived,
)
from transaction.domain.transaction import Transaction
from transaction.errors import too_many_parked
from transaction.ports import Deps
from transaction.provider_operations.apply_parked import apply_parked
from transaction.provider_operations.execute import execute_operations
from transaction.transitions.ahead import PaymentsAhead, read_payments
from transaction.transitions.apply_receipt import note_unmatched
from transaction.transitions.apply_report import apply_report, must_wait
from transaction.transitions.note_webhook import WebhookNotes
from transaction.transitions.translate import report_of_event

log = get_logger(__name__)

# One call with its wait for a place, and half of another: the event itself is applied already.
FOLLOW_UP_S: Final = 15.0
# Facts of one organization that wait for their payments. They come seconds before them, and few; a flood of them is no
# payment's. What is beyond is set aside with its event.
PARKED_MAX: Final = 5_000


@dataclass(frozen=True)
class ReportedEvent:
    """An event with its facts. ``context`` is the context in which it was received, with its trace."""

    event: ReceivedProviderEvent
    facts: tuple[ProviderFact, ...]
    context: Context = field(default_factory=copy_context)

    @property
    def scope(self) -> Scope:
        """Organization and mode of the event."""
        return Scope(self.event.organization_id, self.event.livemode)


@dataclass
class FollowUp:
    """Work that an applied event leaves for after the commit."""

    operations: list[ProviderOperation] = field(default_factory=list)
    unproven: list[Transaction] = field(default_factory=list)


async def apply_reports(reported: Sequence[ReportedEvent], *, consumer: str, deps: Deps) -> list[FollowUp]:
    """Apply all of them or none, in their order.

    A fact is matched by payment id within its provider account and organization, else by our marker. A fact with our
    marker and no transaction is parked; one without either is foreign and only counted. Money on a bank
    account that matches nothing becomes a case.

    Raises:
        AlreadyHandled: one of the events was applied before.
        TOO_MANY_PARKED, TOO_MANY_CASES: the organization has as many of them as are kept.
        ChangedMeanwhile: one of the transactions was changed at the same moment.
    """

    payments = [
        (one.scope, one.event.provider_id, fact.provider_payment_id)
        for one in reported
        for fact in one.facts
        if fact.provider_payment_id is not None
    ]

    async def work(tx: Tx, ahead: PaymentsAhead) -> list[FollowUp]:
        return [await context.within(one.context, _apply(tx, one, ahead, deps=deps)) for one in reported]

    read = partial(read_payments, payments, deps=deps)
    return await deps.uow.run(work, ahead=read, inbox=[InboxKey(consumer, one.event.event_id) for one in reported])


async def follow_up(left: FollowUp, *, deps: Deps) -> None:
    """Ask providers what is to be asked. What fails or takes too long stays stored, and the janitor takes it up."""
    if not left.operations and not left.unproven:
        return
    try:
        async with asyncio.timeout(FOLLOW_UP_S):
            await execute_operations(left.operations, deps=deps)
            for transaction in left.unproven:
                await apply_parked(transaction, deps=deps)
    except TimeoutError:
        log.warning("provider_event.follow_up_postponed", calls=len(left.operations))


async def _apply(tx: Tx, reported: ReportedEvent, ahead: PaymentsAhead, *, deps: Deps) -> FollowUp:
    event = reported.event
    left = FollowUp()
    ours = [report_of_event(fact) for fact in reported.facts if _is_ours(fact, event)]
    notes = WebhookNotes(event)
    for number, report in enumerate(ours):
        transaction = await _match(tx, report, event, ahead, deps=deps)
        if transaction is None:
            await _leave(tx, report, event, number, deps=deps)
            continue
        if must_wait(report, transaction):
            left.unproven.append(transaction)
            notes.parked(transaction)
            await _park(tx, replace(report, transaction_id=transaction.id), event, number, deps=deps)
        outcome = await apply_report(tx, report, transaction, event_id=event.event_id, deps=deps, ahead=ahead)
        left.operations += outcome.operations if outcome else ()
        notes.applied(report, transaction, outcome)
    notes.store(tx, deps=deps)
    return left


def _is_ours(fact: ProviderFact, event: ReceivedProviderEvent) -> bool:
    """Accounts are shared with other systems, and with other tenants of ours; modes never mix."""
    if fact.organization_id not in (None, event.organization_id):
        log.warning("provider_event.foreign_organization", event_id=event.event_id, provider_id=event.provider_id)
        return False
    if fact.livemode not in (None, event.livemode):
        log.warning("provider_event.other_mode", event_id=event.event_id, provider_id=event.provider_id)
        return False
    return True


async def _match(
    tx: Tx, report: ProviderReport, event: ReceivedProviderEvent, ahead: PaymentsAhead, *, deps: Deps
) -> Transaction | None:
    scope = Scope(event.organization_id, event.livemode)
    if report.provider_payment_id is not None:
        payment = (scope, event.provider_id, report.provider_payment_id)
        known = ahead.take_transaction(payment) or await deps.transactions.by_provider_payment(tx, *payment)
        if known is not None:
            return known
    transaction_id = report.transaction_id or await _named_by_object(tx, scope, report, event, deps=deps)
    if transaction_id is None:
        return None
    marked = await deps.transactions.get(tx, scope, transaction_id)
    return marked if marked is not None and marked.provider_id == event.provider_id else None


async def _named_by_object(
    tx: Tx, scope: Scope, report: ProviderReport, event: ReceivedProviderEvent, *, deps: Deps
) -> str | None:
    """The transaction of a refund or dispute that we know, where the fact does not name the payment."""
    if report.refund_id is not None:
        ours = await deps.refunds.get(tx, scope, report.refund_id)
        return ours.transaction_id if ours else None
    if report.provider_object_id is None:
        return None
    match report:
        case RefundReported():
            refund = await deps.refunds.by_provider_refund(tx, scope, event.provider_id, report.provider_object_id)
            return refund.transaction_id if refund else None
        case DisputeReported():
            dispute = await deps.disputes.by_provider_dispute(tx, scope, event.provider_id, report.provider_object_id)
            return dispute.transaction_id if dispute else None
        case PaymentReported() | FeeReported() | PayoutReported() | TransferReceived():
            return None
        case _:
            assert_never(report)


async def _leave(tx: Tx, report: ProviderReport, event: ReceivedProviderEvent, number: int, *, deps: Deps) -> None:
    """A reference is given out only for a transaction that is there: money without one has nothing to wait for."""
    if isinstance(report, TransferReceived):
        await note_unmatched(tx, report, event, deps=deps)
    else:
        await _park(tx, report, event, number, deps=deps)


async def _park(tx: Tx, report: ProviderReport, event: ReceivedProviderEvent, number: int, *, deps: Deps) -> None:
    if report.transaction_id is None:
        said = {"event_type": report.event_type, "provider_status": report.provider_status}
        log.info("provider_event.foreign", provider_id=event.provider_id, **said)
        return
    if await deps.parked.count_parked(tx, event.organization_id, limit=PARKED_MAX) >= PARKED_MAX:
        raise too_many_parked()
    log.warning("provider_event.parked", event_id=event.event_id, transaction_id=report.transaction_id)
    parked = ParkedReport(
        id=f"{event.event_id}:{number}",
        organization_id=event.organization_id,
        livemode=event.livemode,
        provider_id=event.provider_id,
        provider_type=event.provider_type,
        event_id=event.event_id,
        transaction_id=report.transaction_id,
        fact=report,
        expires_at=tx.now + deps.timing.parked,
        created_at=tx.now,
        due_at=tx.now,
    )
    deps.parked.insert(tx, parked)
