"""The PDF of an issued document is made again, such as after a change of its template."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice
from invoice.errors import InvoiceNotIssued
from invoice.use_cases.changing import existing, once, render_again
from invoice.use_cases.deps import Deps


async def regenerate_pdf(invoice_id: str, *, scope: Scope, operation_id: str | None, deps: Deps) -> Invoice:
    """The invoice, whose document waits to be made.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceNotIssued: a draft has no document.
    """

    async def work(tx: Tx) -> Invoice:
        invoice = await existing(tx, scope, invoice_id, deps)
        if invoice.status == "draft":
            raise InvoiceNotIssued(invoice.draft_reason)
        await render_again(tx, invoice, deps)
        return invoice.changed(pdf_object=None)

    return await once(work, operation_id=operation_id, entity_id=invoice_id, scope=scope, deps=deps)
