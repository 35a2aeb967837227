"""One transaction with everything that a merchant asks about it."""

import asyncio
from dataclasses import dataclass

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Transient
from gateway_contracts.requests.invoice import LIST_INVOICES, InvoiceQuery
from gateway_contracts.requests.ipn import LIST_DELIVERIES, DeliveryQuery, DeliveryRecord
from gateway_contracts.requests.transaction import GET_TRANSACTION, TransactionRecord, TransactionRef
from gateway_contracts.rpc import Rpc

DELIVERIES_SHOWN = 100


@dataclass(frozen=True)
class TransactionStory:
    """A transaction, its notifications and its invoice. None: their service does not answer at the moment."""

    transaction: TransactionRecord
    deliveries: tuple[DeliveryRecord, ...] | None
    invoice_id: str | None
    unavailable: tuple[str, ...]


async def read_transaction(transaction_id: str, *, actor: Actor, rpc: Rpc) -> TransactionStory:
    """The transaction as its owner knows it; the rest as far as it can be had.

    Raises:
        NotFound: not a transaction of the actor's organization and mode.
        Transient: svc-transaction does not answer.
    """
    transaction = await rpc.call(GET_TRANSACTION, TransactionRef(transaction_id=transaction_id), actor=actor)
    # Reading a transaction includes its notifications and its invoice's id, whatever else the key may read.
    reader = actor.model_copy(update={"scopes": ("transaction:read", "invoice:read")})
    deliveries, invoices = await asyncio.gather(
        rpc.call(LIST_DELIVERIES, DeliveryQuery(transaction_id=transaction_id, limit=DELIVERIES_SHOWN), actor=reader),
        rpc.call(LIST_INVOICES, InvoiceQuery(transaction_id=transaction_id, limit=1), actor=reader),
        return_exceptions=True,
    )
    missing = [
        name for name, part in (("ipn", deliveries), ("invoiceId", invoices)) if isinstance(_tolerated(part), Transient)
    ]
    return TransactionStory(
        transaction=transaction,
        deliveries=None if isinstance(deliveries, BaseException) else deliveries.deliveries,
        invoice_id=None if isinstance(invoices, BaseException) else next((i.id for i in invoices.invoices), None),
        unavailable=tuple(missing),
    )


def _tolerated(part: object) -> object:
    """
    Raises:
        BaseException: anything but a service that does not answer.
    """
    if isinstance(part, BaseException) and not isinstance(part, Transient):
        raise part
    return part
