"""Find the order that a name of its payments leads to: the shop's reference, the provider's id, or a trace."""

from typing import Final

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Conflict
from gateway_contracts.requests.transaction import LIST_TRANSACTIONS, TransactionQuery, TransactionRecord
from gateway_contracts.rpc import Rpc

_READ_MAX: Final = 50


async def find_order(name: str, *, actor: Actor, rpc: Rpc) -> str | None:
    """Id of the only order whose payments have this reference, invoice number, id at the provider or trace.

    Raises:
        Conflict: several orders have it.
        Transient: svc-transaction does not answer.
    """
    found = await rpc.call(LIST_TRANSACTIONS, TransactionQuery(q=name, limit=_READ_MAX), actor=actor)
    # The search also finds amounts and ends of ids.
    orders = {payment.checkout_id for payment in found.transactions if name in _names(payment)}
    is_whole = found.next_cursor is None
    if len(orders) > 1 or (orders and not is_whole):
        raise Conflict("several orders have this reference", code="EXPLANATION_AMBIGUOUS")
    return orders.pop() if orders else None


def _names(payment: TransactionRecord) -> tuple[str | None, ...]:
    return payment.external_reference, payment.invoice_number, payment.provider_payment_id, payment.trace_id
