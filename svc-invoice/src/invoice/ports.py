"""Ports of the use cases."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway_contracts.aggregates import Scope
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.requests.transaction import CheckoutCreated, CreateCheckout
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.store import Store
from gateway_kit.passes import DueRows
from invoice.domain.content import DocumentContent, DocumentKind
from invoice.domain.invoice import Invoice, NumberedPaper, Uninvoiced
from invoice.domain.printed import ImageType, Look, LookChoice, Print, PrintedDocument
from invoice.domain.register import Counter, RegisterHead, RegisterRow
from invoice.domain.rendering import RenderTask
from invoice.domain.template import Template, TemplateVersion
from invoice.einvoice.formats import EInvoiceFormat


@dataclass(frozen=True)
class OrganizationSettings:
    """An organization's configuration of invoices with that of a site, secrets decrypted."""

    id: str
    name: str
    country: str | None = None
    invoicing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PaidTransaction:
    """A payment as its owner knows it, in minor units.

    Attributes:
        captured: 0 where no money came.
    """

    id: str
    checkout_id: str
    session_public_id: str
    site_id: str
    provider_type: str
    currency: str
    captured: int
    refunded: int
    paid_at: datetime
    client_id: str | None = None


@dataclass(frozen=True)
class SoldOrder:
    """The order of a checkout, in minor units."""

    amount: int
    lines: tuple[TransactionLine, ...] = ()
    buyer: Party | None = None
    shipping: Party | None = None
    description: str | None = None
    external_reference: str | None = None
    locale: str | None = None


@dataclass(frozen=True)
class Stores:
    """All access to the database; no collection is reached otherwise.

    Attributes:
        due_drafts: drafts whose time of issue has come.
        numbered: the documents of ``invoices`` by their numbers alone.
        render_tasks: the documents of ``invoices`` as the queue of the renderer.
        uninvoiced: payments that never get an invoice.
        heads: where each register ends.
        register: the sealed list of issued documents, to which rows are only added.
    """

    invoices: Store[Invoice]
    due_drafts: DueRows[Invoice]
    numbered: Store[NumberedPaper]
    render_tasks: Store[RenderTask]
    uninvoiced: Store[Uninvoiced]
    counters: GlobalStore[Counter]
    templates: Store[Template]
    template_versions: Store[TemplateVersion]
    heads: GlobalStore[RegisterHead]
    register: GlobalStore[RegisterRow]


class ReadLogo(Protocol):
    """Looks at an image before it is kept."""

    def __call__(self, text: str) -> ImageType:
        """The type of an image, given as base64.

        Raises:
            Invalid: not an image that can be printed.
        """
        ...


class Organizations(Protocol):
    """Tenants' settings from memory."""

    def settings(
        self, organization_id: str, *, livemode: bool, site_id: str | None = None
    ) -> OrganizationSettings | None:
        """With what the site says instead; None while they are not known."""

    def has_site(self, organization_id: str, site_id: str) -> bool:
        """Whether the organization has this site now."""


class Payments(Protocol):
    """Payments and checkouts, which svc-transaction owns."""

    async def transaction(self, scope: Scope, transaction_id: str) -> PaidTransaction:
        """
        Raises:
            NotFound: none in this scope.
        """
        ...

    async def order(self, scope: Scope, checkout_id: str) -> SoldOrder:
        """
        Raises:
            NotFound: none in this scope.
        """
        ...

    async def create_checkout(
        self, scope: Scope, command: CreateCheckout, *, operation_id: str | None
    ) -> CheckoutCreated:
        """
        Raises:
            GatewayError: a rule of the owner.
        """
        ...


class Looks(Protocol):
    """How an organization's documents look: settings, the site's color, published templates."""

    async def choose(self, invoice: Invoice, kind: DocumentKind, country: str | None) -> LookChoice:
        """The look of a document of that kind, of a seller in that country, that is printed for the first time."""
        ...

    async def open(self, scope: Scope, choice: LookChoice) -> Look:
        """The chosen look, with the template's source and logo."""
        ...

    async def failed(self, scope: Scope, choice: LookChoice, error: str) -> None:
        """Note at the template that a document was printed without it."""
        ...

    async def draft(self, template: Template, country: str | None) -> Look:
        """The look of a draft, for a seller in that country."""
        ...


class PdfRenderer(Protocol):
    """Makes the document; the same input gives the same bytes."""

    async def render(self, printed: PrintedDocument, *, cpu_s: float) -> Print:
        """
        Raises:
            RenderingFailed: not within ``cpu_s`` seconds of processor time or the deadline, or the renderer died.
        """
        ...


class XmlWriter(Protocol):
    """Writes the XML of a document that lacks nothing; the same content gives the same bytes."""

    async def write(self, content: DocumentContent, format_: EInvoiceFormat) -> bytes:
        """
        Raises:
            EInvoiceFailed: not within its time, or the writer died.
        """
        ...


class Documents(Protocol):
    """The document store, as far as this service uses it: it reads no document."""

    async def put(self, name: str, data: bytes, key: bytes) -> None: ...

    async def has(self, name: str) -> bool: ...
