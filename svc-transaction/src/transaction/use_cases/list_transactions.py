"""A merchant lists transactions."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.pages import fitted
from gateway_contracts.requests.transaction import TransactionPage, TransactionQuery
from transaction.ports import Deps
from transaction.views import transaction_record


async def list_transactions(query: TransactionQuery, *, scope: Scope, deps: Deps) -> TransactionPage:
    """Newest first, without timelines. Rows are abridged where the page would not fit into a reply.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: the cursor is invalid, or the page is too far from the start.
    """
    name, organization_id = query.session_public_id, scope.organization_id
    text = query.q if query.q and "@" in query.q else None
    page = await deps.transactions.listed(
        scope,
        query,
        email_hash=deps.cipher.email_hash(organization_id, query.email),
        session_hash=None if name is None else deps.cipher.session_hash(name),
        text_hash=deps.cipher.email_hash(organization_id, text and text.strip()),
    )
    return TransactionPage(
        transactions=fitted(transaction_record(row, deps=deps, with_timeline=False) for row in page.rows),
        total=page.total,
        total_capped=page.total_capped,
        page=query.page,
        limit=query.limit,
        next_cursor=page.next_cursor,
    )
