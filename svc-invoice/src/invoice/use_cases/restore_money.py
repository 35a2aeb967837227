"""Money that had gone back is the merchant's again: a refund failed later, or a lost dispute was won after all."""

from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork
from invoice.domain.invoice import Invoice
from invoice.domain.reversal import Reversal
from invoice.ports import InvoiceWriter


async def restore_money(
    reversal: Reversal, *, inbox: InboxKey, uow: UnitOfWork, invoices: InvoiceWriter
) -> Invoice | None:
    """The credit note that stands although its money came again; None when there is none.

    An issued document is never taken back: the invoice counts the money as received again and so shows as overpaid
    until the merchant invoices it anew.

    Raises:
        AlreadyHandled: the event was handled before.
        StaleInvoice: somebody else changed the invoice at the same moment.
    """

    async def work(tx: Tx) -> Invoice | None:
        invoice = await invoices.of_transaction(tx, reversal.organization_id, reversal.transaction_id)
        if invoice is None:
            return None
        notes = await invoices.credit_notes(tx, invoice)
        standing = [note for note in notes if note.correction and note.correction.origin_id == reversal.origin_id]
        if not standing:
            return None
        await invoices.move_money(tx, invoice, refunded=-standing[0].payment.settled, credited=0)
        return standing[0]

    return await uow.run(work, inbox=inbox)
