"""Deliveries that cannot be processed: out of the way, visible, and redriven by the operator's command."""

from typing import Final

from gateway_contracts.clock import Clock
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from ipn.domain.delivery import Delivery, Stuck
from ipn.domain.delivery_queue import DeliveryQueue, Entry, finish, pointless_since
from ipn.ports import DeliveryStore, Letters
from ipn.use_cases.delivery_queues import known_queues
from ipn.use_cases.events import emit_superseded
from ipn.use_cases.plan_deliveries import superseded
from ipn.use_cases.record_attempts import next_heads

SOURCE: Final = "deliveries"
"""The collection, as letters name it."""


async def set_aside_delivery(
    stuck: Stuck, *, error: Exception, letters: Letters, uow: UnitOfWork, store: DeliveryStore, clock: Clock, claim: str
) -> list[Delivery]:
    """Write the letter, then take the delivery out of its queue; returns what follows there, under our lease.

    The letter comes first: without one the delivery is not found. It is stored once however often this is repeated.
    """
    await letters.put_row(
        SOURCE,
        stuck.id,
        organization_id=stuck.organization_id,
        error=error.__cause__ or error,
        size=stuck.size,
        attempts=stuck.tries,
    )

    async def work(tx: Tx) -> list[Delivery]:
        if not await store.set_aside(tx, stuck, reason=type(error.__cause__ or error).__name__):
            return []
        before = await store.queues(tx, {stuck.checkout_id})
        queues = {key: finish(queue, stuck.id) for key, queue in before.items()}
        following = await next_heads(tx, queues, {}, store, now=clock.now(), claim=claim)
        store.save_queues(tx, before, queues.values())
        return following

    return await uow.run(work)


async def redrive_delivery(delivery_id: str, *, uow: UnitOfWork, store: DeliveryStore) -> bool:
    """Make a delivery that was set aside due again, behind what is open in its queue; false if it is not set aside.

    A newer status or a payment of its checkout may have made it pointless meanwhile: then it ends as superseded.
    """

    async def work(tx: Tx) -> bool:
        current = (await store.load(tx, [delivery_id])).get(delivery_id)
        if current is None or current.state != "set_aside":
            return False
        around = await known_queues(tx, [current.lane], store)
        queue = around.queues.get(current.lane) or DeliveryQueue(id=current.lane)
        if reason := pointless_since(queue, current):
            emit_superseded(tx, store.save(tx, current, superseded(current, reason)), at=tx.now)
            return True
        entry = Entry(current.id, current.transaction_id, current.ipn_status)
        around.save(tx, [queue.changed(open=(*queue.open, entry))], store)
        current = (await store.load(tx, [delivery_id]))[delivery_id]
        again = current.changed(
            made=0,
            unrecorded=0,
            resend_of=None,
            state="waiting" if queue.head is None else "blocked",
            next_attempt_at=tx.now if queue.head is None else current.next_attempt_at,
        )
        store.save(tx, current, again)
        return True

    return await uow.run(work)
