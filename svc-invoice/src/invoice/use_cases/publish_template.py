"""Proofs of a template, and its publication."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import TooLarge
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.templates import PreviewTemplate
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx, UnitOfWork
from invoice.domain.content import DocumentContent
from invoice.domain.example import example_content
from invoice.domain.printed import PrintedDocument
from invoice.domain.rendering import Effort
from invoice.domain.template import Template
from invoice.errors import InvoiceNotFound, TemplateBroken
from invoice.field_cipher import FieldCipher
from invoice.ports import Looks, PdfRenderer, Stores
from invoice.use_cases.document_content import content_of
from invoice.use_cases.edit_template import find_template

PROOF_BYTES_MAX = 350_000
"""Of a PDF that travels in a reply."""


class Proofs:
    """Prints drafts of templates, within the budget of every document."""

    def __init__(self, *, stores: Stores, cipher: FieldCipher, renderer: PdfRenderer, looks: Looks) -> None:
        self._stores = stores
        self._cipher = cipher
        self._renderer = renderer
        self._looks = looks

    async def preview(self, request: PreviewTemplate, *, scope: Scope) -> bytes:
        """The PDF of a draft, over an example or a document of the caller.

        Raises:
            TemplateNotFound, InvoiceNotFound: none with this id in the caller's scope.
            TemplateBroken: it cannot be printed.
            TooLarge: the proof is too large to be shown.
        """
        template = await find_template(request.template_id, scope=scope, stores=self._stores)
        if request.invoice_id is None:
            content = example_content(template.kind, livemode=template.livemode, language=request.language or "en")
        else:
            content = await self._stored(request.invoice_id, scope)
        pdf = await self.proof(template, content)
        if len(pdf) > PROOF_BYTES_MAX:
            raise TooLarge("the proof is too large to be shown", code="DOCUMENT_TOO_LARGE")
        return pdf

    async def proof(self, template: Template, content: DocumentContent) -> bytes:
        """
        Raises:
            TemplateBroken: the template cannot be printed.
        """
        look = await self._looks.draft(template, content.seller.address.country)
        page = PrintedDocument(content, look, template.organization_id)
        made = await self._renderer.render(page, cpu_s=Effort().allowance_s(page, 0))
        if made.template_error:
            raise TemplateBroken(made.template_error)
        return made.pdf

    async def _stored(self, invoice_id: str, scope: Scope) -> DocumentContent:
        invoice = await self._stores.invoices.get(None, scope, invoice_id)
        if invoice is None:
            raise InvoiceNotFound
        return content_of(invoice, self._cipher.open_seller(invoice), self._cipher.open_buyer(invoice))


async def publish_template(
    template_id: str, *, scope: Scope, operation_id: str, uow: UnitOfWork, stores: Stores, proofs: Proofs
) -> Template:
    """New documents are printed with the draft as it is now; it is printed once before, over an example.

    Raises:
        TemplateNotFound: none with this id in the caller's scope.
        TemplateBroken: it cannot be printed.
        ChangedMeanwhile: it was changed at the same moment.
    """
    template = await find_template(template_id, scope=scope, stores=stores)
    await proofs.proof(template, example_content(template.kind, livemode=template.livemode))

    async def work(tx: Tx) -> Template:
        version = template.next_version(new_object_id(), at=tx.now)
        stores.template_versions.insert(tx, version)
        return stores.templates.replace(tx, template, template.publish(version))

    try:
        return await uow.run(work, operation=Operation(operation_id, template_id))
    except OperationReplayed as replayed:
        return await find_template(replayed.entity_id, scope=scope, stores=stores)
