"""Money that had gone back is the merchant's again: a refund failed later, or a lost dispute was won after all."""

from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork
from invoice.domain.invoice import Invoice
from invoice.domain.reversal import Reversal
from invoice.ports import Stores
from invoice.use_cases.find_documents import credit_notes_of, invoice_of


async def restore_money(reversal: Reversal, *, inbox: InboxKey, uow: UnitOfWork, stores: Stores) -> Invoice | None:
    """The credit note that stands although its money came again; None when there is none.

    An issued document is never taken back: the invoice counts the money as received again and so shows as overpaid
    until the merchant invoices it anew.

    Raises:
        AlreadyHandled: the event was handled before.
        ChangedMeanwhile: the invoice changed at the same moment.
    """

    async def work(tx: Tx) -> Invoice | None:
        invoice = await invoice_of(tx, reversal.scope, reversal.transaction_id, stores)
        if invoice is None:
            return None
        notes = await credit_notes_of(tx, invoice, stores)
        standing = [note for note in notes if note.correction and note.correction.origin_id == reversal.origin_id]
        if not standing:
            _restore_uncredited(tx, invoice, reversal, stores)
            return None
        moved = invoice.money_moved(
            reversal.transaction_id, refunded=-sum(one.settled for one in standing[0].settlements), credited=0
        )
        stores.invoices.replace(tx, invoice, moved)
        return standing[0]

    return await uow.run(work, inbox=inbox)


def _restore_uncredited(tx: Tx, invoice: Invoice, reversal: Reversal, stores: Stores) -> None:
    """A surplus is one again."""
    if (known := invoice.uncredited_of(reversal.origin_id)) is None:
        return
    rest = tuple(one for one in invoice.uncredited if one != known)
    moved = invoice.money_moved(reversal.transaction_id, refunded=-known.amount, credited=0)
    stores.invoices.replace(tx, invoice, moved.changed(uncredited=rest))
