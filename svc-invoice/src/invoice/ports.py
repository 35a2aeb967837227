"""Ports of the use cases."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.store import Store
from invoice.domain.invoice import Invoice, NumberedPaper, Uninvoiced
from invoice.domain.printed import PrintedInvoice
from invoice.domain.register import Counter, RegisterHead, RegisterRow
from invoice.domain.rendering import RenderTask


@dataclass(frozen=True)
class OrganizationSettings:
    """An organization's configuration of invoices, with secrets decrypted."""

    id: str
    name: str
    country: str | None = None
    invoicing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stores:
    """All access to the database; no collection is reached otherwise.

    Attributes:
        numbered: the documents of ``invoices`` by their numbers alone.
        render_tasks: the documents of ``invoices`` as the queue of the renderer.
        uninvoiced: payments that never get an invoice.
        heads: where each register ends.
        register: the sealed list of issued documents, to which rows are only added.
    """

    invoices: Store[Invoice]
    numbered: Store[NumberedPaper]
    render_tasks: Store[RenderTask]
    uninvoiced: Store[Uninvoiced]
    counters: GlobalStore[Counter]
    heads: GlobalStore[RegisterHead]
    register: GlobalStore[RegisterRow]


class Organizations(Protocol):
    """Tenants' settings from memory."""

    def settings(self, organization_id: str, *, livemode: bool) -> OrganizationSettings | None:
        """None while they are not known."""


class PdfRenderer(Protocol):
    """Makes the document; the same input gives the same bytes."""

    async def render(self, printed: PrintedInvoice, *, cpu_s: float) -> bytes:
        """
        Raises:
            RenderingFailed: not within ``cpu_s`` seconds of processor time or the deadline, or the renderer died.
        """
        ...


class Documents(Protocol):
    """The document store, as far as this service uses it: it reads no document."""

    async def put(self, name: str, data: bytes, key: bytes) -> None: ...

    async def has(self, name: str) -> bool: ...
