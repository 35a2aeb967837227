"""Turn changes of transactions into notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway_contracts.clock import Clock
from gateway_contracts.requests.ipn import Reason
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from ipn.domain.bodies import body_of
from ipn.domain.delivery import Delivery
from ipn.domain.delivery_queue import DeliveryQueue, plan
from ipn.ports import Chargeback, DeliveryStore, Sealer
from ipn.use_cases.delivery_queues import KnownQueues, known_queues
from ipn.use_cases.events import emit_superseded
from ipn.use_cases.notice import Notice
from ipn.use_cases.notify_disputes import earlier_chargebacks, is_notified_already

# Longer than the longest attempt and the writing of its outcome; what a killed process held is free again after it.
LEASE = timedelta(seconds=25)


async def start_queues(
    notices: Sequence[Notice], *, store: DeliveryStore, sealer: Sealer, clock: Clock, claim: str
) -> list[Delivery | None]:
    """Store first deliveries of new queues with one write; returns them, to be sent at once under our lease.

    For changes that may start a queue (`may_be_first`). A notice that gets None has to be planned: its queue exists, or
    it came before. Should the database fail in the middle, what it stored is sent when the lease is over.
    """
    now = clock.now()
    first = [
        begin(_new_delivery(notice, sealer, now, first_of_queue=True, standalone=True), now=now, claim=claim)
        for notice in notices
    ]
    is_new = await store.add_first(first)
    return [delivery if new else None for delivery, new in zip(first, is_new, strict=True)]


@dataclass(frozen=True)
class Stored:
    """The result of planning notices.

    Attributes:
        starting: may be sent at once; under our lease.
        created: ids of the new deliveries.
    """

    starting: list[Delivery]
    created: frozenset[str]


async def plan_deliveries(
    notices: Sequence[Notice], *, uow: UnitOfWork, store: DeliveryStore, sealer: Sealer, clock: Clock, claim: str
) -> Stored:
    """Store deliveries for the notices in one transaction.

    Idempotent: the queue knows the newest version of each transaction, so an event that comes again does nothing.
    """

    async def work(tx: Tx) -> Stored:
        now = clock.now()
        known = await known_queues(tx, {notice.checkout_id for notice in notices}, store)
        before = known.queues
        heads = await store.load(tx, {queue.head.delivery_id for queue in before.values() if queue.head})
        sent = {delivery.id for delivery in heads.values() if delivery.state == "sending"}
        earlier = await earlier_chargebacks(tx, notices, store)
        draft = _draft(notices, known, sent, earlier, sealer=sealer, now=now)
        known.save(tx, [queue for key, queue in draft.queues.items() if queue is not before.get(key)], store)
        released = await supersede(tx, draft.superseded, store)
        ready = [*draft.created.values(), *released.values()]
        starting = await _start_heads(tx, draft, store, now=now, claim=claim)
        for delivery in draft.created.values():
            store.add(tx, starting.get(delivery.id, delivery))
        for delivery in ready:
            if delivery.state == "superseded":
                emit_superseded(tx, delivery, at=now)
        return Stored(list(starting.values()), frozenset(draft.created))

    return await uow.run(work)


@dataclass
class _Draft:
    """The queues after all notices, and what has to be written for it."""

    queues: dict[str, DeliveryQueue]
    old_heads: dict[str, str | None]
    created: dict[str, Delivery]
    superseded: dict[str, Reason]


def _draft(
    notices: Sequence[Notice],
    known: KnownQueues,
    sent: set[str],
    earlier: Sequence[Chargeback],
    *,
    sealer: Sealer,
    now: datetime,
) -> _Draft:
    old_heads = {key: queue.head.delivery_id if queue.head else None for key, queue in known.queues.items()}
    draft = _Draft(dict(known.queues), old_heads, {}, {})
    started = set(known.first_deliveries)
    for notice in notices:
        queue = draft.queues.get(notice.checkout_id) or DeliveryQueue(id=notice.checkout_id)
        is_sent = queue.head is not None and queue.head.delivery_id in sent
        change = notice.change
        if is_notified_already(notice, earlier, draft.created.values(), draft.superseded):
            change = replace(change, notified=False)
        is_first = notice.checkout_id not in started
        planned = plan(queue, change, head_is_sent=is_sent, is_first=is_first)
        if planned.queue is queue:
            continue
        draft.queues[notice.checkout_id] = planned.queue
        if planned.created:
            started.add(notice.checkout_id)
            created = _new_delivery(notice, sealer, now, first_of_queue=is_first)
            draft.created[created.id] = created
        for delivery_id, reason in planned.superseded.items():
            if delivery_id in draft.created:
                # Overtaken before it was even stored: kept for the record only.
                over = draft.created[delivery_id].changed(state="superseded", reason=reason)
                draft.created[delivery_id] = over
            else:
                draft.superseded[delivery_id] = reason
    return draft


def _new_delivery(
    notice: Notice, sealer: Sealer, now: datetime, *, first_of_queue: bool, standalone: bool = False
) -> Delivery:
    delivery_id = notice.change.delivery_id
    return Delivery(
        id=delivery_id,
        organization_id=notice.organization_id,
        site_id=notice.site_id,
        livemode=notice.livemode,
        lane=notice.checkout_id,
        transaction_id=notice.change.transaction_id,
        ipn_status=notice.change.ipn_status,
        event_version=notice.change.event_version,
        dialect=notice.ipn_version,
        body=sealer.seal_body(
            notice.organization_id, delivery_id, body_of(notice.change, notice.facts, notice.ipn_version)
        ),
        url=sealer.seal_url(notice.organization_id, delivery_id, notice.url),
        target=sealer.target_of(notice.url),
        state="blocked",
        created_at=now,
        traceparent=notice.traceparent,
        correlation_id=notice.correlation_id,
        opens=notice.checkout_id if first_of_queue else None,
        solo=standalone,
        orders=notice.payable_by_others,
        pays=notice.pays,
        dispute_id=notice.change.dispute_id,
    )


async def supersede(tx: Tx, reasons: Mapping[str, Reason], store: DeliveryStore) -> dict[str, Delivery]:
    """End deliveries that were waiting; the guard on their version makes a claim in between a conflict."""
    if not reasons:
        return {}
    found = await store.load(tx, list(reasons))
    return {key: store.save(tx, delivery, superseded(delivery, reasons[key])) for key, delivery in found.items()}


async def _start_heads(
    tx: Tx, draft: _Draft, store: DeliveryStore, *, now: datetime, claim: str
) -> dict[str, Delivery]:
    """Put what has become the head of its queue under our lease."""
    fresh = [
        queue.head.delivery_id
        for key, queue in draft.queues.items()
        if queue.head is not None and queue.head.delivery_id != draft.old_heads.get(key)
    ]
    stored = await load_if_any(tx, [key for key in fresh if key not in draft.created], store)
    starting = {
        key: begin(delivery, now=now, claim=claim)
        for key in fresh
        if (delivery := draft.created.get(key) or stored.get(key)) is not None
    }
    return starting | {key: store.save(tx, delivery, starting[key]) for key, delivery in stored.items()}


def superseded(delivery: Delivery, reason: Reason) -> Delivery:
    """The delivery without further attempts."""
    return delivery.changed(state="superseded", reason=reason, next_attempt_at=None, claim=None)


async def load_if_any(tx: Tx, ids: Sequence[str], store: DeliveryStore) -> dict[str, Delivery]:
    """Spare the round trip where there is nothing to read."""
    return await store.load(tx, ids) if ids else {}


def begin(delivery: Delivery, *, now: datetime, claim: str) -> Delivery:
    """The delivery under our lease."""
    return delivery.changed(state="sending", claim=claim, lease_until=now + LEASE, next_attempt_at=None)
