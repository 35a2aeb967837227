"""Lists: filters, pages and cursors. Newest first; ids ascend with time."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from pymongo.asynchronous.collection import AsyncCollection

from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.transaction import ListQuery
from gateway_contracts.untrusted import moment_from
from gateway_kit.mongo.queries import is_text
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


def common_conditions(query: ListQuery, *, email_hash: str | None, session_hash: str | None) -> Raw:
    """The filters that checkouts and transactions share, except the status."""
    condition: Raw = {name: value for name in ("site_id", "currency") if (value := getattr(query, name)) is not None}
    if session_hash is not None:
        condition["session_hash"] = session_hash
    for name in ("client_id", "external_reference", "invoice_number"):
        if (value := getattr(query, name)) is not None:
            condition[name] = is_text(value)
    if email_hash is not None:
        condition["email_hash"] = is_text(email_hash)
    created = {"$gte": query.created_from, "$lte": query.created_to}
    if bounds := {operator: moment for operator, moment in created.items() if moment is not None}:
        condition["created_at"] = bounds
    return condition


def spelled(status: str) -> str:
    """Our spelling of a status filter."""
    return _SPELLINGS.get(status, status)


@dataclass(frozen=True)
class _Place:
    """The last row of the page before."""

    identifier: str
    moment: datetime | None


async def page_of(
    collection: AsyncCollection[Raw], scope: Scope, condition: Raw, query: ListQuery
) -> tuple[list[Raw], int, bool, str | None]:
    """Rows, total, whether the total is capped, and the next cursor.

    Ordered by id; within a period by time and id, because only then an index ends where the period ends.
    """
    check_window(query)
    within = scoped(scope, condition)
    total = await collection.count_documents(within, limit=TOTAL_MAX + 1)
    is_period = "created_at" in condition
    window = (
        {**within, **_after(_read_cursor(query.cursor), condition, is_period=is_period)} if query.cursor else within
    )
    order = [("created_at", -1), ("_id", -1)] if is_period else [("_id", -1)]
    skip = 0 if query.cursor else (query.page - 1) * query.limit
    cursor = collection.find(window).sort(order).skip(skip).limit(query.limit + 1)
    rows: list[Raw] = await cursor.to_list()
    shown = rows[: query.limit]
    following = _write_cursor(shown[-1], is_period=is_period) if len(rows) > query.limit else None
    return shown, min(total, TOTAL_MAX), total > TOTAL_MAX, following


def _after(place: _Place, condition: Raw, *, is_period: bool) -> Raw:
    """What comes after the last row of the page before."""
    if not is_period:
        return {"_id": {"$lt": place.identifier}}
    if place.moment is None:
        raise _invalid()
    period = condition["created_at"]
    latest = min(place.moment, period["$lte"]) if "$lte" in period else place.moment
    earlier = [{"created_at": {"$lt": place.moment}}, {"_id": {"$lt": place.identifier}}]
    return {"created_at": {**period, "$lte": latest}, "$or": earlier}


def _write_cursor(row: Raw, *, is_period: bool) -> str:
    moment = f":{row['created_at'].isoformat()}" if is_period else ""
    return base64.urlsafe_b64encode(f"v1:{row['_id']}{moment}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> _Place:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        version, _, place = text.partition(":")
        identifier, _, written = place.partition(":")
        moment = moment_from(written, needs_offset=True) if written else None
    except (binascii.Error, ValueError) as exc:
        raise _invalid() from exc
    if version != "v1" or not is_object_id(identifier):
        raise _invalid()
    return _Place(identifier, moment)


def _invalid() -> Unreadable:
    return Unreadable("invalid cursor", code="CURSOR_INVALID")
