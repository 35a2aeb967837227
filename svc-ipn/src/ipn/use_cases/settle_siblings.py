"""Once an order is paid, what became of its other checkouts is kept from the merchant."""

from collections.abc import Collection, Sequence
from typing import Final

from gateway_contracts.clock import Clock
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from ipn.domain.delivery import Delivery
from ipn.domain.lane import paid_elsewhere
from ipn.domain.orders import Payment
from ipn.ports import DeliveryStore
from ipn.use_cases.events import emit_superseded
from ipn.use_cases.plan_deliveries import supersede
from ipn.use_cases.record_attempts import next_heads

SIBLINGS_MAX: Final = 100
"""Notifications that one transaction supersedes; an order with more of them takes several."""


async def note_payments(payments: Sequence[Payment], *, store: DeliveryStore, clock: Clock) -> list[bool]:
    """Remember whose orders are paid; returns of each payment whether anything is open that it makes pointless.

    From here on nothing is planned that a payment makes pointless: the writes of both meet on the order's document.
    """
    await store.mark_paid({key: payment.lane for payment in payments for key in payment.orders}, now=clock.now())
    keys = {key for payment in payments for key in payment.orders}
    found = await store.open_of_orders(keys, after="", limit=SIBLINGS_MAX)
    named = {key for sibling in found for key in sibling.orders}
    # A full page may hide those of the others: each looks for itself then.
    is_full = len(found) == SIBLINGS_MAX
    return [is_full or bool(named.intersection(payment.orders)) for payment in payments]


async def settle_siblings(
    payment: Payment, *, uow: UnitOfWork, store: DeliveryStore, clock: Clock, claim: str
) -> list[Delivery]:
    """Supersede what is open of the order's other checkouts; returns what follows in their lanes, under our lease.

    What is being sent at this moment is only marked: it gets no further attempt.
    """
    following: list[Delivery] = []
    after = ""
    while found := await store.open_of_orders(payment.orders, after=after, limit=SIBLINGS_MAX):
        after = found[-1].id
        lanes = {sibling.lane for sibling in found} - {payment.lane}

        async def work(tx: Tx, lanes: Collection[str] = lanes) -> list[Delivery]:
            return await _settle(tx, lanes, store=store, clock=clock, claim=claim)

        following += await uow.run(work) if lanes else []
    return following


async def _settle(tx: Tx, keys: Collection[str], *, store: DeliveryStore, clock: Clock, claim: str) -> list[Delivery]:
    lanes = await store.lanes(tx, keys)
    heads = await store.load(tx, {lane.head.delivery_id for lane in lanes.values() if lane.head})
    sent = {delivery.id for delivery in heads.values() if delivery.state == "sending"}
    over = {
        key: paid_elsewhere(lane, head_is_sent=lane.head is not None and lane.head.delivery_id in sent)
        for key, lane in lanes.items()
    }
    reasons = {name: why for planned in over.values() for name, why in planned.superseded.items()}
    now = clock.now()
    for delivery in (await supersede(tx, reasons, store)).values():
        emit_superseded(tx, delivery, at=now)
    after = {key: planned.lane for key, planned in over.items() if planned.lane != lanes[key]}
    following = await next_heads(tx, after, {}, store, now=now, claim=claim)
    await store.save_lanes(tx, after.values())
    return following
