"""Send a notification again by hand: the same body under the same delivery id, with a fresh signature."""

from gateway_contracts.actor import Actor
from gateway_contracts.clock import Clock
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx, UnitOfWork
from ipn.domain.delivery import OPEN_STATES, Delivery
from ipn.domain.delivery_queue import DeliveryQueue, Entry
from ipn.errors import DeliveryInProgress, DeliveryNotFound
from ipn.ports import DeliveryStore
from ipn.use_cases.delivery_queues import known_queues
from ipn.use_cases.list_deliveries import scope_of
from ipn.use_cases.plan_deliveries import begin


async def resend_delivery(
    delivery_id: str,
    *,
    actor: Actor,
    operation_id: str | None,
    uow: UnitOfWork,
    store: DeliveryStore,
    clock: Clock,
) -> tuple[Delivery, bool]:
    """The delivery, and whether the caller has to send it now (it is under our lease).

    Idempotent by ``operation_id``.

    Raises:
        DeliveryNotFound: no such delivery in the actor's scope.
        DeliveryInProgress: another notification of the same checkout is open.
    """
    known = await store.find(delivery_id, scope_of(actor))
    if known is None:
        raise DeliveryNotFound("no such delivery")

    async def work(tx: Tx) -> tuple[Delivery, bool]:
        current = (await store.load(tx, [delivery_id]))[delivery_id]
        around = await known_queues(tx, [current.lane], store)
        queue = around.queues.get(current.lane) or DeliveryQueue(id=current.lane)
        is_head = queue.head is not None and queue.head.delivery_id == current.id
        if current.state == "sending" or (current.state == "blocked" and not is_head):
            return current, False
        resend_of = current.resend_of
        if current.state not in OPEN_STATES:
            if queue.head is not None:
                raise DeliveryInProgress("another notification of this checkout is on its way", retry_after_s=10)
            entry = Entry(current.id, current.transaction_id, current.ipn_status)
            around.save(tx, [queue.changed(open=(entry,))], store)
            current = (await store.load(tx, [delivery_id]))[delivery_id]
            resend_of = current.state
        again = begin(current, now=clock.now(), claim=new_object_id()).changed(resend_of=resend_of)
        return store.save(tx, current, again), True

    operation = Operation(operation_id, delivery_id) if operation_id else None
    try:
        return await uow.run(work, operation=operation)
    except OperationReplayed:
        return known, False
