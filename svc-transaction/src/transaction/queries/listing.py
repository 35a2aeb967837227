"""Lists: filters, pages and cursors. Newest first; ids ascend with time."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.transaction import ListQuery
from gateway_contracts.untrusted import moment_from
from gateway_kit.mongo.pages import TOTAL_MAX, Page
from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.store import Store
from transaction.domain.checkout import Checkout
from transaction.domain.records import Case
from transaction.domain.transaction import Transaction

Row = dict[str, Any]
Listed = TypeVar("Listed", Checkout, Transaction, Case)

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


def common_conditions(query: ListQuery, *, email_hash: str | None, session_hash: str | None) -> Row:
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
        condition["created_at"] = bounds
    return condition


def normalized(status: str) -> str:
    """Our spelling of a status filter."""
    return _SPELLINGS.get(status, status)


@dataclass(frozen=True)
class _Place:
    """The last row of the page before."""

    identifier: str
    moment: datetime | None


async def page_of(store: Store[Listed], scope: Scope, condition: Row, query: ListQuery) -> Page[Listed]:
    """One page, ordered by id; within a period by time and id: only then an index ends where the period ends."""
    check_window(query)
    total = await store.count(None, scope, condition, limit=TOTAL_MAX + 1)
    is_period = "created_at" in condition
    window = dict(condition)
    if query.cursor:
        window |= _after(_read_cursor(query.cursor), condition, is_period=is_period)
    order = [("created_at", -1), ("_id", -1)] if is_period else [("_id", -1)]
    skip = 0 if query.cursor else (query.page - 1) * query.limit
    found = await store.find(None, scope, window, sort=order, skip=skip, limit=query.limit + 1)
    rows = tuple(found[: query.limit])
    following = _write_cursor(rows[-1], is_period=is_period) if len(found) > query.limit else None
    return Page(rows, min(total, TOTAL_MAX), total > TOTAL_MAX, following)


def _after(place: _Place, condition: Row, *, is_period: bool) -> Row:
    """The condition of rows behind the last one of the page before."""
    if not is_period:
        return {"_id": {"$lt": place.identifier}}
    if place.moment is None:
        raise _invalid()
    period = condition["created_at"]
    latest = min(place.moment, period["$lte"]) if "$lte" in period else place.moment
    earlier = [{"created_at": {"$lt": place.moment}}, {"_id": {"$lt": place.identifier}}]
    return {"created_at": {**period, "$lte": latest}, "$or": earlier}


def _write_cursor(row: Checkout | Transaction | Case, *, is_period: bool) -> str:
    moment = f":{row.created_at.isoformat()}" if is_period else ""
    return base64.urlsafe_b64encode(f"v1:{row.id}{moment}".encode()).decode().rstrip("=")


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
