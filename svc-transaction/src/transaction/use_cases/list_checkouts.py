"""A merchant lists checkouts."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.pages import fitted
from gateway_contracts.requests.transaction import CheckoutPage, CheckoutQuery
from transaction.ports import Deps
from transaction.views import checkout_record


async def list_checkouts(query: CheckoutQuery, *, scope: Scope, deps: Deps) -> CheckoutPage:
    """Newest first, without items. Rows are abridged where the page would not fit into a reply.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: the cursor is invalid, or the page is too far from the start.
    """
    name = query.session_public_id
    page = await deps.checkouts.listed(
        scope,
        query,
        email_hash=deps.cipher.email_hash(scope.organization_id, query.email),
        session_hash=None if name is None else deps.cipher.session_hash(name),
    )
    return CheckoutPage(
        checkouts=fitted(checkout_record(checkout, deps=deps, with_items=False) for checkout in page.rows),
        total=page.total,
        total_capped=page.total_capped,
        page=query.page,
        limit=query.limit,
        next_cursor=page.next_cursor,
    )
