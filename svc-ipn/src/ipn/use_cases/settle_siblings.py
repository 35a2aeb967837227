"""Once an order is paid, the merchant is not notified of the end of its other checkouts."""

from collections.abc import Collection, Sequence
from typing import Final

from gateway_contracts.clock import Clock
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from ipn.domain.delivery import Delivery
from ipn.domain.delivery_queue import paid_elsewhere
from ipn.domain.orders import Payment
from ipn.ports import DeliveryStore
from ipn.use_cases.events import emit_superseded
from ipn.use_cases.plan_deliveries import supersede
from ipn.use_cases.record_attempts import next_heads

SIBLINGS_MAX: Final = 100
"""Notifications that one transaction supersedes; an order with more of them takes several."""


async def note_payments(payments: Sequence[Payment], *, store: DeliveryStore, clock: Clock) -> list[bool]:
    """Remember whose orders are paid; returns of each payment whether anything is open that it makes pointless.

    A payment is written before it looks for open deliveries; a delivery is written before `is_pointless` looks for
    payments. So of two at the same moment, one at least sees the other.
    """
    unnoted = [payment for payment in payments if not payment.is_noted]
    await store.mark_paid({key: payment.checkout_id for payment in unnoted for key in payment.orders}, now=clock.now())
    keys = {key for payment in payments for key in payment.orders}
    found = await store.open_of_orders(keys, after="", limit=SIBLINGS_MAX)
    named = {key for sibling in found for key in sibling.orders}
    # A full page may hide those of the others: each looks for itself then.
    is_full = len(found) == SIBLINGS_MAX
    return [is_full or bool(named.intersection(payment.orders)) for payment in payments]


async def is_pointless(delivery: Delivery, *, store: DeliveryStore) -> bool:
    """Whether a delivery under our lease need not be sent: another checkout of its order is paid.

    What is sent again by hand is sent.
    """
    if not delivery.orders or delivery.resend_of is not None:
        return False
    return await store.is_paid_elsewhere(delivery.orders, checkout_id=delivery.lane)


async def drop_pointless(
    delivery: Delivery, *, uow: UnitOfWork, store: DeliveryStore, clock: Clock, claim: str
) -> list[Delivery]:
    """Supersede a delivery under our lease that was not sent; returns what follows in its queue, under our lease."""

    async def work(tx: Tx) -> list[Delivery]:
        return await _settle(tx, {delivery.lane}, store=store, clock=clock, claim=claim, unsent=delivery.claim)

    return await uow.run(work)


async def settle_siblings(
    payment: Payment, *, uow: UnitOfWork, store: DeliveryStore, clock: Clock, claim: str
) -> list[Delivery]:
    """Supersede what is open of the order's other checkouts; returns what follows in their queues, under our lease.

    What is being sent at this moment is only marked: it gets no further attempt.
    """
    following: list[Delivery] = []
    after = ""
    while found := await store.open_of_orders(payment.orders, after=after, limit=SIBLINGS_MAX):
        after = found[-1].id
        queues = {sibling.checkout_id for sibling in found} - {payment.checkout_id}

        async def work(tx: Tx, queues: Collection[str] = queues) -> list[Delivery]:
            return await _settle(tx, queues, store=store, clock=clock, claim=claim)

        following += await uow.run(work) if queues else []
    return following


async def _settle(
    tx: Tx, keys: Collection[str], *, store: DeliveryStore, clock: Clock, claim: str, unsent: str | None = None
) -> list[Delivery]:
    """Supersede what is pointless in these queues; under the lease ``unsent`` nothing is being sent."""
    queues = await store.queues(tx, keys)
    heads = await store.load(tx, {queue.head.delivery_id for queue in queues.values() if queue.head})
    sent = {delivery.id for delivery in heads.values() if delivery.state == "sending" and delivery.claim != unsent}
    over = {
        key: paid_elsewhere(queue, head_is_sent=queue.head is not None and queue.head.delivery_id in sent)
        for key, queue in queues.items()
    }
    reasons = {name: why for planned in over.values() for name, why in planned.superseded.items()}
    now = clock.now()
    for delivery in (await supersede(tx, reasons, store)).values():
        emit_superseded(tx, delivery, at=now)
    after = {key: planned.queue for key, planned in over.items() if planned.queue != queues[key]}
    following = await next_heads(tx, after, {}, store, now=now, claim=claim)
    store.save_queues(tx, queues, after.values())
    return following
