"""The documents of svc-invoice in MongoDB."""

from collections.abc import Callable
from typing import Any, ClassVar

from gateway_contracts.aggregates import Entity
from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.rows import MongoRows, Rows
from gateway_kit.mongo.store import Store
from gateway_kit.telemetry import current_traceparent
from invoice.domain.invoice import Invoice, NumberedPaper, Uninvoiced
from invoice.domain.register import Counter, RegisterHead, RegisterRow
from invoice.domain.rendering import RenderTask
from invoice.domain.template import Template, TemplateVersion
from invoice.ports import Stores


class InvoiceDocument(Invoice, StoredDocument):
    """One invoice or credit note."""

    collection: ClassVar = collection_of("gw_invoice", "invoices")

    @classmethod
    def row_of(cls, aggregate: Entity) -> dict[str, Any]:
        """The stored form of a new invoice; an issued one waits to be rendered from the start."""
        assert isinstance(aggregate, Invoice)
        waiting = RenderTask(
            id=aggregate.id,
            organization_id=aggregate.organization_id,
            livemode=aggregate.livemode,
            traceparent=current_traceparent(),
            render_state="pending" if aggregate.status == "issued" else None,
            render_at=aggregate.issued_at,
        )
        return waiting.model_dump(exclude={"id"}) | super().row_of(aggregate)


class NumberedPaperDocument(NumberedPaper, StoredDocument):
    """The numbers of the same documents, which are read only."""

    collection: ClassVar = collection_of("gw_invoice", "invoices")


class RenderTaskDocument(RenderTask, StoredDocument):
    """The same documents as a queue, whose changes are no new version of the invoice."""

    collection: ClassVar = collection_of("gw_invoice", "invoices")
    guard: ClassVar = ("render_state", "render_attempts")


class UninvoicedDocument(Uninvoiced, StoredDocument):
    """Payments without an invoice."""

    collection: ClassVar = collection_of("gw_invoice", "uninvoiced")


class TemplateDocument(Template, StoredDocument):
    """One template per kind of document and site."""

    collection: ClassVar = collection_of("gw_invoice", "templates")


class TemplateVersionDocument(TemplateVersion, StoredDocument):
    """Published designs, to which rows are only added."""

    collection: ClassVar = collection_of("gw_invoice", "template_versions")


class CounterDocument(Counter, StoredDocument):
    """One counter per register and reset period."""

    collection: ClassVar = collection_of("gw_invoice", "invoice_sequences")
    guard: ClassVar = ("value",)


class RegisterHeadDocument(RegisterHead, StoredDocument):
    """The end of each register."""

    collection: ClassVar = collection_of("gw_invoice", "register_heads")
    guard: ClassVar = ("position", "seal")


class RegisterRowDocument(RegisterRow, StoredDocument):
    """The sealed rows."""

    collection: ClassVar = collection_of("gw_invoice", "register")


DOCUMENTS = (
    InvoiceDocument,
    NumberedPaperDocument,
    RenderTaskDocument,
    UninvoicedDocument,
    TemplateDocument,
    TemplateVersionDocument,
    CounterDocument,
    RegisterHeadDocument,
    RegisterRowDocument,
)


def stores_over(rows: Callable[[type[StoredDocument]], Rows] = MongoRows) -> Stores:
    """The stores of the service, in MongoDB or in memory."""
    invoices = Store[Invoice](InvoiceDocument, rows(InvoiceDocument))
    return Stores(
        invoices=invoices,
        due_drafts=invoices.claim_due("finalize-drafts", due="finalize_at", where={"status": "draft"}),
        numbered=Store(NumberedPaperDocument, rows(NumberedPaperDocument)),
        render_tasks=Store(RenderTaskDocument, rows(RenderTaskDocument)),
        uninvoiced=Store(UninvoicedDocument, rows(UninvoicedDocument)),
        templates=Store(TemplateDocument, rows(TemplateDocument)),
        template_versions=Store(TemplateVersionDocument, rows(TemplateVersionDocument)),
        counters=GlobalStore(CounterDocument, rows(CounterDocument)),
        heads=GlobalStore(RegisterHeadDocument, rows(RegisterHeadDocument)),
        register=GlobalStore(RegisterRowDocument, rows(RegisterRowDocument)),
    )
