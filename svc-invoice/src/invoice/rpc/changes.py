"""Requests that change invoices; the caller's rights and tenant are decided here, once."""

from collections.abc import Awaitable, Callable

from gateway_contracts.errors import Forbidden, GatewayError
from gateway_contracts.requests.invoice import CreditNoteRecord, InvoiceRecord, InvoiceRef
from gateway_contracts.requests.invoice_changes import (
    ChangeNotes,
    CorrectInvoice,
    CreateCreditNote,
    CreateDraft,
    CreatePaymentLink,
    DraftFromTransaction,
    DraftPreview,
    LinkTransaction,
    PaymentLink,
    PreviewDraft,
    ReplaceDraft,
    ScheduleDraft,
    VoidInvoice,
)
from gateway_contracts.rpc import Call, Empty
from invoice.domain.invoice import Invoice
from invoice.rpc.handlers import tenant_scope
from invoice.rpc.records import credit_note_of, preview_of, record_of
from invoice.use_cases.correct_invoice import correct_invoice
from invoice.use_cases.create_payment_link import create_payment_link
from invoice.use_cases.delete_draft import delete_draft
from invoice.use_cases.deps import Deps
from invoice.use_cases.issue_drafts import IssueDraft
from invoice.use_cases.paid_transaction import draft_from_transaction
from invoice.use_cases.regenerate_pdf import regenerate_pdf
from invoice.use_cases.settle_invoice import link_transaction
from invoice.use_cases.take_back import create_credit_note, void_invoice
from invoice.use_cases.write_draft import change_notes, create_draft, preview_draft, replace_draft, schedule_draft

CREATE, UPDATE, EXECUTE, DELETE = (f"invoice:{action}" for action in ("create", "update", "execute", "delete"))
_VOIDING_ROLES = ("admin", "global")

Issue = Callable[[IssueDraft], Awaitable[Invoice | GatewayError]]


class ChangeHandlers:
    """One method per request of `gateway_contracts.requests.invoice_changes`.

    Args:
        issue: joins drafts that wait at the same moment.
        issued: wakes the renderer.
    """

    def __init__(self, deps: Deps, *, issue: Issue, issued: Callable[[], None]) -> None:
        self._deps = deps
        self._issue = issue
        self._issued = issued

    async def create_draft(self, request: CreateDraft, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, CREATE)
        return self._record(await create_draft(request, scope=scope, operation_id=call.operation_id, deps=self._deps))

    async def preview_draft(self, request: PreviewDraft, call: Call) -> DraftPreview:
        return preview_of(preview_draft(request, scope=tenant_scope(call.actor, CREATE), deps=self._deps))

    async def replace_draft(self, request: ReplaceDraft, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, UPDATE)
        return self._record(await replace_draft(request, scope=scope, operation_id=call.operation_id, deps=self._deps))

    async def draft_from_transaction(self, request: DraftFromTransaction, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, CREATE)
        return self._record(
            await draft_from_transaction(request, scope=scope, operation_id=call.operation_id, deps=self._deps)
        )

    async def change_notes(self, request: ChangeNotes, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, UPDATE)
        return self._record(await change_notes(request, scope=scope, operation_id=call.operation_id, deps=self._deps))

    async def schedule_draft(self, request: ScheduleDraft, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, UPDATE)
        return self._record(await schedule_draft(request, scope=scope, operation_id=call.operation_id, deps=self._deps))

    async def link_transaction(self, request: LinkTransaction, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, UPDATE)
        return self._record(
            await link_transaction(request, scope=scope, operation_id=call.operation_id, deps=self._deps)
        )

    async def delete_draft(self, request: InvoiceRef, call: Call) -> Empty:
        scope = tenant_scope(call.actor, DELETE)
        await delete_draft(request.invoice_id, scope=scope, operation_id=call.operation_id, deps=self._deps)
        return Empty()

    async def issue_invoice(self, request: InvoiceRef, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, EXECUTE)
        outcome = await self._issue(IssueDraft(scope, request.invoice_id, call.operation_id))
        if isinstance(outcome, GatewayError):
            raise outcome
        self._issued()
        return self._record(outcome)

    async def void_invoice(self, request: VoidInvoice, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, EXECUTE)
        if call.actor.role not in _VOIDING_ROLES:
            raise Forbidden("this needs the role admin", code="MISSING_ROLE", requiredRole="admin")
        voided = await void_invoice(request, scope=scope, operation_id=call.operation_id, deps=self._deps)
        self._issued()
        return self._record(voided)

    async def correct_invoice(self, request: CorrectInvoice, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, UPDATE)
        corrected = await correct_invoice(
            request, scope=scope, actor=call.actor, operation_id=call.operation_id, deps=self._deps
        )
        self._issued()
        return self._record(corrected)

    async def regenerate_pdf(self, request: InvoiceRef, call: Call) -> InvoiceRecord:
        scope = tenant_scope(call.actor, EXECUTE)
        waiting = await regenerate_pdf(request.invoice_id, scope=scope, operation_id=call.operation_id, deps=self._deps)
        self._issued()
        return self._record(waiting)

    async def create_credit_note(self, request: CreateCreditNote, call: Call) -> CreditNoteRecord:
        scope = tenant_scope(call.actor, "credit_note:execute")
        note = await create_credit_note(request, scope=scope, operation_id=call.operation_id, deps=self._deps)
        self._issued()
        return credit_note_of(note, self._deps.cipher)

    async def create_payment_link(self, request: CreatePaymentLink, call: Call) -> PaymentLink:
        scope = tenant_scope(call.actor, EXECUTE)
        link = await create_payment_link(request, scope=scope, operation_id=call.operation_id, deps=self._deps)
        self._issued()
        return link

    def _record(self, invoice: Invoice) -> InvoiceRecord:
        return record_of(invoice, self._deps.cipher, now=self._deps.clock.now())
