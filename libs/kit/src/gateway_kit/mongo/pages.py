"""Pages of lists: one request, one answer and one cursor for every service."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from gateway_contracts.errors import Invalid, Unreadable
from gateway_contracts.ids import is_object_id

T = TypeVar("T")

TOTAL_MAX: Final = 10_000
"""Rows are counted up to this number, and pages with a number end here; cursors have no limit."""
LIMIT_MAX: Final = 100
LIMIT_DEFAULT: Final = 50
_VERSION: Final = "v1"
_DIGITS_MAX: Final = 15
# Cursors that svc-admin-api and svc-domains returned before all services had one form.
_VERSIONS_READ: Final = frozenset({_VERSION, "a1", "d1"})


@dataclass(frozen=True)
class PageRequest:
    """A page of a list in descending order of ids, or of another unique number.

    Attributes:
        cursor: opaque, from the page before; counts instead of ``page``.
        created_from: only rows created at this moment or later.
        created_to: only rows created before this moment.
    """

    page: int = 1
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None

    def __post_init__(self) -> None:
        """
        Raises:
            Invalid: page or limit is out of range.
            Unreadable: the cursor is invalid, or the page is deeper than pages go.
        """
        if not 1 <= self.limit <= LIMIT_MAX:
            raise Invalid.field("limit", f"must be from 1 to {LIMIT_MAX}")
        if self.cursor is not None:
            read_cursor(self.cursor)
        elif self.page < 1:
            raise Invalid.field("page", "must be at least 1")
        elif self.page * self.limit > TOTAL_MAX:
            raise Unreadable(
                f"pages end after {TOTAL_MAX} rows; continue with the cursor of the page before (nextCursor)",
                code="CURSOR_REQUIRED",
            )

    @property
    def skipped(self) -> int:
        """The number of rows before the page."""
        return 0 if self.cursor is not None else (self.page - 1) * self.limit

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
        place = read_cursor(self.cursor)
        if is_object_id(place) != (key == "_id"):
            raise _invalid_cursor()
        return {key: {"$lt": place if key == "_id" else int(place)}}


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page. ``total`` counts to `TOTAL_MAX`; beyond it ``total_capped`` is set."""

    rows: tuple[T, ...] = ()
    total: int = 0
    total_capped: bool = False
    next_cursor: str | None = None


def write_cursor(place: str | int) -> str:
    """The opaque form of a place in a list: an id or a number."""
    return base64.urlsafe_b64encode(f"{_VERSION}:{place}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """The id, or the number, of the last row of the page before.

    Raises:
        Unreadable: no list returned this cursor (``CURSOR_INVALID``).
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    version, _, place = text.partition(":")
    is_number = place.isascii() and place.isdigit() and len(place) <= _DIGITS_MAX
    if version not in _VERSIONS_READ or not (is_object_id(place) or is_number):
        raise _invalid_cursor()
    return place


def _invalid_cursor() -> Unreadable:
    return Unreadable("invalid cursor", code="CURSOR_INVALID")
