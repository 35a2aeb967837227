"""Real PDFs from real worker processes."""

import asyncio
import hashlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway_contracts.events.transaction import Party, TransactionLine
from invoice.adapters.pdf.pool import PdfPool
from invoice.consumers.rendering import BURST, COURTESY_S, LEASE_S, NO_ROOM_PERCENT, Rendering
from invoice.domain.printed import PrintedInvoice
from invoice.errors import RenderingFailed

pytestmark = pytest.mark.integration


def text_of(pdf: bytes, folder: Path) -> str:
    source = folder / "document.pdf"
    source.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", source, "-"], check=True, capture_output=True, text=True).stdout


def printed(office: Any, invoice: Any) -> PrintedInvoice:
    return PrintedInvoice(invoice, office.vault.open_seller(invoice), office.vault.open_buyer(invoice))


async def test_document_shows_number_parties_and_totals(
    office: Any, pdf_pool: PdfPool, line: Callable[..., TransactionLine], tmp_path: Path
) -> None:
    invoice = await office.issued(lines=(line(vat_rate="19"),), locale="de-DE")

    text = text_of(await pdf_pool.render(printed(office, invoice)), tmp_path)

    for part in ("Rechnung", "INV-2026-00001", "Anna Schmidt", "Nordwind Handel GmbH", "100,00", "19,00", "119,00"):
        assert part in text
    assert invoice.payment.transaction_id in text
    assert "TEST" not in text


async def test_test_document_says_so(office: Any, pdf_pool: PdfPool, tmp_path: Path) -> None:
    invoice = await office.issued(livemode=False, party=None)

    text = text_of(await pdf_pool.render(printed(office, invoice)), tmp_path)

    assert "TEST-INV-2026-00001" in text
    assert "Test document" in text


@pytest.mark.parametrize(
    ("currency", "amount", "expected"), [("JPY", 360800, "360,800"), ("KWD", 2501000, "2,501.000")]
)
async def test_amounts_have_the_decimals_of_their_currency(
    office: Any, pdf_pool: PdfPool, tmp_path: Path, currency: str, amount: int, expected: str
) -> None:
    invoice = await office.issued(amount=amount, currency=currency)

    assert f"{currency} {expected}" in text_of(await pdf_pool.render(printed(office, invoice)), tmp_path).replace(
        "\u00a0", " "
    )


async def test_long_documents_repeat_their_header_on_each_page(
    office: Any, pdf_pool: PdfPool, line: Callable[..., TransactionLine], tmp_path: Path
) -> None:
    lines = tuple(line(f"Tile {n}", 100, n, vat_rate="7") for n in range(1, 41))
    invoice = await office.issued(amount=sum(n * 100 for n in range(1, 41)), lines=lines)

    pages = text_of(await pdf_pool.render(printed(office, invoice)), tmp_path).rstrip("\f").split("\f")

    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert "Unit price" in page
        assert "INV-2026-00001" in page
        assert f"Page {number} of {len(pages)}" in page


async def test_the_same_invoice_gives_the_same_bytes_in_any_process(office: Any, pdf_pool: PdfPool) -> None:
    page = printed(office, await office.issued())
    other = PdfPool(workers=1, deadline_s=240)

    try:
        first, second, elsewhere = await asyncio.gather(
            pdf_pool.render(page), pdf_pool.render(page), other.render(page)
        )
    finally:
        await other.close()

    assert first == second == elsewhere


async def test_markup_of_a_customer_is_text_and_opens_nothing(office: Any, pdf_pool: PdfPool, tmp_path: Path) -> None:
    buyer = Party(name='<img src="file:///etc/passwd"><b>Ann</b>', city="{{ 7*7 }}")
    invoice = await office.issued(party=buyer)

    text = text_of(await pdf_pool.render(printed(office, invoice)), tmp_path)

    assert "<b>Ann</b>" in text
    assert "{{ 7*7 }}" in text
    assert "root:" not in text


async def test_the_pool_survives_killed_workers(office: Any, pdf_pool: PdfPool) -> None:
    page = printed(office, await office.issued())
    expected = await pdf_pool.render(page)

    for pid in pdf_pool.worker_pids():
        os.kill(pid, signal.SIGKILL)

    assert await pdf_pool.render(page) == expected


async def test_a_document_over_the_deadline_is_given_up(office: Any) -> None:
    page = printed(office, await office.issued())
    hasty = PdfPool(workers=1, deadline_s=0.001)

    try:
        with pytest.raises(RenderingFailed):
            await hasty.render(page)
    finally:
        await hasty.close()


async def test_rendering_is_recorded_and_announced_once(office: Any, pdf_pool: PdfPool) -> None:
    invoice = await office.issued()

    outcomes = [await office.render(invoice, pdf_pool), await office.render(invoice, pdf_pool)]

    assert outcomes == [True, False]
    (stored,) = await office.rows("invoices")
    pdf = office.documents.kept[f"invoices/{invoice.organization_id}/{invoice.id}.pdf"]
    assert stored["pdf_sha256"] == hashlib.sha256(pdf).hexdigest()
    assert stored["version"] == 2
    (event,) = await office.rows("outbox", {"body.type": "invoice.rendered.v1"})
    assert event["sequence"] == 2
    assert event["body"]["data"]["sha256"] == stored["pdf_sha256"]
    assert (await office.verify()).problems == []


class Machine:
    """Counts how often it was asked."""

    def __init__(self, stalled_percent: float = 0) -> None:
        self.asked = 0
        self._stalled_percent = stalled_percent

    async def stalled_percent(self) -> float:
        self.asked += 1
        return self._stalled_percent


def rendering(office: Any, renderer: Any, *, machine: Machine | None = None) -> Rendering:
    return Rendering(
        queue=office.invoices,
        clock=office.clock,
        workers=2,
        uow=office.uow,
        vault=office.vault,
        renderer=renderer,
        documents=office.documents,
        invoices=office.invoices,
        stalled_percent=(machine or Machine()).stalled_percent,
    )


class Quick:
    """Makes documents in no time."""

    async def render(self, page: PrintedInvoice) -> bytes:
        return page.invoice.id.encode()


async def test_in_a_burst_on_a_busy_machine_documents_wait_their_time_and_no_longer(office: Any) -> None:
    issued = [await office.issued() for _ in range(BURST)]
    busy = rendering(office, Quick(), machine=Machine(NO_ROOM_PERCENT))
    for _ in issued:
        busy.wake()

    assert await busy._drain() is False
    assert office.documents.kept == {}

    office.clock.advance(COURTESY_S)
    await busy._drain()
    assert len(office.documents.kept) == len(issued)


@pytest.mark.parametrize(("issued", "stalled_percent"), [(BURST - 1, 100.0), (BURST, NO_ROOM_PERCENT - 1)])
async def test_without_a_burst_or_with_room_documents_are_made_at_once(
    office: Any, issued: int, stalled_percent: float
) -> None:
    invoice = await office.issued()
    free = rendering(office, Quick(), machine=Machine(stalled_percent))
    for _ in range(issued):
        free.wake()

    assert await free._drain() is True
    assert list(office.documents.kept) == [invoice.object_name]


async def test_only_a_burst_asks_the_machine(office: Any) -> None:
    """The answer takes a moment, which nobody else shall wait."""
    machine = Machine()
    asking = rendering(office, Quick(), machine=machine)
    for _ in range(BURST - 1):
        asking.wake()
    await asking._drain()
    assert machine.asked == 0

    asking.wake()
    await asking._drain()
    assert machine.asked == 1


async def test_what_a_crash_left_behind_is_rendered_after_its_lease(office: Any) -> None:
    abandoned = await office.issued()
    assert await office.invoices.claim(now=office.clock.now(), due=office.clock.now(), lease_s=LEASE_S) is not None
    fresh = await office.issued()

    await rendering(office, Quick())._drain()
    assert list(office.documents.kept) == [fresh.object_name]

    office.clock.advance(LEASE_S)
    await rendering(office, Quick())._drain()
    assert set(office.documents.kept) == {fresh.object_name, abandoned.object_name}


async def test_a_document_that_cannot_be_made_does_not_stop_the_others(office: Any) -> None:
    broken = await office.issued()
    sound = await office.issued()

    class Choosy:
        async def render(self, page: PrintedInvoice) -> bytes:
            if page.invoice.id == broken.id:
                raise RenderingFailed("no")
            return b"pdf"

    await rendering(office, Choosy())._drain()

    assert list(office.documents.kept) == [sound.object_name]
    (waiting,) = await office.rows("invoices", {"render_state": "pending"})
    assert waiting["render_at"] > office.clock.now()
