"""The composition root of svc-invoice."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from gateway_contracts.errors import ChangedMeanwhile, GatewayError
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.mongo.group_commit import GroupCommit
from gateway_kit.service import Runtime
from gateway_kit.set_aside import STATE as SET_ASIDE
from invoice.adapters.logos import read_logo
from invoice.adapters.looks import ConfiguredLooks
from invoice.adapters.machine import Pressure
from invoice.adapters.organizations import ConfiguredOrganizations
from invoice.adapters.payments import RequestedPayments
from invoice.adapters.pdf.on_request import OnRequest
from invoice.adapters.pdf.pool import PdfPool
from invoice.adapters.xml_process import XmlProcess
from invoice.consumers import reversal_events, transaction_events
from invoice.consumers.document_try import INVOICES, DocumentTry
from invoice.consumers.rendering import Rendering
from invoice.domain.invoice import Invoice
from invoice.field_cipher import FieldCipher
from invoice.ports import Stores
from invoice.rpc.changes import ChangeHandlers
from invoice.rpc.handlers import Handlers
from invoice.rpc.register import register
from invoice.rpc.settings import SettingsHandlers
from invoice.rpc.templates import TemplateHandlers
from invoice.settings import Settings
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.automatic_links import AutomaticLinks
from invoice.use_cases.deps import Deps
from invoice.use_cases.finalize_drafts import INTERVAL_S, finalize_drafts
from invoice.use_cases.get_invoice_pdf import Shelf
from invoice.use_cases.issue_credit_note import issue_credit_note
from invoice.use_cases.issue_drafts import IssueDraft, issue_drafts
from invoice.use_cases.make_document import DocumentMaker
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.publish_template import Proofs
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
    xml = XmlProcess()
    runtime.on_close(xml.close)
    looks = ConfiguredLooks(runtime.config, stores)
    queue = RenderQueue(stores.render_tasks, runtime.clock)
    organizations = ConfiguredOrganizations(runtime.config, runtime.keyring)
    issuing: dict[str, Any] = {
        "uow": runtime.uow,
        "clock": runtime.clock,
        "organizations": organizations,
        "cipher": cipher,
        "stores": stores,
        "series": NumberSeries(stores),
    }
    deps = Deps(**issuing, payments=RequestedPayments(runtime.rpc, service=SERVICE))
    attempt = DocumentTry(
        queue=queue,
        clock=runtime.clock,
        uow=runtime.uow,
        cipher=cipher,
        renderer=pool,
        xml=xml,
        documents=runtime.documents,
        looks=looks,
        stores=stores,
        letters=runtime.set_aside,
        prepare=AutomaticLinks(deps, page_origin=settings.main_frontend_origin.rstrip("/")).made,
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
        return redriven or await stores.due_drafts.redrive(document_id, runtime.clock.now())

    runtime.set_aside.on_redrive(INVOICES, redrive)

    async def render() -> None:
        await pool.warm()
        await xml.warm()
        await rendering.run()

    runtime.background("render-invoices", render)
    _add_gauges(runtime, queue, pool)
    runtime.reencrypt(encrypted_collections(DOCUMENTS))
    runtime.consume(transaction_events.router(**issuing, issued=rendering.wake))
    credit = partial(issue_credit_note, **issuing)
    restore = partial(restore_money, uow=runtime.uow, stores=stores)
    runtime.consume(reversal_events.router(credit=credit, restore=restore, issued=rendering.wake))
    shelf = Shelf(documents=runtime.documents, queue=queue, clock=runtime.clock, lost=rendering.wake)
    making: dict[str, Any] = {"renderer": OnRequest(pool, workers=settings.pdf_workers), "looks": looks}
    reading: dict[str, Any] = {"organizations": organizations, "xml": xml, "documents": runtime.documents}
    reading |= {"shelf": shelf, "maker": DocumentMaker(deps, **making), "clock": runtime.clock}
    _serve(runtime, Handlers(stores=stores, cipher=cipher, **reading), deps, rendering)
    SettingsHandlers(stores=stores, uow=runtime.uow, organizations=organizations, clock=runtime.clock).serve(runtime)
    _serve_templates(runtime, Proofs(stores=stores, cipher=cipher, **making), stores)


def _serve(runtime: Runtime, handlers: Handlers, deps: Deps, rendering: Rendering) -> None:
    """Answer requests, and issue drafts whose time has come."""
    issue = _issues_together(deps)
    register(runtime, handlers, ChangeHandlers(deps, issue=issue, issued=rendering.wake))

    async def issue_and_render(draft: IssueDraft) -> Invoice | GatewayError:
        outcome = await issue(draft)
        rendering.wake()
        return outcome

    due = finalize_drafts(stores=deps.stores, clock=runtime.clock, letters=runtime.set_aside, issue=issue_and_render)
    runtime.background(due.name, lambda: due.run(INTERVAL_S))


def _issues_together(deps: Deps) -> Callable[[IssueDraft], Awaitable[Invoice | GatewayError]]:
    """Drafts that wait at the same moment share one transaction."""

    async def write(wanted: list[IssueDraft]) -> list[Invoice | GatewayError]:
        return await issue_drafts(wanted, deps=deps)

    group = GroupCommit(write, collisions=(ChangedMeanwhile,), lane=lambda wanted: wanted.scope.organization_id)
    return group.submit


def _serve_templates(runtime: Runtime, proofs: Proofs, stores: Stores) -> None:
    handlers = TemplateHandlers(
        uow=runtime.uow, stores=stores, proofs=proofs, read_logo=read_logo, sites=runtime.config
    )
    handlers.serve(runtime)


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
