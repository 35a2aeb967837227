"""Payments of invoices that were issued before: by the invoice's number, or linked by hand."""

from dataclasses import replace

from gateway_contracts.aggregates import Scope
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import TransactionSucceededV1
from gateway_contracts.requests.invoice_changes import LinkTransaction
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork
from invoice.domain.invoice import Invoice
from invoice.domain.settlement import Settlement
from invoice.errors import CurrencyDiffers, InvoiceVoided, TransactionInvoiced
from invoice.field_cipher import FieldCipher
from invoice.ports import Stores
from invoice.use_cases.changing import existing, once
from invoice.use_cases.deps import Deps
from invoice.use_cases.events import emit_settled
from invoice.use_cases.find_documents import invoice_of
from invoice.use_cases.issue_invoice import CONSUMER, settlement_of
from invoice.use_cases.paid_transaction import paid_settlement

log = get_logger(__name__)


async def settle_by_number(
    event: Envelope[TransactionSucceededV1], *, uow: UnitOfWork, cipher: FieldCipher, stores: Stores
) -> Invoice | None:
    """The invoice of ours that the payment names by its number; None where there is none in its currency.

    Raises:
        AlreadyHandled: the event was handled before.
        ChangedMeanwhile: another payment came at the same moment.
    """
    scope, data = Scope(event.organization_id, event.livemode), event.data
    if not data.invoice_number:
        return None
    named = {"kind": "invoice", "numbering.number": data.invoice_number}
    found = await stores.invoices.first(None, scope, named)
    if found is None:
        return None
    if found.totals.currency != data.currency:
        log.warning("invoice.paid_in_another_currency", invoice_id=found.id, transaction_id=data.transaction_id)
        return None
    settlement = replace(settlement_of(event, cipher), at_issue=False)

    async def work(tx: Tx) -> Invoice:
        known = await invoice_of(tx, scope, data.transaction_id, stores)
        if known is not None:
            return known
        invoice = await stores.invoices.first(tx, scope, named)
        assert invoice is not None, "issued invoices are never deleted"
        return _settled(tx, invoice, settlement, stores)

    return await uow.run(work, inbox=InboxKey(CONSUMER, event.id))


async def link_transaction(command: LinkTransaction, *, scope: Scope, operation_id: str | None, deps: Deps) -> Invoice:
    """A payment that came some other way settles the invoice. A draft states it when it is issued.

    Raises:
        NotFound: no such invoice or transaction in the caller's scope.
        TransactionUnpaid: no money came.
        TransactionInvoiced: it settles another invoice.
        CurrencyDiffers: its currency is not the invoice's.
        InvoiceVoided: the invoice was reversed.
    """
    await existing(None, scope, command.invoice_id, deps)
    payment = await deps.payments.transaction(scope, command.transaction_id)

    async def work(tx: Tx) -> Invoice:
        invoice = await existing(tx, scope, command.invoice_id, deps)
        known = await invoice_of(tx, scope, payment.id, deps.stores)
        if known is not None:
            if known.id != invoice.id:
                raise TransactionInvoiced
            return known
        if invoice.voided:
            raise InvoiceVoided
        if invoice.totals.currency != payment.currency:
            raise CurrencyDiffers
        settlement = paid_settlement(payment, at_issue=invoice.status == "draft")
        return _settled(tx, invoice, settlement, deps.stores)

    return await once(work, operation_id=operation_id, entity_id=command.invoice_id, scope=scope, deps=deps)


def _settled(tx: Tx, invoice: Invoice, settlement: Settlement, stores: Stores) -> Invoice:
    settled = stores.invoices.replace(tx, invoice, invoice.settled_by(settlement), taken=TransactionInvoiced())
    if settled.status == "issued":
        emit_settled(tx, settled, settlement)
    return settled
