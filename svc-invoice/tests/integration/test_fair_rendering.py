"""Two tenants and one renderer: the documents of one never make those of the other wait or use up their tries."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from invoice_office import MemoryLetters, Office, name_of

from gateway_contracts.events.transaction import TransactionLine
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from gateway_testkit.waiting import eventually
from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.printed import Print, PrintedDocument
from invoice.domain.rendering import FAILURES_MAX, LOST_MAX, WAITS_MAX, Effort
from invoice.errors import RenderingFailed
from invoice.use_cases.render_queue import TURNS, due_documents

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

# The one that has much or hard work, and the one that must not notice.
LOUD, QUIET = TEST_ORGANIZATION, OTHER_ORGANIZATION
TIGHT = Effort(base_s=1.0, line_s=0.0, character_s=0.0)


class Order:
    """Makes documents at once and remembers whose."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def render(self, page: PrintedDocument, *, cpu_s: float) -> Print:
        self.made.append(page.organization_id)
        return Print(b"pdf")


@pytest_asyncio.fixture
async def one_renderer() -> AsyncIterator[PdfPool]:
    pool = PdfPool(workers=1, deadline_s=240)
    await pool.warm()
    yield pool
    await pool.close()


@pytest.fixture
def slow(office: Office, line: Callable[..., TransactionLine]) -> Callable[[], Any]:
    """A document that takes the renderer several seconds: many lines of a script that is hard to lay out."""
    lines = tuple(line("\u05d0\u0301" * 500, 100, 1, vat_rate="19") for _ in range(100))

    async def make() -> Any:
        return await office.issued(organization_id=LOUD, amount=10_000, lines=lines)

    return make


async def row_of(office: Office, invoice: Any) -> dict[str, Any]:
    (row,) = await office.rows("invoices", {"_id": invoice.id})
    return row


async def test_a_backlog_waits_behind_itself(office: Office) -> None:
    for _ in range(20):
        await office.issued(organization_id=LOUD)
    for _ in range(3):
        await office.issued(organization_id=QUIET)
    order = Order()

    await office.rendering(order, workers=1)._drain()

    assert order.made[:6].count(QUIET) == 3
    assert len(order.made) == 23


async def test_a_document_that_comes_later_overtakes_the_backlog(office: Office) -> None:
    for _ in range(20):
        await office.issued(organization_id=LOUD)
    order = Order()

    async def joined(page: PrintedDocument, *, cpu_s: float) -> Print:
        if len(order.made) == 5:
            await office.issued(organization_id=QUIET)
        return await Order.render(order, page, cpu_s=cpu_s)

    order.render = joined  # type: ignore[method-assign]
    await office.rendering(order, workers=1)._drain()

    assert order.made.index(QUIET) <= 7


@pytest.mark.parametrize("workers", [2, 3])
async def test_one_tenant_never_holds_all_workers(office: Office, workers: int) -> None:
    for _ in range(6):
        await office.issued(organization_id=LOUD)
    order, at_work, go_on = Order(), [], asyncio.Event()

    async def hangs(page: PrintedDocument, *, cpu_s: float) -> Print:
        at_work.append(page.organization_id)
        if page.organization_id == LOUD:
            await go_on.wait()
        return await Order.render(order, page, cpu_s=cpu_s)

    busy = Order()
    busy.render = hangs  # type: ignore[method-assign]
    rendering = office.rendering(busy, workers=workers)
    running = asyncio.create_task(rendering.run())
    await eventually(lambda: at_work.count(LOUD) == workers - 1)

    quiet = await office.issued(organization_id=QUIET)
    rendering.wake()
    await eventually(lambda: name_of(quiet, b"pdf") in office.documents.kept)

    assert at_work.count(LOUD) == workers - 1
    go_on.set()
    await eventually(lambda: len(order.made) == 7)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_slow_documents_of_one_tenant_are_set_aside_and_the_other_gets_its_own_at_the_first_try(
    office: Office, one_renderer: PdfPool, slow: Callable[[], Any]
) -> None:
    hard = [await slow() for _ in range(2)]
    quiet = await office.issued(organization_id=QUIET)
    rendering = office.rendering(one_renderer, workers=1, effort=TIGHT)

    await rendering._drain()

    [name] = office.documents.kept
    assert quiet.organization_id in name
    assert (await row_of(office, quiet))["render_attempts"] == 1
    assert [(await row_of(office, one))["render_failures"] for one in hard] == [1, 1]
    for invoice in hard:
        await office.database.db.invoices.update_one({"_id": invoice.id}, {"$set": {"render_failures": 4}})
    office.clock.advance(3600)
    # Sixteen times as much at the fifth try, and still not enough.
    await office.rendering(one_renderer, workers=1, effort=replace(TIGHT, base_s=0.1))._drain()

    assert [(await row_of(office, one))["render_state"] for one in hard] == ["set_aside", "set_aside"]
    assert [(letter["organization_id"], type(letter["error"])) for letter in office.letters.written] == [
        (LOUD, RenderingFailed)
    ] * 2
    assert all(letter["size"] > 100_000 for letter in office.letters.written)


async def test_pauses_grow_until_a_document_is_set_aside_and_an_operator_redrives_it(office: Office) -> None:
    invoice = await office.issued(organization_id=LOUD)

    class Broken:
        works = False

        async def render(self, page: PrintedDocument, *, cpu_s: float) -> Print:
            if not self.works:
                raise RenderingFailed("no")
            return Print(b"pdf")

    broken = Broken()
    rendering = office.rendering(broken)
    pauses = []
    for _ in range(FAILURES_MAX - 1):
        await rendering._drain()
        pauses.append(((await row_of(office, invoice))["render_at"] - office.clock.now()).total_seconds())
        office.clock.advance(pauses[-1])
    assert pauses == [15, 30, 60, 120]

    await rendering._drain()
    assert (await row_of(office, invoice))["render_state"] == "set_aside"
    assert await office.queue.count("set_aside") == 1
    assert await office.queue.count("pending") == 0

    broken.works = True
    assert await office.queue.redrive(invoice.id)
    assert not await office.queue.redrive(invoice.id)
    await rendering._drain()
    assert name_of(invoice, b"pdf") in office.documents.kept
    assert [letter["attempts"] for letter in office.letters.written] == [FAILURES_MAX]


async def test_a_document_over_which_the_service_dies_is_set_aside_after_many_deaths(office: Office) -> None:
    invoice = await office.issued(organization_id=LOUD)
    quiet = await office.issued(organization_id=QUIET)
    assert await office.render(quiet, Order())
    for _ in range(LOST_MAX):
        # A process that is killed writes nothing after its claim.
        office.clock.advance(3600)
        assert await office.queue.claim(due=office.clock.now(), after="") is not None
    office.clock.advance(3600)
    order = Order()

    await office.rendering(order)._drain()

    assert order.made == []
    assert (await row_of(office, invoice))["render_state"] == "set_aside"


async def test_what_is_away_uses_no_try(office: Office) -> None:
    invoice = await office.issued()

    class Away:
        async def put(self, name: str, data: bytes, key: bytes) -> None:
            raise TimeoutError

    rendering = office.rendering(Order(), documents=Away())
    for _ in range(FAILURES_MAX * 2):
        await rendering._drain()
        office.clock.advance(3600)

    row = await row_of(office, invoice)
    assert (row["render_state"], row["render_failures"], row["render_waits"]) == ("pending", 0, FAILURES_MAX * 2)
    assert WAITS_MAX > FAILURES_MAX * 10
    await office.rendering(Order())._drain()
    assert name_of(invoice, b"pdf") in office.documents.kept


async def test_an_unreadable_row_stops_no_other(office: Office) -> None:
    broken = await office.issued(organization_id=LOUD)
    await office.database.db.invoices.update_one({"_id": broken.id}, {"$set": {"totals": "?"}})
    sound = await office.issued(organization_id=LOUD)
    quiet = await office.issued(organization_id=QUIET)
    rendering = office.rendering(Order(), workers=1)

    for _ in range(FAILURES_MAX):
        await rendering._drain()
        office.clock.advance(3600)

    assert {name_of(sound, b"pdf"), name_of(quiet, b"pdf")} == set(office.documents.kept)
    assert [letter["row_id"] for letter in office.letters.written] == [broken.id]


async def test_without_the_bus_nothing_is_set_aside_unseen(office: Office) -> None:
    invoice = await office.issued()
    await office.database.db.invoices.update_one({"_id": invoice.id}, {"$set": {"render_failures": FAILURES_MAX - 1}})

    class Broken:
        async def render(self, page: PrintedDocument, *, cpu_s: float) -> Print:
            raise RenderingFailed("no")

    class NoBus(MemoryLetters):
        async def put_row(self, source: str, row_id: str, **facts: Any) -> None:
            raise TimeoutError

    office.letters = NoBus()
    await office.rendering(Broken())._drain()

    assert (await row_of(office, invoice))["render_state"] == "pending"


async def test_claims_read_a_few_keys_of_each_tenant(office: Office) -> None:
    await office.issued(organization_id=QUIET)
    [row] = await office.rows("invoices")
    copies = [
        row
        | {"_id": f"{n:024x}", "organization_id": LOUD, "numbering": row["numbering"] | {"number": f"N-{n}"}}
        | {"transaction_ids": [f"{n:024x}"]}
        for n in range(500)
    ]
    await office.database.db.invoices.insert_many(copies)

    explained = await (
        office.database.db.invoices.find(due_documents(office.clock.now(), turn={"$gt": LOUD, "$nin": []}))
        .sort(list(TURNS))
        .limit(1)
        .explain()
    )

    plan, work = str(explained["queryPlanner"]["winningPlan"]), explained["executionStats"]
    assert "IXSCAN" in plan
    assert "'SORT'" not in plan
    assert work["totalKeysExamined"] <= 5
