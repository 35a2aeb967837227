"""Pages of lists."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from gateway_contracts.errors import Unreadable

T = TypeVar("T")

ROWS_REACHABLE_MAX: Final = 10_000
LIMIT_MAX: Final = 100
LIMIT_DEFAULT: Final = 50


@dataclass(frozen=True)
class PageWish:
    """Which page, and how many rows at most."""

    page: int = 1
    limit: int = LIMIT_DEFAULT

    def __post_init__(self) -> None:
        """
        Raises:
            Unreadable: too deep for counting pages.
        """
        if self.page * self.limit > ROWS_REACHABLE_MAX:
            raise Unreadable(
                f"pages end after {ROWS_REACHABLE_MAX} rows; continue with the cursor of the page before (nextCursor)",
                code="CURSOR_REQUIRED",
            )

    @property
    def skipped(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.limit


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page; ``total`` is exact up to `ROWS_REACHABLE_MAX`."""

    rows: tuple[T, ...]
    total: int
    wish: PageWish

    @property
    def is_total_capped(self) -> bool:
        return self.total >= ROWS_REACHABLE_MAX
