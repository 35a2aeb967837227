"""Where the PDF of an invoice or credit note lies. One that was lost is made again."""

from collections.abc import Callable

from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_kit.logging import get_logger
from gateway_kit.mongo.store import Store
from invoice.domain.invoice import Invoice, Kind
from invoice.errors import DocumentNotRendered, DocumentSetAside, InvoiceNotIssued
from invoice.ports import Documents
from invoice.use_cases.get_invoice import get_invoice
from invoice.use_cases.render_queue import RenderQueue

log = get_logger(__name__)


class Shelf:
    """Where rendered documents lie, and who makes them again.

    The document store is on the bus, and the bus may be lost; everything that a document shows lies in the database.
    """

    def __init__(
        self, *, documents: Documents, queue: RenderQueue, clock: Clock, lost: Callable[[], None] = lambda: None
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._queue = queue
        self._lost = lost

    async def holds(self, invoice: Invoice) -> bool:
        """Whether the document can be fetched; if not, it is being made, perhaps again.

        One that names a payment page by which nothing can be paid is made again without it. While that is given up, the
        earlier one is fetched.
        """
        if invoice.pdf_object is None:
            return False
        link = invoice.printable_link(self._clock.now())
        is_current = invoice.printed_link == (link.checkout_id if link else None)
        if not is_current and not await self.gave_up(invoice):
            await self.remake(invoice)
            return False
        if await self._documents.has(invoice.pdf_object):
            return True
        log.warning("invoice.document_lost", invoice_id=invoice.id)
        await self.remake(invoice)
        return False

    async def remake(self, invoice: Invoice) -> None:
        """Have the document made again."""
        await self._queue.remake(invoice)
        self._lost()

    async def gave_up(self, invoice: Invoice) -> bool:
        """Whether the document was set aside after its tries."""
        return await self._queue.is_set_aside(invoice)


async def get_invoice_pdf(
    document_id: str, *, scope: Scope, invoices: Store[Invoice], shelf: Shelf, kind: Kind = "invoice"
) -> Invoice:
    """The issued and rendered document.

    Raises:
        InvoiceNotFound: none of this kind with this id in the caller's scope.
        InvoiceNotIssued: it is a draft.
        DocumentNotRendered: its PDF is being made, perhaps again.
        DocumentSetAside: it could not be made.
    """
    invoice = await get_invoice(document_id, scope=scope, invoices=invoices, kind=kind)
    if invoice.status == "draft":
        raise InvoiceNotIssued(invoice.draft_reason)
    if not await shelf.holds(invoice):
        raise DocumentSetAside if await shelf.gave_up(invoice) else DocumentNotRendered
    return invoice
