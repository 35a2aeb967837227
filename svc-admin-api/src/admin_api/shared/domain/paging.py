"""Pages of lists."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from gateway_contracts.errors import Unreadable

T = TypeVar("T")

ROWS_REACHABLE_MAX: Final = 10_000
LIMIT_MAX: Final = 100
LIMIT_DEFAULT: Final = 50


@dataclass(frozen=True)
class PageWish:
    """Which page, and how many rows at most; or the rows after a cursor.

    Attributes:
        cursor: opaque, from the page before; counts instead of ``page``.
        created_from: only rows made at or after.
        created_to: only rows made before.
    """

    page: int = 1
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None

    def __post_init__(self) -> None:
        """
        Raises:
            Unreadable: too deep for counting pages, or a cursor that is not ours.
        """
        if self.cursor is not None:
            position_of(self.cursor)
        elif self.page * self.limit > ROWS_REACHABLE_MAX:
            raise Unreadable(
                f"pages end after {ROWS_REACHABLE_MAX} rows; continue with the cursor of the page before (nextCursor)",
                code="CURSOR_REQUIRED",
            )

    @property
    def skipped(self) -> int:
        """Rows before this page."""
        return 0 if self.cursor is not None else (self.page - 1) * self.limit


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page; ``total`` is exact up to `ROWS_REACHABLE_MAX`."""

    rows: tuple[T, ...]
    total: int
    wish: PageWish
    next_cursor: str | None = None

    @property
    def is_total_capped(self) -> bool:
        return self.total >= ROWS_REACHABLE_MAX


def cursor_after(position: str) -> str:
    """The opaque form of a place in a list."""
    return base64.urlsafe_b64encode(f"a1:{position}".encode()).decode().rstrip("=")


def position_of(cursor: str) -> str:
    """The place that a cursor names.

    Raises:
        Unreadable: not a cursor of ours.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("a1:") or not text[3:].isalnum():
        raise Unreadable("invalid cursor", code="INVALID_CURSOR")
    return text[3:]
