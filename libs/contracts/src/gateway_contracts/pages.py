"""Pages that always fit into one reply: rows without their long parts where a page would be too large otherwise."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, Self, TypeVar

from gateway_contracts.base import Contract
from gateway_contracts.topology import REPLY_BYTES_MAX

PAGE_BYTES_MAX: Final = REPLY_BYTES_MAX - 16 * 1024
"""What all rows of a page may have together; the rest is for what the page says beside them."""


class PageRow(Contract):
    """A row of a list. ``LONG``: what it leaves out where the page would be too large otherwise, and says so."""

    LONG: ClassVar[Mapping[str, Any]] = {}

    abridged: bool = False

    def abridge(self) -> Self:
        """Without what may be long."""
        return self.model_copy(update={**self.LONG, "abridged": True})


Row = TypeVar("Row", bound=PageRow)


def fitted(rows: Iterable[Row], *, bytes_max: int = PAGE_BYTES_MAX) -> tuple[Row, ...]:
    """All rows in their order; the later ones abridged as far as the page needs it.

    Abridged rows are so small that a whole page of them fits: limits of single fields see to that.
    """
    whole = tuple(rows)
    sizes = [len(row.wire_json()) for row in whole]
    if sum(sizes) <= bytes_max:
        return whole
    short = [row.abridge() for row in whole]
    short_sizes = [len(row.wire_json()) for row in short]
    left = bytes_max - sum(short_sizes)
    shown: list[Row] = []
    for place, row in enumerate(whole):
        more = sizes[place] - short_sizes[place]
        fits = more <= left
        left -= more if fits else 0
        shown.append(row if fits else short[place])
    return tuple(shown)
