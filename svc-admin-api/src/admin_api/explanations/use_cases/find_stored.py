"""Find the order that a stored id or name leads to, by what its owners can look up."""

from collections.abc import Awaitable
from typing import Final, TypeVar

from admin_api.explanations.domain.step import READS
from admin_api.explanations.use_cases.find_order import find_order
from gateway_contracts.actor import Actor
from gateway_contracts.errors import NotFound, Transient
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.invoice import GET_CREDIT_NOTE, GET_INVOICE, CreditNoteRef, InvoiceRef
from gateway_contracts.requests.ipn import GET_DELIVERY, DeliveryRef, delivery_id_of
from gateway_contracts.requests.trail import GET_TRAIL, OrderTrail, TrailRequest
from gateway_contracts.rpc import Rpc

Found = TypeVar("Found")
_NOTIFICATION: Final = delivery_id_of("")


async def find_stored(identifier: str, *, actor: Actor, rpc: Rpc) -> OrderTrail | None:
    """By the id of a payment, of a part of it, of a notification or a document, or by a name that one order has.

    Raises:
        Conflict: several orders have this name.
        Transient: a service that may know it does not answer.
    """
    if identifier.startswith(_NOTIFICATION):
        return await _trail(await _of_notification(identifier, actor=actor, rpc=rpc), actor=actor, rpc=rpc)
    if not is_object_id(identifier) and (order := await find_order(identifier, actor=actor, rpc=rpc)) is not None:
        return await _trail(order, actor=actor, rpc=rpc)
    found = await _trail(identifier, actor=actor, rpc=rpc)
    if found is None and is_object_id(identifier):
        return await _trail(await _of_document(identifier, actor=actor, rpc=rpc), actor=actor, rpc=rpc)
    return found


async def _trail(identifier: str | None, *, actor: Actor, rpc: Rpc) -> OrderTrail | None:
    if identifier is None:
        return None
    return await _or_nothing(rpc.call(GET_TRAIL, TrailRequest(id=identifier), actor=actor))


async def _of_notification(identifier: str, *, actor: Actor, rpc: Rpc) -> str | None:
    """None as well where svc-ipn does not answer: the event of a notification leads to its payment too."""
    try:
        found = await _or_nothing(rpc.call(GET_DELIVERY, DeliveryRef(delivery_id=identifier), actor=actor))
    except Transient:
        return None
    return None if found is None else found.transaction_id


async def _of_document(identifier: str, *, actor: Actor, rpc: Rpc) -> str | None:
    reader = actor.model_copy(update={"scopes": READS})
    invoice = await _or_nothing(rpc.call(GET_INVOICE, InvoiceRef(invoice_id=identifier), actor=reader))
    if invoice is not None:
        return invoice.transaction_id
    note = await _or_nothing(rpc.call(GET_CREDIT_NOTE, CreditNoteRef(credit_note_id=identifier), actor=reader))
    return None if note is None else note.transaction_id


async def _or_nothing(answer: Awaitable[Found]) -> Found | None:
    try:
        return await answer
    except NotFound:
        return None
