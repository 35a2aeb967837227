"""Lists: filters and pages. Newest first; ids ascend with time."""

from collections.abc import Sequence
from typing import Any, TypeVar

from gateway_contracts.aggregates import Scope, TenantEntity
from gateway_contracts.requests.transaction import PaymentFilters
from gateway_kit.mongo.pages import CREATED, Page, PageRequest
from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.store import Store

Row = dict[str, Any]
Listed = TypeVar("Listed", bound=TenantEntity)


def common_conditions(query: PaymentFilters, *, email_hash: str | None, session_hash: str | None) -> Row:
    """The filters that checkouts and transactions share, except the status."""
    condition: Row = {name: value for name in ("site_id", "currency") if (value := getattr(query, name)) is not None}
    if session_hash is not None:
        condition["session_hash"] = session_hash
    for name in ("client_id", "external_reference", "invoice_number"):
        if (value := getattr(query, name)) is not None:
            condition[name] = is_text(value)
    if email_hash is not None:
        condition["email_hash"] = is_text(email_hash)
    created = {"$gte": query.created_from, "$lte": query.created_to}
    if bounds := {operator: moment for operator, moment in created.items() if moment is not None}:
        condition[CREATED] = bounds
    return condition


async def page_of(
    store: Store[Listed], scope: Scope, condition: Row, query: PaymentFilters, *, any_of: Sequence[Row] = ()
) -> Page[Listed]:
    """One page, ordered by id; within a period by time and id: only then an index ends where the period ends.

    Args:
        any_of: see `Store.page`.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: the cursor is invalid, or the page is too far from the start.
    """
    request = PageRequest(query.page, query.limit, query.cursor or None)
    key = CREATED if CREATED in condition else "_id"
    return await store.page(scope, request, condition, key=key, any_of=any_of)
