"""Invoices and their documents."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.routing import new_router
from admin_api.payments.web.pdf import PDF, pdf_response
from admin_api.payments.web.schemas.payments import InvoiceListView
from admin_api.shared.domain.paging import LIMIT_DEFAULT, LIMIT_MAX, PageWish
from admin_api.shared.web.parameters import ID_FILTER_MAX, IfNoneMatch, PageNumber
from admin_api.shared.web.schemas.moments import QueryMoment
from gateway_contracts.actor import Actor
from gateway_contracts.requests.invoice import (
    GET_INVOICE,
    GET_INVOICE_PDF,
    LIST_INVOICES,
    InvoiceQuery,
    InvoiceRecord,
    InvoiceRef,
)

router = new_router(tags=["invoices"])
InvoiceId = Annotated[str, Depends(known_id("invoice"))]
Reader = Annotated[Actor, Depends(requires("invoice:read"))]
Executor = Annotated[Actor, Depends(requires("invoice:execute"))]


def invoice_query(
    *,
    page: PageNumber = 1,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    site_id: Annotated[str | None, Query(alias="siteId", max_length=ID_FILTER_MAX)] = None,
    transaction_id: Annotated[str | None, Query(alias="transactionId", max_length=ID_FILTER_MAX)] = None,
    number: Annotated[str | None, Query(max_length=100)] = None,
    from_: Annotated[QueryMoment | None, Query(alias="from")] = None,
    to: Annotated[QueryMoment | None, Query()] = None,
) -> InvoiceQuery:
    """
    Raises:
        Unreadable: deeper than pages go.
    """
    if cursor is None:
        PageWish(page, limit)
    return InvoiceQuery(
        site_id=site_id,
        transaction_id=transaction_id,
        number=number,
        created_from=from_,
        created_to=to,
        page=page,
        limit=limit,
        cursor=cursor,
    )


@router.get("/invoices", response_model=InvoiceListView)
async def list_invoices(
    actor: Reader, deps: DepsIn, query: Annotated[InvoiceQuery, Depends(invoice_query)]
) -> InvoiceListView:
    """Invoices of this key's mode, newest first."""
    page = await deps.rpc.call(LIST_INVOICES, query, actor=actor)
    return InvoiceListView(
        invoices=list(page.invoices),
        total=page.total,
        total_capped=page.total_capped,
        page=page.page,
        limit=page.limit,
        next_cursor=page.next_cursor,
    )


@router.get("/invoices/{invoice_id}", response_model=InvoiceRecord)
async def read(invoice_id: InvoiceId, actor: Reader, deps: DepsIn) -> InvoiceRecord:
    """One invoice."""
    return await deps.rpc.call(GET_INVOICE, InvoiceRef(invoice_id=invoice_id), actor=actor)


@router.get(
    "/invoices/{invoice_id}/pdf",
    response_class=Response,
    responses=PDF,
)
async def download(invoice_id: InvoiceId, actor: Executor, deps: DepsIn, if_none_match: IfNoneMatch = None) -> Response:
    """The rendered PDF; 503 with Retry-After until it is rendered, which takes a moment after the payment."""
    document = await deps.rpc.call(GET_INVOICE_PDF, InvoiceRef(invoice_id=invoice_id), actor=actor)
    return await pdf_response(document, deps, if_none_match)
