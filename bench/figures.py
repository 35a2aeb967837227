"""``python -m bench.figures``: figures of a period with 1,000,000 payments cost what they cost with 10,000.

Fills a MongoDB of its own through two sizes, asks the service's own use cases, and lets the server explain the queries
that they really send. Ends with 1 if a summary takes more than 1.5 times as long, or if a query scans the collection.
"""

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from pymongo import AsyncMongoClient

from bench.lists import Listener
from bench.lists_plan import Plan, plan_of
from bench.table import machine, render
from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import SystemClock
from gateway_contracts.collections import REPORTING
from gateway_contracts.requests.reporting import SummaryQuery
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.indexes import apply_collection
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_testkit.servers import running_mongo
from reporting.domain.facts import Tenant
from reporting.domain.figures import Changes, Fact, Share, count, day_of
from reporting.ports import Figures
from reporting.store.documents import DOCUMENTS, BucketDocument, FactDocument, open_figures
from reporting.use_cases.count_facts import count_facts
from reporting.use_cases.summarize import summarize

SIZES: Final = (10_000, 1_000_000)
RATIO_MAX: Final = 1.5
ROUNDS: Final = 40
TODAY: Final = date(2026, 6, 30)
DAYS: Final = 184
TENANT: Final = Tenant("a" * 24, livemode=True)
SITES, PROVIDERS, CURRENCIES = ("a" * 23 + "1", "a" * 23 + "2"), ("b" * 23 + "1", "b" * 23 + "2"), ("EUR", "USD")
_PLACES: Final = tuple(itertools.product(SITES, PROVIDERS, CURRENCIES))
_PERIOD: Final = len(_PLACES) * DAYS
_NEW: Final = 10_000_000
_INSERTED_AT_ONCE: Final = 5_000
_GROUP: Final = 64


@dataclass(frozen=True)
class Result:
    """One reading: its middle time at both sizes, and its plans at the large one."""

    name: str
    small_ms: float
    large_ms: float
    plans: tuple[Plan, ...] = ()


def share_of(number: int) -> Share:
    """The place of a payment: spread evenly over days, sites, providers and currencies."""
    site, provider, currency = _PLACES[number % len(_PLACES)]
    day = day_of(TODAY - timedelta(days=number // len(_PLACES) % DAYS))
    return Share(day=day, site_id=site, provider_id=provider, currency=currency, figures={"succeeded": 1})


def facts_of(number: int) -> Iterator[Fact]:
    """Two facts of a payment: its outcome and its capture."""
    share = share_of(number)
    yield TENANT.fact(f"payment:{number}", 2, share)
    captured = share.model_copy(update={"figures": {"captured": 4900}})
    yield TENANT.fact(f"entry:{number}:capture:pi", 1, captured)


_MODELS: Final = [[FactDocument.row_of(fact.within(1)) for fact in facts_of(number)] for number in range(_PERIOD)]
"""Stored facts of as many payments as there are places and days; others differ in their ids alone."""


class Filled:
    """The service's figures over a database with so many payments."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], size: int) -> None:
        self.db = client[f"bench_figures_{size}"]
        self.size = size
        self._client = client
        self._counted = 0

    async def fill(self) -> None:
        """Facts and buckets as the service would have counted them, written at once."""
        for spec in REPORTING:
            await self.db.create_collection(spec.name)
            await apply_collection(self.db, spec)
        await bind_documents(self.db, DOCUMENTS)
        uow = UnitOfWork(self._client, self.db, source="bench", clock=SystemClock())
        self.figures: Figures = open_figures(MongoRows, uow)
        for first in range(0, self.size, _INSERTED_AT_ONCE):
            numbers = range(first, min(first + _INSERTED_AT_ONCE, self.size))
            await self.db.facts.insert_many([row for number in numbers for row in _rows_of(number)], ordered=False)
        changes: Changes = {}
        for place in range(_PERIOD):
            for fact in facts_of(place):
                shares = tuple(_multiplied(share, _times(place, self.size)) for share in fact.shares)
                count(changes, fact.model_copy(update={"shares": shares}), 1)
        buckets = [empty.changed(figures=figures) for empty, figures in changes.values()]
        await self.db.buckets.insert_many([BucketDocument.row_of(bucket) for bucket in buckets])

    async def summarize(self, query: SummaryQuery, site_id: str | None) -> None:
        """One request."""
        scope = Scope(TENANT.organization_id, TENANT.livemode, site_id)
        found = await summarize(query, scope=scope, today=TODAY, figures=self.figures)
        assert found.money, "the period has figures"

    async def count(self) -> None:
        """One group of new facts."""
        first = _NEW + self._counted
        self._counted += _GROUP // 2
        facts = [fact for number in range(first, _NEW + self._counted) for fact in facts_of(number)]
        counted = await count_facts(facts, figures=self.figures)
        assert counted == _GROUP, "all are new"


async def _measure(small: Filled, large: Filled, listener: Listener) -> list[Result]:
    """Summaries of several widths, and the writing of a group of facts."""
    month = SummaryQuery(from_day=TODAY - timedelta(days=29), to_day=TODAY)
    narrow = month.model_copy(update={"currency": "EUR"})
    widest = SummaryQuery(from_day=TODAY - timedelta(days=91), to_day=TODAY)
    results = []
    for name, query, site_id in (
        ("30 days", month, None),
        ("30 days, site, currency", narrow, SITES[0]),
        ("92 days", widest, None),
    ):
        took = await _in_turns(small, large, partial(Filled.summarize, query=query, site_id=site_id))
        results.append(Result(name, *took, await _plans(large, query, site_id, listener)))
    counting = await _in_turns(small, large, Filled.count)
    return [*results, Result(f"count {_GROUP} facts", *counting)]


async def _plans(filled: Filled, query: SummaryQuery, site_id: str | None, listener: Listener) -> tuple[Plan, ...]:
    listener.seen.clear()
    listener.is_on = True
    await filled.summarize(query, site_id)
    listener.is_on = False
    sent = [command for command in listener.seen if command.get("find") == "buckets"]
    return tuple([await plan_of(filled.db, each, is_mixed=True) for each in sent])


async def _in_turns(small: Filled, large: Filled, once: Callable[[Filled], Awaitable[None]]) -> tuple[float, float]:
    """The middle time at both sizes, in milliseconds; a machine that becomes busier meets both."""
    took: dict[int, list[float]] = {small.size: [], large.size: []}
    for _ in range(ROUNDS):
        for one in (small, large):
            started = time.perf_counter()
            await once(one)
            took[one.size].append((time.perf_counter() - started) * 1000)
    return statistics.median(took[small.size]), statistics.median(took[large.size])


def _rows_of(number: int) -> Iterator[dict[str, Any]]:
    payment, entry = _MODELS[number % _PERIOD]
    yield payment | {"_id": f"1:payment:{number}"}
    yield entry | {"_id": f"1:entry:{number}:capture:pi"}


def _times(place: int, size: int) -> int:
    """How many of so many payments have the place."""
    return (size - place + _PERIOD - 1) // _PERIOD


def _multiplied(share: Share, times: int) -> Share:
    return share.model_copy(update={"figures": {figure: value * times for figure, value in share.figures.items()}})


async def _run(uri: str) -> int:
    listener = Listener()
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True, event_listeners=[listener]) as client:
        small, large = (Filled(client, size) for size in SIZES)
        await small.fill()
        await large.fill()
        return _report(await _measure(small, large, listener))


def _report(results: list[Result]) -> int:
    head = ["reading", *(f"{size:,} payments, p50 ms" for size in SIZES), "ratio", "keys", "rows", "plan"]
    rows, is_bad = [], False
    for one in results:
        ratio = one.large_ms / one.small_ms
        is_bad |= ratio > RATIO_MAX or any("COLLSCAN" in plan.path or "SORT" in plan.path for plan in one.plans)
        keys, shown = (" + ".join(str(getattr(plan, name)) for plan in one.plans) for name in ("keys", "rows"))
        path = one.plans[0].path if one.plans else ""
        rows.append([one.name, f"{one.small_ms:.1f}", f"{one.large_ms:.1f}", f"{ratio:.2f}", keys, shown, path])
    print(f"\n{machine()}\n\n{render(head, rows)}\n")
    return int(is_bad)


def main() -> int:
    """The exit code: 1 if the cost grows with the payments."""
    with tempfile.TemporaryDirectory() as folder, running_mongo("binaries", Path(folder)) as server:
        return asyncio.run(_run(server.uri))


if __name__ == "__main__":
    sys.exit(main())
