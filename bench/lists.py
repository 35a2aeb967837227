"""``python -m bench.lists [transactions]``: lists, filters and details of transactions stay as fast as they were.

Fills two databases of a MongoDB of its own and asks the service's own store over each, in turns: a machine that
becomes busier meets both. The queries that the store really sends are explained by the server. Ends with 1 if one of
them scans, sorts or looks at more than the rows it shows.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from bench.lists_data import APART, SHOPS, START, Generator, fill, identifier
from bench.lists_plan import Plan, plan_of
from bench.table import machine, render
from gateway_contracts.aggregates import Scope
from gateway_contracts.collections import TRANSACTION
from gateway_contracts.requests.transaction import TransactionQuery
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.indexes import apply_collection
from gateway_kit.mongo.pages import CREATED, place_of, write_cursor
from gateway_kit.mongo.rows import MongoRows
from gateway_testkit.servers import running_mongo
from transaction.domain.transaction import Transaction
from transaction.queries.payments import Transactions
from transaction.store.documents import DOCUMENTS, TransactionDocument

SIZES = (10_000, 1_000_000)
ROUNDS = 40
WARM = 5
LIMIT = 50


@dataclass
class Listener(CommandListener):
    """Keeps what the store sends during a reading."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    is_on: bool = False

    def started(self, event: CommandStartedEvent) -> None:
        """Explained later; what belongs to the connection is left out."""
        if self.is_on and event.command_name in ("find", "aggregate", "findAndModify"):
            unexplainable = ("lsid", "$clusterTime", "$db", "$readPreference", "readConcern", "maxTimeMS")
            self.seen.append({key: value for key, value in event.command.items() if key not in unexplainable})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to keep."""


@dataclass(frozen=True)
class Question:
    """One way to ask, with other values every time. ``filters`` gets the number of a stored row and its document.

    ``is_mixed``: one filter has the index, rows that fail the others are looked at and left out. ``limit``: rows of the
    page, few enough for both sizes to fill it.
    """

    name: str
    filters: Callable[[int, dict[str, Any]], dict[str, Any]]
    is_deep: bool = False
    is_mixed: bool = False
    limit: int = LIMIT


def _same(*names: str) -> Callable[[int, dict[str, Any]], dict[str, Any]]:
    return lambda number, row: {name: row[name] for name in names}


def _period(number: int, row: dict[str, Any]) -> dict[str, Any]:
    moment = START + number * APART
    return {"created_from": moment - timedelta(days=1), "created_to": moment}


def _later_in_period(number: int, row: dict[str, Any]) -> dict[str, Any]:
    place = place_of(Transaction.model_validate({**row, "id": row["_id"]}), CREATED)
    return {"created_from": START, "created_to": START + 2_000_000 * APART, "cursor": write_cursor(place)}


QUESTIONS = (
    Question("first page", lambda number, row: {}),
    Question("page 100 by number", lambda number, row: {"page": 100}),
    Question("cursor, deep down", lambda number, row: {"cursor": write_cursor(row["_id"])}, is_deep=True),
    Question("cursor in a period", _later_in_period, is_deep=True),
    Question("site", _same("site_id")),
    Question("provider", _same("provider_id")),
    Question("client", _same("client_id")),
    Question("status", _same("status")),
    Question("status pending", lambda number, row: {"status": "pending_provider"}),
    Question("currency", _same("currency")),
    Question("rare currency", lambda number, row: {"currency": "JPY"}, limit=5),
    Question("external reference", _same("external_reference")),
    Question("invoice number", _same("invoice_number")),
    Question("e-mail", lambda number, row: {"email": row["email_hash"]}),
    Question("session", lambda number, row: {"session_public_id": row["session_hash"]}),
    Question("provider's payment", _same("provider_payment_id")),
    Question("text of a name", lambda number, row: {"q": row["external_reference"] or "no such"}),
    Question("disputed", lambda number, row: {"disputed": True}, limit=20),
    Question("not disputed", lambda number, row: {"disputed": False}),
    Question("refunded", lambda number, row: {"refunded": True}),
    Question("not refunded", lambda number, row: {"refunded": False}),
    Question("period", _period),
    Question("site, status, currency", _same("site_id", "status", "currency"), is_mixed=True),
    Question(
        "provider in a period",
        lambda number, row: {**_period(number, row), "provider_id": row["provider_id"]},
        is_mixed=True,
    ),
)


@dataclass(frozen=True)
class Result:
    """One way to ask, at both sizes: the milliseconds of each time."""

    name: str
    small_ms: list[float]
    large_ms: list[float]
    plans: tuple[Plan, ...]

    @property
    def ratio(self) -> float:
        """Middle of the ratios of neighbours in time."""
        return statistics.median(large / small for small, large in zip(self.small_ms, self.large_ms, strict=True))


class Filled:
    """The service's store over a database with so many transactions."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], size: int, listener: Listener) -> None:
        self.db = client[f"bench_lists_{size}"]
        self.size = size
        self._listener = listener
        self._rng = random.Random(5)

    async def fill(self) -> None:
        """Store the rows, then all indexes at once: a measured insert is not what this is about."""
        await self.db.create_collection("transactions")
        await bind_documents(self.db, DOCUMENTS)
        self.store = Transactions(TransactionDocument, MongoRows(TransactionDocument))
        await fill(self.db.transactions, Generator(), self.size)
        (spec,) = (spec for spec in TRANSACTION if spec.name == "transactions")
        await apply_collection(self.db, spec)

    async def ask(self, question: Question) -> float:
        """A page and its total."""
        number, row = await self._some(self.size // 10 if question.is_deep else self.size, question.name)
        query = TransactionQuery(limit=question.limit, **question.filters(number, row))
        scope = Scope(row["organization_id"], True)
        return await self._timed(
            lambda: self.store.listed(scope, query, email_hash=query.email, session_hash=query.session_public_id)
        )

    async def detail(self) -> float:
        """One transaction by its id."""
        _, row = await self._some(self.size, "")
        return await self._timed(lambda: self.store.get(None, Scope(row["organization_id"], True), row["_id"]))

    async def webhook(self) -> float:
        """How a provider's event finds its transaction (here outside a database transaction)."""
        _, row = await self._some(self.size, "")
        # No transaction, whatever the signature says.
        outside: Any = None
        payment = (row["provider_id"], row["provider_payment_id"])
        scope = Scope(row["organization_id"], True)
        return await self._timed(lambda: self.store.by_provider_payment(outside, scope, *payment))

    async def claim(self) -> float:
        """How the janitor finds a tenant with due rows."""
        long_ago = START - timedelta(days=365)
        return await self._timed(lambda: self.store.unresolved.next_tenant("", long_ago))

    async def _some(self, size: int, name: str) -> tuple[int, dict[str, Any]]:
        """A stored row that has what the question asks for, mostly of the largest organization."""
        needed = {"client": "client_id", "invoice number": "invoice_number"}.get(name)
        while True:
            number = self._rng.randrange(size)
            row: dict[str, Any] = await self.db.transactions.find_one({"_id": identifier(number)})
            if row["organization_id"] == SHOPS[0].organization_id and (needed is None or row[needed]):
                return number, row

    async def _timed(self, work: Callable[[], Awaitable[Any]]) -> float:
        self._listener.is_on = True
        started = time.perf_counter()
        try:
            await work()
        finally:
            self._listener.is_on = False
        return (time.perf_counter() - started) * 1000


@dataclass(frozen=True)
class Bench:
    """Both databases, asked in turns."""

    small: Filled
    large: Filled
    listener: Listener

    async def measure(self) -> list[Result]:
        """Every question."""
        results = [
            await self._time(question.name, partial(Filled.ask, question=question), is_mixed=question.is_mixed)
            for question in QUESTIONS
        ]
        results.append(await self._time("detail", Filled.detail))
        results.append(await self._time("webhook's payment", Filled.webhook))
        results.append(await self._time("janitor's claim", Filled.claim))
        return results

    async def _time(self, name: str, once: Callable[[Filled], Awaitable[float]], *, is_mixed: bool = False) -> Result:
        for _ in range(WARM):
            await once(self.small)
            await once(self.large)
        small, large = [], []
        for _ in range(ROUNDS):
            small.append(await once(self.small))
            self.listener.seen.clear()
            large.append(await once(self.large))
        # What the last request sent.
        sent = list(self.listener.seen)
        plans = tuple([await plan_of(self.large.db, command, is_mixed=is_mixed) for command in sent])
        return Result(name, small, large, plans)


async def _run(uri: str, most: int) -> int:
    listener = Listener()
    async with AsyncMongoClient[dict[str, Any]](
        uri, tz_aware=True, w=1, journal=False, event_listeners=[listener]
    ) as client:
        small, large = (Filled(client, min(size, most), listener) for size in SIZES)
        for filled in (small, large):
            started = time.monotonic()
            await filled.fill()
            print(f"{filled.size:>9,} transactions stored after {time.monotonic() - started:.0f} s", flush=True)
        return _report(await Bench(small, large, listener).measure(), small.size, large.size)


def _report(results: list[Result], small: int, large: int) -> int:
    head = ["query", *(f"p50 / p99 ms at {size:,}" for size in (small, large)), "ratio"]
    rows = [
        [result.name, *(_middle_and_end(took) for took in (result.small_ms, result.large_ms)), f"{result.ratio:.2f}"]
        for result in results
    ]
    print(f"\n{machine()}\n\n{render(head, rows)}\n")
    plans = [
        [result.name, plan.command, plan.path, str(plan.keys), str(plan.documents), str(plan.rows), plan.problem or "-"]
        for result in results
        for plan in result.plans
    ]
    print(f"plans at {large:,}\n")
    print(render(["query", "command", "winning plan", "keys", "documents", "rows", "problem"], plans))
    return int(any(plan.problem for result in results for plan in result.plans))


def _middle_and_end(took: list[float]) -> str:
    return f"{statistics.median(took):.1f} / {statistics.quantiles(took, n=100)[98]:.1f}"


def main() -> int:
    """Measure; 1 if a plan is not bounded."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    with tempfile.TemporaryDirectory() as folder, running_mongo("binaries", Path(folder)) as server:
        return asyncio.run(_run(server.uri, most))


if __name__ == "__main__":
    sys.exit(main())
