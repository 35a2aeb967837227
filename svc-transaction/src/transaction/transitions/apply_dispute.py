"""Updates of a dispute: record, books, transaction, holds, events, in the caller's database transaction."""

from dataclasses import replace

from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseKind
from gateway_kit.mongo.unit_of_work import Tx
from gateway_providers.registry import transfer_types
from transaction.domain.checkout import Checkout
from transaction.domain.dispute import (
    LOST,
    UNDECIDED,
    Dispute,
    DisputeOutcome,
    DisputeStatus,
    DisputeUpdate,
    Hold,
    judge,
)
from transaction.domain.reports import DisputeReported
from transaction.domain.states import Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.ports import Deps
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.open_case import open_case
from transaction.transitions.reversal_events import emit_dispute_event
from transaction.transitions.settle_refund import EventSource

HOLD_ACTIONS = ("block_all", "manual_review", "allow_provider_types")


def dispute_update(report: DisputeReported, transaction: Transaction, *, deps: Deps) -> DisputeUpdate:
    """Update from a provider's report. Without separate reports of the money, it moves with the status."""
    status = DisputeStatus(report.state) if report.state else None
    kind, funds = report.kind, report.funds
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if kind != "inquiry" and status is not None and not (capabilities and capabilities.reports_dispute_funds):
        funds = "reinstated" if status is DisputeStatus.WON else "withdrawn"
    return DisputeUpdate(kind, status, funds, report.amount, report.occurred_at, withdrawn=report.withdrawn)


async def apply_dispute(
    tx: Tx,
    provider_dispute_id: str,
    update: DisputeUpdate,
    transaction: Transaction,
    checkout: Checkout,
    event_source: EventSource,
    *,
    deps: Deps,
) -> TransitionResult | None:
    """Open or change the dispute of that id; None when the update is known.

    Raises:
        ChangedMeanwhile: it was changed at the same moment.
    """
    scope, provider_id = transaction.scope, transaction.provider_id
    known = await deps.disputes.by_provider_dispute(tx, scope, provider_id, provider_dispute_id)
    if known is not None and known.transaction_id != transaction.id:
        return None
    return await change_dispute(
        tx, known, update, transaction, checkout, event_source, provider_dispute_id=provider_dispute_id, deps=deps
    )


async def change_dispute(
    tx: Tx,
    known: Dispute | None,
    update: DisputeUpdate,
    transaction: Transaction,
    checkout: Checkout,
    event_source: EventSource,
    *,
    provider_dispute_id: str,
    deps: Deps,
) -> TransitionResult | None:
    """Apply an update to a dispute that was read in this database transaction, or open it."""
    present = known or _new(tx, provider_dispute_id, update, transaction, checkout)
    judged = judge(present, update, tx.now, room=_room(present, update, transaction))
    if known is None:
        after = judged.dispute
        deps.disputes.insert(tx, after, otherwise=ChangedMeanwhile())
    elif judged.dispute == known:
        return None
    else:
        after = deps.disputes.replace(tx, known, judged.dispute)
    transition = _transition(known, DisputeOutcome(after, judged.entries), event_source)
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    emit_dispute_event(tx, after, outcome.transaction, transition, before=known, cipher=deps.cipher)
    if known is None or (known.status, known.kind) != (after.status, after.kind):
        # Money that moves after the decision changes nothing about the customer.
        await _hold(tx, after, outcome.transaction, checkout, deps=deps)
    await _report(tx, judged, transition, outcome.transaction, deps=deps)
    await _look_after(tx, known, update, after, transition, outcome.transaction, deps=deps)
    return outcome


async def _look_after(
    tx: Tx,
    before: Dispute | None,
    update: DisputeUpdate,
    dispute: Dispute,
    transition: Transition,
    transaction: Transaction,
    *,
    deps: Deps,
) -> None:
    """Open a case for a loss that is none any more, which may have a credit note, and for a surplus that came back."""
    if before is not None and before.status in LOST and dispute.status not in LOST:
        note = f"a lost dispute is {dispute.status.value}; a credit note may have been issued"
        key = f"{transaction.id}:dispute_not_lost:{dispute.id}:{dispute.version}"
        about = replace(transition, note=note)
        await open_case(tx, CaseKind.DOCUMENT_CORRECTION, about, transaction, deps=deps, key=key)
    if update.withdrawn is not None and update.withdrawn < 0:
        surplus = Money(-update.withdrawn, dispute.currency)
        key = f"{transaction.id}:dispute_surplus:{dispute.id}:{surplus.amount_minor}"
        if not await deps.cases.exists(tx, transaction.scope, key):
            about = replace(transition, amount=surplus, note="more came back than was withdrawn; it is not booked")
            await open_case(tx, CaseKind.DOUBLE_REVERSAL, about, transaction, deps=deps, key=key)


async def _report(
    tx: Tx, judged: DisputeOutcome, transition: Transition, transaction: Transaction, *, deps: Deps
) -> None:
    """Open a case when more was taken back than was captured, or the same loss was reported under two names."""
    if not judged.is_double and not (judged.entries and transaction.refundable < 0):
        return
    text = "more was taken back than was captured"
    if judged.is_double:
        text = "all of the captured amount was taken in a dispute before: reported again, not booked again"
    key = f"{transaction.id}:double_reversal:{judged.dispute.id}"
    if not await deps.cases.exists(tx, transaction.scope, key):
        await open_case(tx, CaseKind.DOUBLE_REVERSAL, replace(transition, note=text), transaction, deps=deps, key=key)


def _room(dispute: Dispute, update: DisputeUpdate, transaction: Transaction) -> int | None:
    """Captured amount less other disputes; None, no limit, for an operator's update or another currency."""
    if update.occurred_at is None or (update.amount and update.amount.currency != transaction.currency):
        return None
    return transaction.captured - (transaction.disputed - dispute.in_books)


def _new(
    tx: Tx, provider_dispute_id: str, update: DisputeUpdate, transaction: Transaction, checkout: Checkout
) -> Dispute:
    amount = update.amount or Money(transaction.amount, transaction.currency)
    return Dispute(
        id=new_object_id(),
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        transaction_id=transaction.id,
        provider_id=transaction.provider_id,
        provider_type=transaction.provider_type,
        provider_dispute_id=provider_dispute_id,
        kind=update.kind,
        status=DisputeStatus.OPEN,
        version=1,
        amount=amount.amount_minor,
        currency=amount.currency,
        opened_at=tx.now,
        updated_at=tx.now,
        email_hash=transaction.email_hash,
        other_email_hashes=_other_hashes(transaction, checkout),
        amount_format=transaction.amount_format,
    )


def _other_hashes(transaction: Transaction, checkout: Checkout) -> tuple[str, ...]:
    """Of the addresses that the shop gave, where the customer paid under another one: a page must not hide them."""
    return tuple(each for each in checkout.customer_hashes if each != transaction.email_hash)


def _transition(before: Dispute | None, judged: DisputeOutcome, event_source: EventSource) -> Transition:
    dispute = judged.dispute
    trigger = Trigger.DISPUTE_OPENED if before is None else Trigger.DISPUTE_CHANGED
    label = "dispute_opened" if before is None else f"dispute_{dispute.status.value}"
    if before is None and dispute.status not in UNDECIDED:
        label = f"{dispute.kind}_{dispute.status.value}"
    if dispute.kind == "inquiry":
        trigger, label = Trigger.INQUIRY_CHANGED, Trigger.INQUIRY_CHANGED.value
    return Transition(
        trigger=trigger,
        source=event_source.source,
        label=label,
        event_id=event_source.event_id,
        event_type=event_source.event_type,
        amount=dispute.money,
        note=f"{dispute.provider_dispute_id} {dispute.money.decimal_text()} {dispute.currency} {dispute.status.value}",
        entries=judged.entries,
        reference=f"dispute:{dispute.id}",
        dispatch_ipn=event_source.dispatch_ipn,
        manual=event_source.manual,
        open_disputes=int(dispute.open) - int(before.open if before else False),
    )


async def _hold(tx: Tx, dispute: Dispute, transaction: Transaction, checkout: Checkout, *, deps: Deps) -> None:
    """A lost or accepted chargeback restricts its customer; one that was won after all does no longer."""
    if dispute.kind != "chargeback" or dispute.email_hash is None:
        return
    known = await deps.holds.of_dispute(tx, dispute.scope, dispute.id)
    if dispute.status in LOST:
        hold = _new_hold(tx, dispute, known, transaction, checkout, deps=deps)
        if known is None:
            deps.holds.insert(tx, hold, otherwise=ChangedMeanwhile())
        else:
            deps.holds.replace(tx, known, hold)
    elif known is not None and known.active and dispute.status is DisputeStatus.WON:
        deps.holds.replace(tx, known, known.changed(active=False, released_at=tx.now))


def _new_hold(
    tx: Tx, dispute: Dispute, known: Hold | None, transaction: Transaction, checkout: Checkout, *, deps: Deps
) -> Hold:
    site = deps.tenants.site(transaction.site_id)
    settings = site.settings if site else {}
    action = settings.get("disputeHold")
    types = settings.get("disputeHoldProviderTypes")
    return Hold(
        id=known.id if known else new_object_id(),
        organization_id=dispute.organization_id,
        livemode=dispute.livemode,
        email_hash=dispute.email_hash or "",
        action=action if action in HOLD_ACTIONS else "block_all",
        reason="accepted_dispute" if dispute.status is DisputeStatus.ACCEPTED else "lost_dispute",
        transaction_id=dispute.transaction_id,
        dispute_id=dispute.id,
        active=True,
        created_at=known.created_at if known else tx.now,
        allowed_provider_types=tuple(types) if isinstance(types, list | tuple) else transfer_types(),
        other_email_hashes=_other_hashes(transaction, checkout),
    )
