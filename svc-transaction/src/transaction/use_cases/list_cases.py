"""A merchant lists what waits for a person."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.case import CasePage, CaseQuery
from transaction.ports import Deps
from transaction.views import case_record


async def list_cases(query: CaseQuery, *, scope: Scope, deps: Deps) -> CasePage:
    """Newest first.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: the cursor is invalid, or the page is too far from the start.
    """
    page = await deps.cases.listed(scope, query)
    return CasePage(
        cases=tuple(case_record(case) for case in page.rows),
        total=page.total,
        total_capped=page.total_capped,
        page=query.page,
        limit=query.limit,
        next_cursor=page.next_cursor,
    )
