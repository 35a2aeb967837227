"""Legal numbers without gaps, and the register: guarded changes that an abort takes back, so that no number is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice
from invoice.domain.legal_content import register_row
from invoice.domain.register import Counter, RegisterHead, scope_of
from invoice.ports import Stores


class NumberSeries:
    """One counter per register and reset period, which never skips a number."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._prepared: set[str] = set()
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def lane(self, register: str) -> AsyncIterator[None]:
        """Issues of one register line up here instead of aborting each other's transactions."""
        lock = self._lanes.setdefault(register, asyncio.Lock())
        async with lock:
            yield

    async def prepare(self, register: str, series: str) -> None:
        """Create counter and head outside of the transaction: an insert inside that collides ends it for good."""
        if series in self._prepared:
            return
        await self._stores.counters.now.insert(Counter(id=series, register=register))
        await self._stores.heads.now.insert(RegisterHead(id=register))
        self._prepared.add(series)

    def forget(self, series: str) -> None:
        """Create it again at the next issue."""
        self._prepared.discard(series)

    def pages(self, tx: Tx) -> "RegisterPages":
        """The numbers and rows that one transaction adds."""
        return RegisterPages(tx, self._stores, self)


class RegisterPages:
    """Additions of one transaction. Counters, numbers and heads are read once: its writes wait for each other."""

    def __init__(self, tx: Tx, stores: Stores, series: NumberSeries) -> None:
        self._tx = tx
        self._stores = stores
        self._series = series
        self._counters: dict[str, Counter] = {}
        self._printed: dict[tuple[str, str], int] = {}
        self._heads: dict[str, RegisterHead] = {}

    async def next_number(self, *, register: str, series: str, stem: str, start: int) -> int:
        """The next number of the series, which no document with this stem has.

        Raises:
            ChangedMeanwhile: the counter is gone; as the transaction does where another process took the number.
        """
        counter = self._counters.get(series) or await self._counter(series)
        printed = self._printed.get((register, stem))
        if printed is None:
            printed = await highest_printed(self._stores, self._tx, register, stem)
        counter = self._stores.counters.replace(self._tx, counter, counter.next_after(printed, start=start))
        self._counters[series] = counter
        self._printed[register, stem] = counter.value
        return counter.value

    async def append(self, document: Invoice, *, corrections: int | None = None) -> None:
        """Add the row of an issued document, or of so many corrections of it.

        Raises:
            ChangedMeanwhile: the register has no head; as the transaction does where another process added a row.
        """
        head = self._heads.get(document.register) or await self._stores.heads.get(self._tx, document.register)
        if head is None:
            raise ChangedMeanwhile
        row = register_row(document, head.position + 1, head.seal, corrections)
        self._heads[document.register] = self._stores.heads.replace(self._tx, head, head.followed_by(row))
        self._stores.register.insert(self._tx, row)

    async def _counter(self, series: str) -> Counter:
        counter = await self._stores.counters.get(self._tx, series)
        if counter is None:
            self._series.forget(series)
            raise ChangedMeanwhile
        return counter


async def highest_printed(stores: Stores, tx: Tx | None, register: str, stem: str) -> int:
    """The highest sequence that a document with this stem has."""
    scope, kind = scope_of(register)
    where = {"kind": kind, "numbering.stem": stem}
    newest = (("numbering.sequence", -1),)
    found = await stores.numbered.find(tx, scope, where, sort=newest, limit=1)
    return max((each.numbering.sequence for each in found if each.numbering), default=0)
