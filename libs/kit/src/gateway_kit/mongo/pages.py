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
# Cursors that svc-domains returned before all services had one form.
_VERSIONS_READ: Final = frozenset({_VERSION, "d1"})


@dataclass(frozen=True)
class PageRequest:
    """A page of a list in descending order of ids.

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
            Unreadable: the cursor is invalid.
        """
        if not 1 <= self.limit <= LIMIT_MAX:
            raise Invalid.field("limit", f"must be from 1 to {LIMIT_MAX}")
        if self.cursor is not None:
            read_cursor(self.cursor)
        elif self.page < 1 or self.page * self.limit > TOTAL_MAX:
            raise Invalid.field("page", f"page × limit must be from 1 to {TOTAL_MAX}")

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

    @property
    def after(self) -> dict[str, Any]:
        """The condition of rows behind the cursor."""
        return {} if self.cursor is None else {"_id": {"$lt": read_cursor(self.cursor)}}


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page. ``total`` counts to `TOTAL_MAX`; beyond it ``total_capped`` is set."""

    rows: tuple[T, ...] = ()
    total: int = 0
    total_capped: bool = False
    next_cursor: str | None = None


def write_cursor(identifier: str) -> str:
    """The opaque form of a place in a list."""
    return base64.urlsafe_b64encode(f"{_VERSION}:{identifier}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """The id of the last row of the page before.

    Raises:
        Unreadable: no list returned this cursor (``CURSOR_INVALID``).
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    version, _, identifier = text.partition(":")
    if version not in _VERSIONS_READ or not is_object_id(identifier):
        raise Unreadable("invalid cursor", code="CURSOR_INVALID")
    return identifier
