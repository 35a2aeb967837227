"""Successful payments become invoices."""

from collections.abc import Callable
from typing import Final

from gateway_contracts.clock import Clock
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import TransactionSucceededV1
from gateway_kit.logging import get_logger
from gateway_kit.mongo.group_commit import GroupCommit
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.nats.consumers import EventRouter
from invoice.domain.invoice import Invoice
from invoice.field_cipher import FieldCipher
from invoice.ports import Organizations, Stores
from invoice.use_cases.issue_invoice import CONSUMER, PaidFor, issue_invoices
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.settle_invoice import settle_by_number

log = get_logger(__name__)

# An invoice is seen when its document is made, a good part of a second later.
LINGER_S: Final = 0.4


def router(
    *,
    uow: UnitOfWork,
    clock: Clock,
    organizations: Organizations,
    cipher: FieldCipher,
    stores: Stores,
    series: NumberSeries,
    issued: Callable[[], None],
) -> EventRouter:
    """The consumer of payments; ``issued`` wakes the renderer after the commit."""

    async def write(payments: list[PaidFor]) -> list[Invoice | None]:
        return await issue_invoices(
            payments,
            uow=uow,
            clock=clock,
            organizations=organizations,
            cipher=cipher,
            stores=stores,
            series=series,
        )

    group = GroupCommit(write, linger_s=LINGER_S, lane=lambda paid: paid.event.organization_id)

    made = EventRouter()

    @made.subscriber(CONSUMER)
    async def on_transaction_succeeded(event: Envelope[TransactionSucceededV1]) -> None:
        """Settle the invoice that the payment names, or issue one. Payments that wait at the same moment share one
        transaction."""
        settled = await settle_by_number(event, uow=uow, cipher=cipher, stores=stores)
        if settled is not None:
            log.info("invoice.settled", invoice_id=settled.id, transaction_id=event.data.transaction_id)
            return
        invoice = await group.submit(PaidFor(event))
        if invoice is None:
            log.info("invoice.not_due", transaction_id=event.data.transaction_id)
        elif invoice.numbering is None:
            log.warning("invoice.left_draft", invoice_id=invoice.id, reason=invoice.draft_reason)
        else:
            log.info("invoice.issued", invoice_id=invoice.id, number=invoice.numbering.number)
            issued()

    return made
