"""Numbers of all layouts by eight processes that are killed in the middle: no gap, no duplicate, a whole register."""

import multiprocessing
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import number_writer
import pytest
import pytest_asyncio
from number_writer import GROUP, LAYOUTS, Share, layout_of

from gateway_contracts.clock import SystemClock
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_testkit.clock import START
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.waiting import eventually
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.verify import check

pytestmark = pytest.mark.integration

WRITERS = 8
SEED = 20261201
ABORTED_AFTER_S, ABORTED_USUALLY_AFTER_S = 3, 60
DAYS = 2_200
"""The clocks of the processes pass six years."""
PATIENCE_S = 6 * 3600


@pytest_asyncio.fixture
async def numbers(database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """A database that soon lets go of what a killed process held."""
    await _abort_after(database, ABORTED_AFTER_S)
    yield database
    await _abort_after(database, ABORTED_USUALLY_AFTER_S)


async def _abort_after(database: TestDatabase, seconds: int) -> None:
    await database.client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=seconds)


class Crew:
    """The processes and their shares."""

    def __init__(self, context: ForkServerContext, shares: list[Share]) -> None:
        self._context = context
        self._shares = shares
        self._processes = [self._started(share) for share in shares]
        self.within = 0
        """Kills inside of a transaction."""

    def _started(self, share: Share) -> ForkServerProcess:
        process = self._context.Process(target=number_writer.run, args=(share,))
        process.start()
        return process

    def has_done(self, groups: float) -> bool:
        """Whether so many groups are done."""
        return sum(share.done() for share in self._shares) >= groups

    def kill(self, writer: int, at: Any) -> None:
        """End the writer without a warning, and start another one in its place, whose clock stands at that moment."""
        process, share = self._processes[writer], self._shares[writer]
        assert process.exitcode in (None, 0), "a writer failed"
        process.kill()
        process.join()
        self.within += share.was_within()
        self._shares[writer] = Share(share.writer, share.groups, share.uri, share.database, share.folder, at)
        self._processes[writer] = self._started(self._shares[writer])

    def is_done(self) -> bool:
        assert all(process.exitcode in (None, 0) for process in self._processes), "a writer failed"
        return all(process.exitcode == 0 for process in self._processes)

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()


async def _number(database: TestDatabase, folder: Path, *, total: int, kills: int) -> int:
    """So many numbers while so many processes are killed; how many of these were inside of a transaction."""
    rng = random.Random(SEED)  # noqa: S311  # the same victims every time
    groups = total // GROUP // WRITERS
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([number_writer.__name__])
    shares = [Share(n, groups, database.uri, database.name, folder, START) for n in range(WRITERS)]
    crew = Crew(context, shares)
    try:
        for kill in range(kills):
            due = (kill + 0.5) * groups * WRITERS / (kills + 1)
            await eventually(partial(crew.has_done, due), timeout_s=PATIENCE_S)
            crew.kill(rng.randrange(WRITERS), START + timedelta(days=DAYS * (kill + 1) / kills))
        await eventually(crew.is_done, timeout_s=PATIENCE_S)
    finally:
        crew.close()
    return crew.within


async def _assert_whole(database: TestDatabase, total: int) -> None:
    await bind_documents(database.db, DOCUMENTS)
    stores = stores_over()
    uow = UnitOfWork(database.client, database.db, source="svc-invoice", clock=SystemClock())
    checked = await check(stores, uow)
    assert {found.register: found.problems[:5] for found in checked if found.problems} == {}
    assert {found.register.partition(":")[0] for found in checked} == LAYOUTS.keys()
    assert sum(found.rows for found in checked) == total
    for found in checked:
        layout = layout_of(found.register.partition(":")[0])
        series: dict[str, list[int]] = defaultdict(list)
        numbers: set[str] = set()
        async for row in stores.register.each({"register": found.register}, sort=(("position", 1),)):
            assert row.number == layout.number(row.sequence, date.fromisoformat(str(row.issued_on)), livemode=True)
            numbers.add(row.number)
            series[row.series].append(row.sequence)
        assert len(numbers) == found.rows
        for name, sequences in series.items():
            start = layout.start_number
            assert sorted(sequences) == list(range(start, start + len(sequences))), name
    payments: list[dict[str, Any]] = [
        {"$unwind": "$settlements"},
        {"$group": {"_id": "$settlements.transaction_id"}},
        {"$count": "paid"},
    ]
    [paid] = await (await database.db.invoices.aggregate(payments)).to_list()
    assert paid["paid"] == await database.db.invoices.count_documents({"status": "issued"}) == total
    assert await database.db.outbox.count_documents({"body.type": "invoice.issued.v1"}) == total


async def test_killed_writers_leave_no_gap_and_no_duplicate(numbers: TestDatabase, tmp_path: Path) -> None:
    within = await _number(numbers, tmp_path, total=2_080, kills=10)

    assert within
    await _assert_whole(numbers, 2_080)


@pytest.mark.nightly
async def test_a_hundred_thousand_numbers_over_two_hundred_kills(
    numbers: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    total, kills = 100_000, 200
    within = await _number(numbers, tmp_path, total=total, kills=kills)

    await _assert_whole(numbers, total)
    with capsys.disabled():
        print(f"\n{total} numbers, {len(LAYOUTS)} layouts, {kills} kills, {within} inside of a transaction")  # noqa: T201
