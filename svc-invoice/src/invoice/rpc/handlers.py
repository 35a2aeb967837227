"""Answers requests; the caller's rights and tenant are decided here, once."""

from typing import Any

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_contracts.errors import Forbidden
from gateway_contracts.pages import fitted
from gateway_contracts.requests.invoice import (
    CorrectionQuery,
    CorrectionRef,
    CreditNotePage,
    CreditNoteQuery,
    CreditNoteRecord,
    CreditNoteRef,
    CustomerDocuments,
    DocumentRef,
    EInvoiceRef,
    InvoicePage,
    InvoiceQuery,
    InvoiceRecord,
    InvoiceRef,
    MadeDocument,
    OwnedDocuments,
    ReceiptRef,
    RegisterEntry,
)
from gateway_contracts.rpc import Call
from invoice.domain.invoice import Invoice
from invoice.errors import DocumentNotRendered
from invoice.field_cipher import FieldCipher
from invoice.ports import Documents, Organizations, Stores, XmlWriter
from invoice.rpc.records import (
    credit_note_of,
    document_of,
    e_invoice_reference,
    listed_buyer,
    made_document,
    record_of,
    reference_of,
)
from invoice.use_cases.find_correction import find_correction
from invoice.use_cases.get_e_invoice import get_e_invoice
from invoice.use_cases.get_invoice import get_invoice
from invoice.use_cases.get_invoice_pdf import Shelf, get_invoice_pdf
from invoice.use_cases.list_invoices import list_invoices
from invoice.use_cases.list_own_documents import list_own_documents
from invoice.use_cases.make_document import DocumentMaker


def tenant_scope(actor: Actor, scope: str) -> Scope:
    """Scope of the invoices that this caller may see.

    Raises:
        Forbidden: the scope is missing, or the caller belongs to no organization.
    """
    actor.require(scope)
    if not actor.organization_id:
        raise Forbidden("this credential belongs to no organization", code="ORGANIZATION_REQUIRED")
    return Scope(actor.organization_id, actor.livemode, actor.site_id)


class Handlers:
    """One method per request method."""

    def __init__(
        self,
        *,
        stores: Stores,
        cipher: FieldCipher,
        shelf: Shelf,
        organizations: Organizations,
        xml: XmlWriter,
        documents: Documents,
        maker: DocumentMaker,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._invoices = stores.invoices
        self._cipher = cipher
        self._shelf = shelf
        self._organizations = organizations
        self._xml = xml
        self._documents = documents
        self._maker = maker
        self._clock = clock

    async def get_invoice(self, request: InvoiceRef, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, "invoice:read")
        found = await get_invoice(request.invoice_id, scope=scope, invoices=self._invoices)
        return self._record(found).model_copy(update=await self._registered(found))

    async def list_invoices(self, request: InvoiceQuery, call: Call) -> InvoicePage:
        scope = tenant_scope(call.actor, "invoice:read")
        found = await list_invoices(request, {"kind": "invoice"}, scope=scope, invoices=self._invoices)
        return InvoicePage(
            # A list has names alone of its buyers, and no lines: a hundred long invoices would not fit into one reply.
            invoices=fitted(record_of(invoice).model_copy(update=self._listed(invoice)) for invoice in found.rows),
            **found.facts(request),
        )

    async def get_invoice_pdf(self, request: InvoiceRef, call: Call) -> DocumentRef:
        scope = tenant_scope(call.actor, "invoice:execute")
        return self._reference(
            await get_invoice_pdf(request.invoice_id, scope=scope, invoices=self._invoices, shelf=self._shelf)
        )

    async def get_credit_note(self, request: CreditNoteRef, call: Call) -> CreditNoteRecord:
        scope = tenant_scope(call.actor, "credit_note:read")
        found = await get_invoice(request.credit_note_id, scope=scope, invoices=self._invoices, kind="credit_note")
        return credit_note_of(found, self._cipher).model_copy(update=await self._registered(found))

    async def list_credit_notes(self, request: CreditNoteQuery, call: Call) -> CreditNotePage:
        scope = tenant_scope(call.actor, "credit_note:read")
        of_invoice = {} if request.invoice_id is None else {"correction.invoice_id": request.invoice_id}
        where = {"kind": "credit_note"} | of_invoice
        found = await list_invoices(request, where, scope=scope, invoices=self._invoices)
        return CreditNotePage(
            credit_notes=fitted(credit_note_of(note).model_copy(update=self._listed(note)) for note in found.rows),
            **found.facts(request),
        )

    async def get_credit_note_pdf(self, request: CreditNoteRef, call: Call) -> DocumentRef:
        scope = tenant_scope(call.actor, "credit_note:execute")
        return self._reference(
            await get_invoice_pdf(
                request.credit_note_id,
                scope=scope,
                invoices=self._invoices,
                shelf=self._shelf,
                kind="credit_note",
            )
        )

    async def get_pro_forma(self, request: InvoiceRef, call: Call) -> MadeDocument:
        scope = tenant_scope(call.actor, "invoice:execute")
        return made_document(await self._maker.pro_forma(request.invoice_id, scope=scope))

    async def get_receipt(self, request: ReceiptRef, call: Call) -> MadeDocument:
        scope = tenant_scope(call.actor, "invoice:execute")
        return made_document(await self._maker.receipt(request.invoice_id, request.transaction_id, scope=scope))

    async def get_e_invoice(self, request: EInvoiceRef, call: Call) -> DocumentRef:
        scope = tenant_scope(call.actor, f"{request.kind}:execute")
        found = await get_e_invoice(
            request.document_id,
            request.format,
            kind=request.kind,
            scope=scope,
            organizations=self._organizations,
            cipher=self._cipher,
            xml=self._xml,
            documents=self._documents,
            stores=self._stores,
            shelf=self._shelf,
        )
        return e_invoice_reference(found, request.format, self._cipher)

    async def get_correction(self, request: CorrectionQuery, call: Call) -> CorrectionRef:
        scope = tenant_scope(call.actor, "credit_note:read")
        found = await find_correction(request.transaction_id, request.origin_id, scope=scope, stores=self._stores)
        if isinstance(found, str):
            return CorrectionRef(state=found)
        number = found.numbering.number if found.numbering else None
        return CorrectionRef(state="issued", credit_note_id=found.id, number=number)

    async def list_own_documents(self, request: OwnedDocuments, call: Call) -> CustomerDocuments:
        found = await list_own_documents(
            request.session_public_id, request.document_id, invoices=self._invoices, shelf=self._shelf
        )
        return CustomerDocuments(documents=tuple(document_of(invoice, self._cipher) for invoice in found))

    def _listed(self, document: Invoice) -> dict[str, Any]:
        return {"lines": (), "buyer_name": listed_buyer(document, self._cipher)}

    async def _registered(self, document: Invoice) -> dict[str, Any]:
        where = {"register": document.register, "document_id": document.id}
        rows = await self._stores.register.find(None, where, sort=(("position", 1),))
        return {"register_entries": tuple(RegisterEntry.model_validate(row, from_attributes=True) for row in rows)}

    def _reference(self, document: Invoice) -> DocumentRef:
        reference = reference_of(document, self._cipher)
        if reference is None:
            raise DocumentNotRendered
        return reference

    def _record(self, invoice: Invoice) -> InvoiceRecord:
        return record_of(invoice, self._cipher, now=self._clock.now())
