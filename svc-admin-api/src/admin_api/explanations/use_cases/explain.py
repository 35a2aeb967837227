"""Explain why a payment stands as it does."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from admin_api.events.domain.public_event import PublicEvent
from admin_api.events.ports import Events
from admin_api.explanations.domain.effect_steps import document_steps, notification_steps
from admin_api.explanations.domain.payment_steps import order_steps, report_id
from admin_api.explanations.domain.step import READS, Step
from admin_api.explanations.use_cases.find_payment import find_payment, is_event_id
from admin_api.explanations.use_cases.find_stored import find_stored
from admin_api.shared.domain.causes import Node, build_tree
from gateway_contracts.actor import Actor
from gateway_contracts.errors import NotFound, Transient
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.invoice import LIST_CREDIT_NOTES, LIST_INVOICES, CreditNoteQuery, InvoiceQuery
from gateway_contracts.requests.ipn import LIST_DELIVERIES, DeliveryQuery
from gateway_contracts.requests.trail import GET_TRAIL, OrderTrail, PaymentTrail, TrailRequest
from gateway_contracts.rpc import Rpc

STEPS_MAX: Final = 500
"""Steps of one explanation; of more the latest, and all that say why something failed."""
EFFECTS_READ: Final = 20
"""Notifications and documents of one payment, the latest."""
_SAME_MOMENT: Final = timedelta(milliseconds=2)
"""The database stores milliseconds, an event has microseconds."""


@dataclass(frozen=True)
class Explanation:
    """One order as a tree of causes.

    Attributes:
        id: that was asked for.
        checkout_id: the order.
        payment_ids: its attempts to pay, oldest first.
        unavailable: parts whose service does not answer at the moment: ``notifications``, ``documents``.
        is_complete: false where parts were left out because there are too many.
        event: the event that led to the order.
    """

    id: str
    checkout_id: str
    payment_ids: tuple[str, ...]
    nodes: tuple[Node[Step], ...]
    unavailable: tuple[str, ...] = ()
    is_complete: bool = True
    event: PublicEvent | None = None

    @property
    def reasons(self) -> tuple[Step, ...]:
        """The steps that say why something failed, in the order of time."""
        found = [node.step for node in self.nodes if node.step.is_reason]
        return tuple(sorted(found, key=lambda step: (step.at, step.id)))

    @property
    def subject_steps(self) -> frozenset[str]:
        """Ids of the steps that are about the id that was asked for."""
        return frozenset(node.step.id for node in self.nodes if self._is_subject(node.step))

    def _is_subject(self, step: Step) -> bool:
        event = self.event
        if event is None or event.id != self.id:
            return self.id in (step.subject_id, step.trace_id) or step.id == report_id(self.id)
        # Ids of events are not stored with what they report; its object, type and time are.
        is_same = (step.subject_id, step.values.get("type")) == (event.entity_id, event.type)
        return is_same and abs(step.at - event.time) < _SAME_MOMENT


async def explain(identifier: str, *, actor: Actor, rpc: Rpc, events: Events) -> Explanation:
    """Explain the order that an id leads to: of a payment or a part of it, a notification, a document, a request, an
    event or a trace; or the only order with a reference, invoice number or id at the provider.

    Raises:
        NotFound: nothing that the actor may see has this id.
        Conflict: several orders have it as their reference.
        Transient: svc-transaction does not answer; for requests and events also the bus, or too many are
            searched for.
    """
    trail, event = await _find(identifier, actor=actor, rpc=rpc, events=events)
    effects = await asyncio.gather(*(_effects(payment, actor=actor, rpc=rpc) for payment in trail.payments))
    steps = [*order_steps(trail), *(step for effect in effects for step in effect.steps)]
    shown = _within_limit(steps)
    return Explanation(
        id=identifier,
        checkout_id=trail.checkout_id,
        payment_ids=tuple(payment.id for payment in trail.payments),
        nodes=build_tree(shown),
        unavailable=tuple(sorted({name for effect in effects for name in effect.unavailable})),
        is_complete=_is_complete(trail, effects) and len(shown) == len(steps),
        event=event,
    )


async def _find(identifier: str, *, actor: Actor, rpc: Rpc, events: Events) -> tuple[OrderTrail, PublicEvent | None]:
    """By what is stored and indexed, before a look at thousands of messages."""
    if not is_event_id(identifier):
        stored = await find_stored(identifier, actor=actor, rpc=rpc)
        if stored is not None:
            return stored, None
        if is_object_id(identifier):
            raise NotFound("no payment or part of one has this id", code="TRANSACTION_NOT_FOUND")
    found = await find_payment(identifier, actor=actor, events=events)
    return await rpc.call(GET_TRAIL, TrailRequest(id=found.id), actor=actor), found.event


@dataclass(frozen=True)
class _Effects:
    """Steps in other services that followed from one payment."""

    steps: tuple[Step, ...]
    unavailable: tuple[str, ...]
    is_complete: bool


async def _effects(payment: PaymentTrail, *, actor: Actor, rpc: Rpc) -> _Effects:
    reader = actor.model_copy(update={"scopes": READS})
    about: dict[str, Any] = {"transaction_id": payment.id, "limit": EFFECTS_READ}
    deliveries, invoices, credit_notes = await asyncio.gather(
        rpc.call(LIST_DELIVERIES, DeliveryQuery(**about), actor=reader),
        rpc.call(LIST_INVOICES, InvoiceQuery(**about), actor=reader),
        rpc.call(LIST_CREDIT_NOTES, CreditNoteQuery(**about), actor=reader),
        return_exceptions=True,
    )
    for part in (deliveries, invoices, credit_notes):
        if isinstance(part, BaseException) and not isinstance(part, Transient):
            raise part
    steps: list[Step] = []
    missing, is_complete = [], True
    if isinstance(deliveries, BaseException):
        missing.append("notifications")
    else:
        steps += notification_steps(payment, deliveries.deliveries)
        is_complete = deliveries.total <= EFFECTS_READ
    if isinstance(invoices, BaseException) or isinstance(credit_notes, BaseException):
        missing.append("documents")
    else:
        steps += document_steps(payment, [*invoices.invoices, *credit_notes.credit_notes])
        is_complete = is_complete and credit_notes.total <= EFFECTS_READ
    return _Effects(tuple(steps), tuple(missing), is_complete)


def _within_limit(steps: Sequence[Step]) -> Sequence[Step]:
    """The latest steps and the reasons, where there are too many."""
    if len(steps) <= STEPS_MAX:
        return steps
    ranked = sorted(steps, key=lambda step: (step.is_reason, step.at), reverse=True)
    return ranked[:STEPS_MAX]


def _is_complete(trail: OrderTrail, effects: Sequence[_Effects]) -> bool:
    return trail.is_complete and all(effect.is_complete for effect in effects)
