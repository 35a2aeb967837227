"""Pages that always fit into one reply: rows without their long parts where a page would be too large otherwise."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from gateway_contracts.base import Contract
from gateway_contracts.topology import REPLY_BYTES_MAX

Row = TypeVar("Row", bound=Contract)

PAGE_BYTES_MAX: Final = REPLY_BYTES_MAX - 16 * 1024
"""What all rows of a page may have together; the rest is for what the page says beside them."""


def fitted(rows: Iterable[Row], abridge: Callable[[Row], Row], *, bytes_max: int = PAGE_BYTES_MAX) -> tuple[Row, ...]:
    """All rows in their order; the later ones abridged as far as the page needs it.

    ``abridge`` leaves out what may be long and says so (``abridged``). Its rows must be so small that a whole page of
    them fits: limits of single fields see to that.
    """
    whole = tuple(rows)
    sizes = [len(row.wire_json()) for row in whole]
    if sum(sizes) <= bytes_max:
        return whole
    short = [abridge(row) for row in whole]
    short_sizes = [len(row.wire_json()) for row in short]
    left = bytes_max - sum(short_sizes)
    shown: list[Row] = []
    for place, row in enumerate(whole):
        more = sizes[place] - short_sizes[place]
        fits = more <= left
        left -= more if fits else 0
        shown.append(row if fits else short[place])
    return tuple(shown)
