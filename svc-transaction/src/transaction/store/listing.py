"""Lists: filters, pages and cursors. Newest first; ids ascend with time."""

import base64
import binascii
from typing import Any, Final, TypeVar

from pymongo.asynchronous.collection import AsyncCollection

from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.transaction import ListQuery
from transaction.domain.records import Scope
from transaction.store.mapping import Raw, scoped

Row = TypeVar("Row")

TOTAL_MAX: Final = 10_000
"""Counting further costs more than anybody gains."""
LIMIT_MAX: Final = 100

_SPELLINGS: Final = {"cancelled": "canceled"}


def check_window(query: ListQuery) -> None:
    """
    Raises:
        Unreadable: limit, page or their product is out of range.
    """
    if not 1 <= query.limit <= LIMIT_MAX:
        raise Unreadable(f"limit must be between 1 and {LIMIT_MAX}", code="LIMIT_OUT_OF_RANGE")
    if query.page < 1:
        raise Unreadable("page must be at least 1", code="PAGE_OUT_OF_RANGE")
    if query.cursor is None and query.page * query.limit > TOTAL_MAX:
        message = f"page times limit is over {TOTAL_MAX}: continue with the cursor (nextCursor of the page before)"
        raise Unreadable(message, code="PAGE_OUT_OF_RANGE")


def common_conditions(query: ListQuery, *, email_hash: str | None) -> Raw:
    """The filters that checkouts and transactions share, except the status."""
    condition: Raw = {
        name: value
        for name in (
            "site_id",
            "client_id",
            "currency",
            "external_reference",
            "invoice_number",
            "session_public_id",
        )
        if (value := getattr(query, name)) is not None
    }
    if email_hash is not None:
        condition["email_hash"] = email_hash
    created = {"$gte": query.created_from, "$lte": query.created_to}
    if bounds := {operator: moment for operator, moment in created.items() if moment is not None}:
        condition["created_at"] = bounds
    return condition


def spelled(status: str) -> str:
    """Our spelling of a status filter."""
    return _SPELLINGS.get(status, status)


async def page_of(
    collection: AsyncCollection[Raw], scope: Scope, condition: Raw, query: ListQuery
) -> tuple[list[Raw], int, bool, str | None]:
    """Rows, total, whether the total is capped, and the next cursor."""
    check_window(query)
    within = scoped(scope, condition)
    total = await collection.count_documents(within, limit=TOTAL_MAX + 1)
    window = {**within, "_id": {"$lt": _read_cursor(query.cursor)}} if query.cursor else within
    skip = 0 if query.cursor else (query.page - 1) * query.limit
    cursor = collection.find(window).sort("_id", -1).skip(skip).limit(query.limit + 1)
    rows: list[Raw] = await cursor.to_list()
    shown = rows[: query.limit]
    following = _write_cursor(shown[-1]["_id"]) if len(rows) > query.limit else None
    return shown, min(total, TOTAL_MAX), total > TOTAL_MAX, following


def _write_cursor(identifier: Any) -> str:
    return base64.urlsafe_b64encode(f"v1:{identifier}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as exc:
        raise Unreadable("the cursor is not one of ours", code="CURSOR_INVALID") from exc
    version, _, identifier = text.partition(":")
    if version != "v1" or not is_object_id(identifier):
        raise Unreadable("the cursor is not one of ours", code="CURSOR_INVALID")
    return identifier
