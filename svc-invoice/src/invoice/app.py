"""The composition root of svc-invoice."""

from functools import partial
from typing import Any

from gateway_contracts.requests.invoice import (
    GET_CORRECTION,
    GET_CREDIT_NOTE,
    GET_CREDIT_NOTE_PDF,
    GET_INVOICE,
    GET_INVOICE_PDF,
    LIST_CREDIT_NOTES,
    LIST_INVOICES,
    LIST_OWN_DOCUMENTS,
)
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.service import Runtime
from gateway_kit.set_aside import STATE as SET_ASIDE
from invoice.adapters.machine import Pressure
from invoice.adapters.organizations import ConfiguredOrganizations
from invoice.adapters.pdf.pool import PdfPool
from invoice.consumers import reversal_events, transaction_events
from invoice.consumers.document_try import INVOICES, DocumentTry
from invoice.consumers.rendering import Rendering
from invoice.field_cipher import FieldCipher
from invoice.rpc.handlers import Handlers
from invoice.settings import Settings
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.get_invoice_pdf import Shelf
from invoice.use_cases.issue_credit_note import issue_credit_note
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.render_queue import RenderQueue
from invoice.use_cases.restore_money import restore_money

SERVICE = "svc-invoice"


async def build(runtime: Runtime) -> None:
    """Registers what the service consumes, answers and does in the background."""
    settings = runtime.settings
    assert isinstance(settings, Settings), "svc-invoice runs with its own settings"
    await bind_documents(runtime.db, DOCUMENTS)
    stores = stores_over()
    cipher = FieldCipher(runtime.keyring)
    pool = PdfPool(workers=settings.pdf_workers, deadline_s=settings.pdf_deadline_s)
    runtime.on_close(pool.close)
    queue = RenderQueue(stores.render_tasks, runtime.clock)
    attempt = DocumentTry(
        queue=queue,
        clock=runtime.clock,
        uow=runtime.uow,
        cipher=cipher,
        renderer=pool,
        documents=runtime.documents,
        stores=stores,
        letters=runtime.set_aside,
    )
    rendering = Rendering(
        queue=queue,
        clock=runtime.clock,
        workers=settings.pdf_workers,
        attempt=attempt,
        stalled_percent=Pressure().stalled_percent,
    )

    async def redrive(document_id: str) -> bool:
        redriven = await queue.redrive(document_id)
        rendering.look_again()
        return redriven

    runtime.set_aside.on_redrive(INVOICES, redrive)

    async def render() -> None:
        await pool.warm()
        await rendering.run()

    runtime.background("render-invoices", render)
    _add_gauges(runtime, queue, pool)
    runtime.reencrypt(encrypted_collections(DOCUMENTS))
    issuing: dict[str, Any] = {
        "uow": runtime.uow,
        "clock": runtime.clock,
        "organizations": ConfiguredOrganizations(runtime.config, runtime.keyring),
        "cipher": cipher,
        "stores": stores,
        "series": NumberSeries(stores),
    }
    runtime.consume(transaction_events.router(**issuing, issued=rendering.wake))
    credit = partial(issue_credit_note, **issuing)
    restore = partial(restore_money, uow=runtime.uow, stores=stores)
    runtime.consume(reversal_events.router(credit=credit, restore=restore, issued=rendering.wake))
    shelf = Shelf(documents=runtime.documents, queue=queue, lost=rendering.wake)
    handlers = Handlers(stores=stores, cipher=cipher, shelf=shelf)
    runtime.serve(GET_INVOICE, handlers.get_invoice)
    runtime.serve(LIST_INVOICES, handlers.list_invoices)
    runtime.serve(GET_INVOICE_PDF, handlers.get_invoice_pdf)
    runtime.serve(GET_CREDIT_NOTE, handlers.get_credit_note)
    runtime.serve(LIST_CREDIT_NOTES, handlers.list_credit_notes)
    runtime.serve(GET_CREDIT_NOTE_PDF, handlers.get_credit_note_pdf)
    runtime.serve(GET_CORRECTION, handlers.get_correction)
    runtime.serve(LIST_OWN_DOCUMENTS, handlers.list_own_documents)


def _add_gauges(runtime: Runtime, queue: RenderQueue, pool: PdfPool) -> None:
    async def waiting() -> dict[str, float]:
        return {"": await queue.count("pending")}

    async def given_up() -> dict[str, float]:
        return {"": await queue.count(SET_ASIDE)}

    async def replaced() -> dict[str, float]:
        return {"": pool.replaced}

    metrics = runtime.metrics
    metrics.gauge(
        "gateway_documents_with_replaced_characters",
        "Documents since the start that show a character by its number, because no font has it",
        replaced,
    )
    metrics.gauge(
        "gateway_documents_waiting", "Invoices and credit notes without their PDF, counted to 10,000", waiting
    )
    metrics.gauge("gateway_documents_set_aside", "Documents given up after their tries, counted to 10,000", given_up)
