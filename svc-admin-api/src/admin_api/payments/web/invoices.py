"""Invoices and their documents."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.payments.web.filters import InvoiceListIn
from admin_api.payments.web.pdf import document_route, made_response, pdf_response
from admin_api.payments.web.schemas.payments import InvoiceListView
from gateway_contracts.actor import Actor
from gateway_contracts.requests.invoice import (
    GET_INVOICE,
    GET_INVOICE_PDF,
    GET_PRO_FORMA,
    GET_RECEIPT,
    LIST_INVOICES,
    InvoiceQuery,
    InvoiceRef,
    ReceiptRef,
)
from gateway_kit.http.files import ConditionsIn

router = new_router(tags=["invoices"])
InvoiceId = Annotated[str, Depends(known_id("invoice"))]
TransactionId = Annotated[str, Depends(known_id("transaction"))]
Executor = Annotated[Actor, Depends(requires("invoice:execute"))]


@forwarded(router, "GET", "/invoices", LIST_INVOICES, scope="invoice:read", answer=InvoiceListView)
def list_invoices(query: Annotated[InvoiceListIn, Query()]) -> InvoiceQuery:
    """Invoices of this key's mode, newest first."""
    return query.to(InvoiceQuery)


@forwarded(router, "GET", "/invoices/{invoice_id}", GET_INVOICE, scope="invoice:read")
def read(invoice_id: InvoiceId) -> InvoiceRef:
    """One invoice."""
    return InvoiceRef(invoice_id=invoice_id)


@document_route(router, "/invoices/{invoice_id}/pdf")
async def download(invoice_id: InvoiceId, actor: Executor, deps: DepsIn, conditions: ConditionsIn) -> Response:
    """The rendered PDF; 503 with Retry-After until it is rendered, which takes a moment after the payment."""
    document = await deps.rpc.call(GET_INVOICE_PDF, InvoiceRef(invoice_id=invoice_id), actor=actor)
    return await pdf_response(document, deps, conditions)


@document_route(router, "/invoices/{invoice_id}/pdf/proforma")
async def pro_forma(invoice_id: InvoiceId, actor: Executor, deps: DepsIn, conditions: ConditionsIn) -> Response:
    """A draft as a pro forma invoice: with what the settings say now, and without a number.

    It is made for the request and not kept. 409 `INVOICE_ISSUED`: the invoice has a document of its own; 409
    `INVOICE_INCOMPLETE`: the draft has no lines.
    """
    made = await deps.rpc.call(GET_PRO_FORMA, InvoiceRef(invoice_id=invoice_id), actor=actor)
    return await made_response(made, conditions)


@document_route(router, "/invoices/{invoice_id}/pdf/receipt/{transaction_id}")
async def receipt(
    invoice_id: InvoiceId, transaction_id: TransactionId, actor: Executor, deps: DepsIn, conditions: ConditionsIn
) -> Response:
    """The receipt of one payment of an issued invoice, over the amount that the payment settled.

    It is made for the request and not kept; its number is that of the invoice with the place of the payment, such as
    `INV-2026-00001/1`.
    """
    wanted = ReceiptRef(invoice_id=invoice_id, transaction_id=transaction_id)
    made = await deps.rpc.call(GET_RECEIPT, wanted, actor=actor)
    return await made_response(made, conditions)
