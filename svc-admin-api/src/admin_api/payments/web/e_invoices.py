"""Invoices and credit notes in their electronic forms."""

from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.routing import new_router
from admin_api.payments.web.pdf import document_route, pdf_response
from gateway_contracts.actor import Actor
from gateway_contracts.requests.invoice import GET_E_INVOICE, EInvoiceRef
from gateway_kit.http.files import Conditions, ConditionsIn

router = new_router(tags=["electronic invoices"])
InvoiceId = Annotated[str, Depends(known_id("invoice"))]
CreditNoteId = Annotated[str, Depends(known_id("credit note"))]
InvoiceExecutor = Annotated[Actor, Depends(requires("invoice:execute"))]
CreditNoteExecutor = Annotated[Actor, Depends(requires("credit_note:execute"))]


@document_route(router, "/invoices/{invoice_id}/xml", media_type="application/xml")
async def invoice_as_xrechnung(
    invoice_id: InvoiceId, actor: InvoiceExecutor, deps: DepsIn, conditions: ConditionsIn
) -> Response:
    """XRechnung 3.0 (UBL) of an issued invoice.

    422 `EINVOICE_READINESS_FAILED` lists everything that the document or the settings lack.
    """
    wanted = EInvoiceRef(document_id=invoice_id, kind="invoice", format="xrechnung")
    return await _answer(wanted, actor, deps, conditions)


@document_route(router, "/invoices/{invoice_id}/xml/peppol", media_type="application/xml")
async def invoice_for_peppol(
    invoice_id: InvoiceId, actor: InvoiceExecutor, deps: DepsIn, conditions: ConditionsIn
) -> Response:
    """Peppol BIS Billing 3.0 (UBL) of an issued invoice; an access point of yours delivers it."""
    wanted = EInvoiceRef(document_id=invoice_id, kind="invoice", format="peppol")
    return await _answer(wanted, actor, deps, conditions)


@document_route(router, "/invoices/{invoice_id}/pdf/zugferd")
async def invoice_as_zugferd(
    invoice_id: InvoiceId, actor: InvoiceExecutor, deps: DepsIn, conditions: ConditionsIn
) -> Response:
    """The PDF that carries its XML (ZUGFeRD, Factur-X); 503 with Retry-After until it is rendered."""
    wanted = EInvoiceRef(document_id=invoice_id, kind="invoice", format="zugferd")
    return await _answer(wanted, actor, deps, conditions)


@document_route(router, "/credit-notes/{credit_note_id}/xml", media_type="application/xml")
async def credit_note_as_xrechnung(
    credit_note_id: CreditNoteId, actor: CreditNoteExecutor, deps: DepsIn, conditions: ConditionsIn
) -> Response:
    """XRechnung 3.0 (UBL) of a credit note."""
    wanted = EInvoiceRef(document_id=credit_note_id, kind="credit_note", format="xrechnung")
    return await _answer(wanted, actor, deps, conditions)


@document_route(router, "/credit-notes/{credit_note_id}/xml/peppol", media_type="application/xml")
async def credit_note_for_peppol(
    credit_note_id: CreditNoteId, actor: CreditNoteExecutor, deps: DepsIn, conditions: ConditionsIn
) -> Response:
    """Peppol BIS Billing 3.0 (UBL) of a credit note."""
    wanted = EInvoiceRef(document_id=credit_note_id, kind="credit_note", format="peppol")
    return await _answer(wanted, actor, deps, conditions)


@document_route(router, "/credit-notes/{credit_note_id}/pdf/zugferd")
async def credit_note_as_zugferd(
    credit_note_id: CreditNoteId, actor: CreditNoteExecutor, deps: DepsIn, conditions: ConditionsIn
) -> Response:
    """The PDF of a credit note that carries its XML (ZUGFeRD, Factur-X)."""
    wanted = EInvoiceRef(document_id=credit_note_id, kind="credit_note", format="zugferd")
    return await _answer(wanted, actor, deps, conditions)


async def _answer(wanted: EInvoiceRef, actor: Actor, deps: DepsIn, conditions: Conditions) -> Response:
    document = await deps.rpc.call(GET_E_INVOICE, wanted, actor=actor)
    return await pdf_response(document, deps, conditions)
