"""A page of a merchant's invoices or credit notes, newest first."""

from typing import Any

from gateway_contracts.aggregates import Scope
from gateway_contracts.invoice_lists import search_words
from gateway_contracts.requests.invoice import DocumentQuery, InvoiceQuery
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.store import Store, Where
from invoice.domain.invoice import Invoice


async def list_invoices(query: DocumentQuery, where: Where, *, scope: Scope, invoices: Store[Invoice]) -> Page[Invoice]:
    """
    Raises:
        Invalid: page or limit is out of range.
        Unreadable: the cursor is invalid, or the page is too far from the start.
    """
    wanted: dict[str, Any] = {
        "site_id": query.site_id,
        "transaction_ids": query.transaction_id,
        "numbering.number": query.number,
        "created_at": {
            operator: moment
            for operator, moment in (("$gte", query.created_from), ("$lte", query.created_to))
            if moment is not None
        }
        or None,
    }
    if isinstance(query, InvoiceQuery):
        wanted |= _of_invoices(query)
    narrowed = {**where, **{name: value for name, value in wanted.items() if value is not None}}
    return await invoices.page(scope, PageRequest(query.page, query.limit, query.cursor), narrowed, key="created_at")


def _of_invoices(query: InvoiceQuery) -> dict[str, Any]:
    words = search_words(query.text)
    return {
        "listed_state": query.state,
        "totals.currency": query.currency,
        "client_id": query.client_id,
        "external_reference": query.external_reference,
        "$and": [{"search_words": word} for word in words] or None,
    }
