"""Credit notes and their documents."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.payments.web.filters import CreditNoteListIn
from admin_api.payments.web.pdf import document_route, pdf_response
from admin_api.payments.web.schemas.invoices import CreditNoteIn
from admin_api.payments.web.schemas.payments import CreditNoteListView
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.actor import Actor
from gateway_contracts.requests.invoice import (
    GET_CREDIT_NOTE,
    GET_CREDIT_NOTE_PDF,
    LIST_CREDIT_NOTES,
    CreditNoteQuery,
    CreditNoteRef,
)
from gateway_contracts.requests.invoice_changes import CREATE_CREDIT_NOTE, CreateCreditNote
from gateway_kit.http.files import ConditionsIn

router = new_router(tags=["credit notes"])
CreditNoteId = Annotated[str, Depends(known_id("credit note"))]
Executor = Annotated[Actor, Depends(requires("credit_note:execute"))]


@forwarded(router, "GET", "/credit-notes", LIST_CREDIT_NOTES, scope="credit_note:read", answer=CreditNoteListView)
def list_credit_notes(query: Annotated[CreditNoteListIn, Query()]) -> CreditNoteQuery:
    """Credit notes of this key's mode, newest first."""
    return query.to(CreditNoteQuery)


@forwarded(router, "GET", "/credit-notes/{credit_note_id}", GET_CREDIT_NOTE, scope="credit_note:read")
def read(credit_note_id: CreditNoteId) -> CreditNoteRef:
    """One credit note. It is issued when a refund of an invoiced sale succeeds, a dispute is lost, an invoice is
    voided, or its merchant asks for it."""
    return CreditNoteRef(credit_note_id=credit_note_id)


@forwarded(
    router,
    "POST",
    "/credit-notes",
    CREATE_CREDIT_NOTE,
    scope="credit_note:execute",
    effect=Effect.OWN_MODE,
    action="credit_note.create",
    status=201,
)
def create(body: CreditNoteIn, attempt: Attempt) -> CreateCreditNote:
    """Take back a part, or all that is left, of an invoice that nothing was paid of.

    Money that was paid goes back by a refund, which issues the credit note: 409 `REFUND_REQUIRED`.
    """
    return body.command(attempt.object_id)


@document_route(router, "/credit-notes/{credit_note_id}/pdf")
async def download(credit_note_id: CreditNoteId, actor: Executor, deps: DepsIn, conditions: ConditionsIn) -> Response:
    """The rendered PDF; 503 with Retry-After until it is rendered, which takes a moment after the refund."""
    document = await deps.rpc.call(GET_CREDIT_NOTE_PDF, CreditNoteRef(credit_note_id=credit_note_id), actor=actor)
    return await pdf_response(document, deps, conditions)
