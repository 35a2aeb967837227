"""A page of a merchant's invoices or credit notes, newest first."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.invoice import InvoiceQuery
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.store import Store, Where
from invoice.domain.invoice import Invoice


async def list_invoices(query: InvoiceQuery, where: Where, *, scope: Scope, invoices: Store[Invoice]) -> Page[Invoice]:
    """
    Raises:
        Invalid: page or limit is out of range.
        Unreadable: the cursor is invalid, or the page is too far from the start.
    """
    wanted = {
        "site_id": query.site_id,
        "payment.transaction_id": query.transaction_id,
        "numbering.number": query.number,
        "created_at": {
            operator: moment
            for operator, moment in (("$gte", query.created_from), ("$lte", query.created_to))
            if moment is not None
        }
        or None,
    }
    narrowed = {**where, **{name: value for name, value in wanted.items() if value is not None}}
    return await invoices.page(scope, PageRequest(query.page, query.limit, query.cursor), narrowed, key="created_at")
