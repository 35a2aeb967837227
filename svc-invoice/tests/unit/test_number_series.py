"""Numbers and register rows of one transaction: consecutive, sealed over each other, and unused when it aborts."""

from collections.abc import Sequence

import pytest

from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.ids import new_object_id
from gateway_contracts.numbering import DEFAULT_INVOICE_LAYOUT
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import FrozenClock
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from invoice.domain.invoice import Invoice, series_name
from invoice.domain.settlement import Settlement
from invoice.domain.totals import compute_totals
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.assign_number import assign_number
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.verify_register import verify_register

ORGANIZATION = "a" * 24
REGISTER = f"{ORGANIZATION}:live:invoice"


class Desk:
    """Issues drafts."""

    def __init__(self, clock: FrozenClock) -> None:
        database = MemoryDatabase(*DOCUMENTS)
        self.clock = clock
        self.stores = stores_over(database.rows)
        self.uow = MemoryUnitOfWork(database, clock=clock)
        self.series = NumberSeries(self.stores)

    def draft(self) -> Invoice:
        now = self.clock.now()
        return Invoice(
            id=new_object_id(),
            organization_id=ORGANIZATION,
            livemode=True,
            site_id=new_object_id(),
            status="draft",
            totals=compute_totals([], amount=100, currency="EUR", reference="ORDER-1"),
            settlements=(Settlement(new_object_id(), new_object_id(), "hash", "stripe", now, 100),),
            created_at=now,
        )

    async def prepare(self) -> str:
        """The counter of the current period."""
        name = series_name(REGISTER, DEFAULT_INVOICE_LAYOUT, self.clock.now().date())
        await self.series.prepare(REGISTER, name)
        return name

    async def issue(self, count: int = 1, *, fails: bool = False) -> Sequence[int]:
        """So many invoices in one transaction."""

        async def work(tx: Tx) -> list[int]:
            pages = self.series.pages(tx)
            issued = [
                await assign_number(pages, self.draft(), DEFAULT_INVOICE_LAYOUT, at=tx.now, time_zone="UTC")
                for _ in range(count)
            ]
            for invoice in issued:
                self.stores.invoices.insert(tx, invoice)
            if fails:
                raise LookupError
            return [invoice.numbering.sequence for invoice in issued if invoice.numbering]

        return await self.uow.run(work)


@pytest.fixture
def desk(frozen_clock: FrozenClock) -> Desk:
    return Desk(frozen_clock)


async def test_numbers_of_one_transaction_follow_each_other(desk: Desk) -> None:
    await desk.prepare()

    assert await desk.issue(3) == [1, 2, 3]
    assert await desk.issue(2) == [4, 5]

    findings = await verify_register(REGISTER, stores=desk.stores, uow=desk.uow)
    assert (findings.rows, findings.problems) == (5, [])


async def test_an_abort_uses_no_number(desk: Desk) -> None:
    await desk.prepare()
    with pytest.raises(LookupError):
        await desk.issue(2, fails=True)

    assert await desk.issue() == [1]
    assert (await verify_register(REGISTER, stores=desk.stores, uow=desk.uow)).problems == []


async def test_a_counter_that_is_gone_is_created_at_the_next_issue(desk: Desk) -> None:
    name = await desk.prepare()
    counter = await desk.stores.counters.get(None, name)
    assert counter is not None
    assert await desk.stores.counters.now.delete(counter)

    with pytest.raises(ChangedMeanwhile):
        await desk.issue()
    await desk.prepare()

    assert await desk.issue() == [1]


async def test_preparing_again_keeps_the_counter(desk: Desk) -> None:
    await desk.prepare()
    await desk.issue(2)

    await NumberSeries(desk.stores).prepare(REGISTER, await desk.prepare())

    assert await desk.issue() == [3]
