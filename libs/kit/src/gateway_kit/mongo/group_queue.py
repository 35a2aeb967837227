"""Items that wait to be written: a common queue, and one for each lane that failed of late."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
T = TypeVar("T")
Entry = tuple[str, Item, asyncio.Future[Result]]
Group = list[tuple[str, Item, asyncio.Future[Result]]]

# A lane that failed is written apart until this many of its items were written in a row.
CLEAN_ITEMS: Final = 256
# More lanes than this at a time are not remembered as failed, oldest first; those with waiting items always are.
LANES_MAX: Final = 4_096


@dataclass
class _Apart(Generic[Item, Result]):
    """A lane's own queue: parts of its failed groups, which joined again would fail again, then what came later."""

    parts: "deque[Group[Item, Result]]" = field(default_factory=deque)
    later: "deque[Entry[Item, Result]]" = field(default_factory=deque)

    def __len__(self) -> int:
        return sum(map(len, self.parts)) + len(self.later)

    def next(self, group_max: int) -> Group[Item, Result]:
        if self.parts:
            return self.parts.popleft()
        return [self.later.popleft() for _ in range(min(group_max, len(self.later)))]


class GroupQueue(Generic[Item, Result]):
    """The items to write next. A lane with failures waits in its own queue, and such lanes take turns.

    Args:
        group_max: items of one group.
    """

    def __init__(self, group_max: int) -> None:
        self._group_max = group_max
        self._common: deque[Entry[Item, Result]] = deque()
        self._apart: OrderedDict[str, _Apart[Item, Result]] = OrderedDict()
        self._owed: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._common) + sum(map(len, self._apart.values()))

    def __bool__(self) -> bool:
        return bool(self._common or self._apart)

    def add(self, lane: str, item: Item, future: asyncio.Future[Result]) -> None:
        """Let an item wait behind those of its lane."""
        if lane in self._owed:
            self._of(lane).later.append((lane, item, future))
        else:
            self._common.append((lane, item, future))

    def next_common(self) -> Group[Item, Result]:
        """The next group of all lanes that do not fail; empty when there is none."""
        group: Group[Item, Result] = []
        while self._common and len(group) < self._group_max:
            entry = self._common.popleft()
            if entry[0] in self._owed:
                # It failed while this item waited.
                self._of(entry[0]).later.append(entry)
            else:
                group.append(entry)
        return group

    def next_apart(self) -> tuple[str, Group[Item, Result]] | None:
        """The next group of the lane whose turn it is, among those that failed."""
        if not self._apart:
            return None
        lane, apart = self._apart.popitem(last=False)
        group = apart.next(self._group_max)
        if apart:
            self._apart[lane] = apart
        return lane, group

    def set_apart(self, lane: str, parts: Sequence[Group[Item, Result]]) -> None:
        """Remember that the lane failed, and write these parts of its group before what came later."""
        self._owed[lane] = CLEAN_ITEMS
        self._owed.move_to_end(lane)
        if parts:
            self._of(lane).parts.extendleft(reversed(parts))
        while len(self._owed) > LANES_MAX and (oldest := next(iter(self._owed))) not in self._apart:
            del self._owed[oldest]

    def written(self, lane: str, count: int) -> None:
        """Items of a lane that failed were written; after enough of them it joins the others again."""
        owed = self._owed.get(lane, 0) - count
        if owed > 0:
            self._owed[lane] = owed
        elif lane not in self._apart:
            self._owed.pop(lane, None)

    def _of(self, lane: str) -> _Apart[Item, Result]:
        return self._apart.setdefault(lane, _Apart())


def halves(items: Sequence[T]) -> list[list[T]]:
    """Two halves of at least two items, in their order."""
    middle = (len(items) + 1) // 2
    return [list(items[:middle]), list(items[middle:])]
