"""Changes of invoices: drafts, issue, reversal, correction, payment links."""

from typing import Annotated, Any, Final

from fastapi import Depends, Response

from admin_api.edge.dependencies import ActorIn, DepsIn, known_id, requires
from admin_api.edge.forwarding import forwarded
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.payments.use_cases.read_buyer import read_buyer
from admin_api.payments.web.schemas.invoices import (
    CorrectionIn,
    InvoiceContentIn,
    InvoiceIn,
    LinkIn,
    NotesPatch,
    PaymentLinkIn,
    SchedulePatch,
    VoidIn,
)
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.web.answers import RecordAnswer
from admin_api.shared.web.schemas.urls import check_https
from gateway_contracts.actor import Actor
from gateway_contracts.requests.invoice import InvoiceRef
from gateway_contracts.requests.invoice_changes import (
    CHANGE_NOTES,
    CORRECT_INVOICE,
    CREATE_DRAFT,
    CREATE_PAYMENT_LINK,
    DELETE_DRAFT,
    DRAFT_FROM_TRANSACTION,
    ISSUE_INVOICE,
    LINK_TRANSACTION,
    PREVIEW_DRAFT,
    REGENERATE_PDF,
    REPLACE_DRAFT,
    SCHEDULE_DRAFT,
    VOID_INVOICE,
    ChangeNotes,
    CorrectInvoice,
    CreateDraft,
    CreatePaymentLink,
    DraftFromTransaction,
    DraftPreview,
    LinkTransaction,
    ReplaceDraft,
    ScheduleDraft,
    VoidInvoice,
)

router = new_router(tags=["invoices"])
InvoiceId = Annotated[str, Depends(known_id("invoice"))]
TransactionId = Annotated[str, Depends(known_id("transaction"))]
Author = Annotated[Actor, Depends(requires("invoice:create", effect=Effect.OWN_MODE))]
_ONE: Final = "/invoices/{invoice_id}"
_CREATE: Final[dict[str, Any]] = {"scope": "invoice:create", "effect": Effect.OWN_MODE, "status": 201}
_UPDATE: Final[dict[str, Any]] = {"scope": "invoice:update", "effect": Effect.OWN_MODE}
_EXECUTE: Final[dict[str, Any]] = {"scope": "invoice:execute", "effect": Effect.OWN_MODE}


@forwarded(router, "POST", "/invoices", CREATE_DRAFT, action="invoice.create", **_CREATE)
async def create(body: InvoiceIn, attempt: Attempt, actor: ActorIn, deps: DepsIn) -> CreateDraft:
    """Create a draft. It may lack something: `draftReasons` names what, and a PUT completes it.

    The client's data are copied: a later change of the client does not change the draft.
    """
    buyer = await read_buyer(body.client_id, actor=actor, tenancy=deps.tenancy)
    return body.command(attempt.object_id, buyer)


@router.post("/invoices/preview", response_model=DraftPreview)
async def preview(body: InvoiceIn, actor: Author, mutation: MutationIn) -> Response:
    """Compute what a draft would amount to, and what it would lack. Nothing is stored."""

    async def execute(_attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        buyer = await read_buyer(body.client_id, actor=actor, tenancy=deps.tenancy)
        priced = await deps.rpc.call(PREVIEW_DRAFT, body.preview(buyer), actor=actor)
        return RecordAnswer(record=priced)

    return await mutation.run(actor, execute, status=200)


@forwarded(
    router,
    "POST",
    "/invoices/from-transaction/{transaction_id}",
    DRAFT_FROM_TRANSACTION,
    action="invoice.create_from_transaction",
    **_CREATE,
)
def create_from_transaction(transaction_id: TransactionId, attempt: Attempt) -> DraftFromTransaction:
    """Create a draft over the order of a transaction that has succeeded. The payment settles it."""
    return DraftFromTransaction(invoice_id=attempt.object_id, transaction_id=transaction_id)


@forwarded(router, "PUT", _ONE, REPLACE_DRAFT, action="invoice.replace_draft", **_UPDATE)
async def replace(invoice_id: InvoiceId, body: InvoiceContentIn, actor: ActorIn, deps: DepsIn) -> ReplaceDraft:
    """Replace everything that a draft says.

    Payments that are linked to it stay, and so does the buyer where no client is named.
    """
    buyer = await read_buyer(body.client_id, actor=actor, tenancy=deps.tenancy)
    return body.command(invoice_id, buyer)


@forwarded(router, "PATCH", f"{_ONE}/notes", CHANGE_NOTES, action="invoice.change_notes", **_UPDATE)
def change_notes(invoice_id: InvoiceId, body: NotesPatch) -> ChangeNotes:
    """Change the text below the lines of a draft. An issued invoice is corrected instead."""
    return ChangeNotes(invoice_id=invoice_id, notes=body.notes)


@forwarded(router, "PATCH", f"{_ONE}/schedule", SCHEDULE_DRAFT, action="invoice.schedule", **_UPDATE)
def schedule(invoice_id: InvoiceId, body: SchedulePatch) -> ScheduleDraft:
    """Change when a draft is issued by itself. Everything else that it says stays."""
    return ScheduleDraft(invoice_id=invoice_id, scheduled_finalize_at=body.scheduled_finalize_at)


@forwarded(router, "PUT", f"{_ONE}/transaction", LINK_TRANSACTION, action="invoice.link_transaction", **_UPDATE)
def link_transaction(invoice_id: InvoiceId, body: LinkIn) -> LinkTransaction:
    """Let a transaction that has succeeded settle the invoice, wholly or in part. It settles one invoice only."""
    return LinkTransaction(invoice_id=invoice_id, transaction_id=body.transaction_id)


@forwarded(router, "POST", f"{_ONE}/issue", ISSUE_INVOICE, action="invoice.issue", **_EXECUTE)
def issue(invoice_id: InvoiceId) -> InvoiceRef:
    """Issue a draft: it gets its number for good. 409 `INVOICE_INCOMPLETE` names what it lacks."""
    return InvoiceRef(invoice_id=invoice_id)


@forwarded(router, "POST", f"{_ONE}/void", VOID_INVOICE, role="admin", action="invoice.void", **_EXECUTE)
def void(invoice_id: InvoiceId, body: VoidIn, attempt: Attempt) -> VoidInvoice:
    """Reverse an invoice that nothing was paid of: a credit note takes back all that is left of it.

    Money that was paid goes back first: 409 `REFUND_REQUIRED`.
    """
    return VoidInvoice(invoice_id=invoice_id, credit_note_id=attempt.object_id, reason=body.reason)


@forwarded(router, "POST", f"{_ONE}/correct", CORRECT_INVOICE, action="invoice.correct", **_UPDATE)
def correct(invoice_id: InvoiceId, body: CorrectionIn) -> CorrectInvoice:
    """Correct what an issued invoice says beside its amounts. Reason, caller and time stay in `corrections`.

    The client itself is not changed. Amounts are changed by a credit note alone.
    """
    return body.command(invoice_id)


@forwarded(router, "POST", f"{_ONE}/regenerate-pdf", REGENERATE_PDF, action="invoice.regenerate_pdf", **_EXECUTE)
def regenerate_pdf(invoice_id: InvoiceId) -> InvoiceRef:
    """Make the PDF of an issued invoice again. Until it is there, `GET …/pdf` answers 503 with Retry-After."""
    return InvoiceRef(invoice_id=invoice_id)


@forwarded(
    router,
    "DELETE",
    _ONE,
    DELETE_DRAFT,
    scope="invoice:delete",
    role="admin",
    effect=Effect.OWN_MODE,
    action="invoice.delete_draft",
    status=204,
)
def delete(invoice_id: InvoiceId) -> InvoiceRef:
    """Delete a draft. An issued invoice cannot be deleted."""
    return InvoiceRef(invoice_id=invoice_id)


@forwarded(
    router,
    "POST",
    f"{_ONE}/payment-checkout",
    CREATE_PAYMENT_LINK,
    action="invoice.payment_link",
    status=201,
    **_EXECUTE,
)
async def create_payment_link(
    invoice_id: InvoiceId, body: PaymentLinkIn, attempt: Attempt, deps: DepsIn
) -> CreatePaymentLink:
    """Create a checkout whose payment settles the invoice. The answer has the address of its payment page.

    It asks for what is outstanding, or for a part of it. No VAT is sent: the invoice states it.
    """
    check_https(body.urls(), is_http_allowed=deps.is_development)
    return body.command(invoice_id, attempt.object_id, deps.origins.main_frontend)
