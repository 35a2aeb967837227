"""Pages of lists: one request, one answer and one cursor for every service."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from gateway_contracts.aggregates import Entity
from gateway_contracts.errors import Invalid, Unreadable
from gateway_contracts.ids import is_object_id, is_prefixed_id
from gateway_contracts.limits import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX
from gateway_contracts.list_filters import PageFields
from gateway_contracts.untrusted import moment_from

T = TypeVar("T")

PAGED_MAX: Final = 10_000
"""Pages with a number end at this row; cursors have no limit."""
COUNTED_AHEAD: Final = 500
"""Rows are counted to this number behind the page: a total costs the same whatever is stored (ADR 0090)."""
_VERSION: Final = "v1"
_DIGITS_MAX: Final = 15
CREATED: Final = "created_at"
"""The one order that is not unique by itself: objects of one moment are in the order of their ids."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Between the milliseconds of a moment and the id.
_BESIDE: Final = "."
# Cursors that svc-admin-api and svc-domains returned before all services had one form.
_VERSIONS_READ: Final = frozenset({_VERSION, "a1", "d1"})


@dataclass(frozen=True)
class PageRequest:
    """A page of a list in descending order: of ids, of another unique number, or of ``created_at`` and ids.

    Attributes:
        cursor: opaque, from the page before; counts instead of ``page``.
        created_from: only rows created at this moment or later.
        created_to: only rows created before this moment.
    """

    page: int = 1
    limit: int = PAGE_LIMIT_DEFAULT
    cursor: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None

    def __post_init__(self) -> None:
        """
        Raises:
            Invalid: page or limit is out of range.
            Unreadable: the cursor is invalid, or the page is deeper than pages go.
        """
        if not 1 <= self.limit <= PAGE_LIMIT_MAX:
            raise Invalid.field("limit", f"must be from 1 to {PAGE_LIMIT_MAX}")
        if self.cursor is not None:
            read_cursor(self.cursor)
        elif self.page < 1:
            raise Invalid.field("page", "must be at least 1")
        elif self.page * self.limit > PAGED_MAX:
            raise Unreadable(
                f"pages end after {PAGED_MAX} rows; continue with the cursor of the page before (nextCursor)",
                code="CURSOR_REQUIRED",
            )

    @property
    def skipped(self) -> int:
        """The number of rows before the page."""
        return 0 if self.cursor is not None else (self.page - 1) * self.limit

    @property
    def counted_max(self) -> int:
        """The number to which the rows of the list are counted."""
        return self.skipped + self.limit + COUNTED_AHEAD

    @property
    def created(self) -> dict[str, Any]:
        """The condition on ``created_at``."""
        bounds = {"$gte": self.created_from, "$lt": self.created_to}
        given = {operator: moment for operator, moment in bounds.items() if moment is not None}
        return {"created_at": given} if given else {}

    def after(self, key: str) -> dict[str, Any]:
        """The condition of rows behind the cursor of a list in the order of ``key``.

        Raises:
            Unreadable: the cursor is one of a list in another order.
        """
        if self.cursor is None:
            return {}
        number, _, identifier = read_cursor(self.cursor).rpartition(_BESIDE)
        if bool(number) != (key == CREATED) or (not number and is_object_id(identifier) != (key == "_id")):
            raise invalid_cursor()
        if key == CREATED:
            moment = _EPOCH + timedelta(milliseconds=int(number))
            # The bound beside the alternatives is where an index starts.
            return {CREATED: {"$lte": moment}, "$or": [{CREATED: {"$lt": moment}}, {"_id": {"$lt": identifier}}]}
        return {key: {"$lt": identifier if key == "_id" else int(identifier)}}


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page. ``total`` counts to `PageRequest.counted_max`; beyond it ``total_capped`` is set."""

    rows: tuple[T, ...] = ()
    total: int = 0
    total_capped: bool = False
    next_cursor: str | None = None

    def facts(self, request: PageRequest | PageFields) -> dict[str, Any]:
        """The fields of every reply with a page, beside its rows."""
        return {
            "total": self.total,
            "total_capped": self.total_capped,
            "page": request.page,
            "limit": request.limit,
            "next_cursor": self.next_cursor,
        }


def order_of(key: str) -> tuple[tuple[str, int], ...]:
    """The order of a list, newest first."""
    return ((key, -1), ("_id", -1)) if key == CREATED else ((key, -1),)


def place_of(entity: Entity, key: str) -> str | int:
    """The place of an object in a list in the order of ``key``."""
    if key == "_id":
        return entity.id
    value: Any = getattr(entity, key)
    return f"{(value - _EPOCH) // timedelta(milliseconds=1)}{_BESIDE}{entity.id}" if key == CREATED else int(value)


def write_cursor(place: str | int) -> str:
    """The opaque form of a place in a list; see `place_of`."""
    return base64.urlsafe_b64encode(f"{_VERSION}:{place}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """The id, or the number, of the last row of the page before; or milliseconds and id.

    Raises:
        Unreadable: no list returned this cursor (``CURSOR_INVALID``).
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if text.startswith("[") or text.count(":") > 1:
        return _place_of_earlier(text)
    version, _, place = text.partition(":")
    number, _, identifier = place.rpartition(_BESIDE)
    if number:
        is_readable = _is_number(number) and (is_object_id(identifier) or is_prefixed_id(identifier))
    else:
        is_readable = is_object_id(identifier) or _is_number(identifier)
    if version not in _VERSIONS_READ or not is_readable:
        raise invalid_cursor()
    return place


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX


def _place_of_earlier(text: str) -> str:
    """The place in a cursor of svc-invoice, or of a period at svc-transaction, before all services had one form.

    Raises:
        Unreadable: it is none.
    """
    try:
        moment, identifier = json.loads(text) if text.startswith("[") else text.removeprefix("v1:").split(":", 1)[::-1]
        milliseconds = (moment_from(moment, needs_offset=True) - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, TypeError, RecursionError) as exc:
        raise invalid_cursor() from exc
    if not is_object_id(identifier) or milliseconds < 0:
        raise invalid_cursor()
    return f"{milliseconds}{_BESIDE}{identifier}"


def invalid_cursor() -> Unreadable:
    """No list returned this cursor, or not to this caller."""
    return Unreadable("invalid cursor", code="CURSOR_INVALID")
