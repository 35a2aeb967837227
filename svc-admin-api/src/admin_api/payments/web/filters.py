"""Query parameters of lists, turned into the owner's query."""

from typing import Annotated, get_args

from fastapi import Depends, Query

from admin_api.shared.web.parameters import ID_FILTER_MAX, PageNumber
from gateway_contracts.currencies import is_currency
from gateway_contracts.errors import Invalid
from gateway_contracts.fields import QueryMoment
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.transaction import CheckoutStatus, ListQuery, TransactionStatus
from gateway_kit.mongo.pages import LIMIT_DEFAULT, LIMIT_MAX, PageRequest

_SPELLINGS = {"cancelled": "canceled"}
Text = Annotated[str | None, Query(max_length=300)]


def list_query(
    *,
    page: PageNumber = 1,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None, Query(max_length=500, description="`nextCursor` of the previous page. Use it instead of `page`.")
    ] = None,
    status: Text = None,
    currency: Text = None,
    from_: Annotated[QueryMoment | None, Query(alias="from", description="Created at or after.")] = None,
    to: Annotated[QueryMoment | None, Query(description="Created before.")] = None,
    site_id: Annotated[str | None, Query(alias="siteId", max_length=ID_FILTER_MAX)] = None,
    provider_id: Annotated[str | None, Query(alias="providerId", max_length=ID_FILTER_MAX)] = None,
    client_id: Annotated[str | None, Query(alias="clientId", max_length=ID_FILTER_MAX)] = None,
    external_reference: Annotated[str | None, Query(alias="externalReference", max_length=200)] = None,
    invoice_number: Annotated[str | None, Query(alias="invoiceNumber", max_length=200)] = None,
    email: Text = None,
    session_public_id: Annotated[str | None, Query(alias="sessionPublicId", max_length=100)] = None,
    provider_payment_id: Annotated[str | None, Query(alias="providerPaymentId", max_length=200)] = None,
) -> ListQuery:
    """
    Raises:
        Unreadable: deeper than pages go.
        Invalid: an unknown currency.
    """
    if cursor is None:
        PageRequest(page, limit)
    code = currency.upper() if currency else None
    if code is not None and not is_currency(code):
        raise Invalid.field("currency", "is not a currency (ISO 4217)", code="CURRENCY_UNKNOWN")
    return ListQuery(
        site_id=site_id,
        provider_id=provider_id,
        client_id=client_id,
        status=_SPELLINGS.get(status, status) if status else None,
        currency=code,
        external_reference=external_reference,
        invoice_number=invoice_number,
        email=email,
        session_public_id=session_public_id,
        provider_payment_id=provider_payment_id,
        created_from=from_,
        created_to=to,
        page=page,
        limit=limit,
        cursor=cursor,
    )


def transaction_query(
    query: Annotated[ListQuery, Depends(list_query)],
    *,
    disputed: Annotated[
        bool | None,
        Query(description="true: disputed now, or lost in a dispute. false: all others.", examples=[True]),
    ] = None,
    refunded: Annotated[
        bool | None,
        Query(description="true: refunded in full or in part. false: all others.", examples=[True]),
    ] = None,
) -> ListQuery:
    """Filters that only lists of transactions have.

    Raises:
        Invalid: no transaction has that status.
    """
    _check_status(query, get_args(TransactionStatus))
    return query.model_copy(update={"disputed": disputed, "refunded": refunded})


def checkout_query(query: Annotated[ListQuery, Depends(list_query)]) -> ListQuery:
    """
    Raises:
        Invalid: no checkout has that status.
    """
    _check_status(query, get_args(CheckoutStatus))
    return query


def case_query(query: Annotated[ListQuery, Depends(list_query)]) -> ListQuery:
    """
    Raises:
        Invalid: no case has that status.
    """
    _check_status(query, get_args(CaseRecord.model_fields["status"].annotation))
    return query


def _check_status(query: ListQuery, known: tuple[str, ...]) -> None:
    """An empty list would look like an answer."""
    if query.status is not None and query.status not in known:
        raise Invalid.field("status", f"must be one of {', '.join(known)}", code="STATUS_UNKNOWN")


CheckoutQueryIn = Annotated[ListQuery, Depends(checkout_query)]
CaseQueryIn = Annotated[ListQuery, Depends(case_query)]
TransactionQueryIn = Annotated[ListQuery, Depends(transaction_query)]
