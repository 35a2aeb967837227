"""Real PDFs from real worker processes."""

import asyncio
import hashlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from invoice_office import Office

from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_testkit.waiting import eventually
from invoice.adapters.pdf.pool import PdfPool
from invoice.errors import RenderingFailed

pytestmark = pytest.mark.integration


def text_of(pdf: bytes, folder: Path) -> str:
    source = folder / "document.pdf"
    source.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", source, "-"], check=True, capture_output=True, text=True).stdout


async def test_document_shows_number_parties_and_totals(
    office: Office, pdf_pool: PdfPool, line: Callable[..., TransactionLine], tmp_path: Path
) -> None:
    invoice = await office.issued(lines=(line(vat_rate="19"),), locale="de-DE")

    text = text_of((await pdf_pool.render(office.printed(invoice), cpu_s=60)).pdf, tmp_path)

    for part in ("Rechnung", "INV-2026-00001", "Anna Schmidt", "Nordwind Handel GmbH", "100,00", "19,00", "119,00"):
        assert part in text
    assert "TEST" not in text


async def test_test_document_says_so(office: Office, pdf_pool: PdfPool, tmp_path: Path) -> None:
    invoice = await office.issued(livemode=False, party=None)

    text = text_of((await pdf_pool.render(office.printed(invoice), cpu_s=60)).pdf, tmp_path)

    assert "TEST-INV-2026-00001" in text
    assert "Test document" in text


@pytest.mark.parametrize(
    ("currency", "amount", "expected"), [("JPY", 360800, "360,800"), ("KWD", 2501000, "2,501.000")]
)
async def test_amounts_have_the_decimals_of_their_currency(
    office: Office, pdf_pool: PdfPool, tmp_path: Path, currency: str, amount: int, expected: str
) -> None:
    invoice = await office.issued(amount=amount, currency=currency)

    assert f"{currency} {expected}" in text_of(
        (await pdf_pool.render(office.printed(invoice), cpu_s=60)).pdf, tmp_path
    ).replace("\u00a0", " ")


async def test_long_documents_repeat_their_header_on_each_page(
    office: Office, pdf_pool: PdfPool, line: Callable[..., TransactionLine], tmp_path: Path
) -> None:
    lines = tuple(line(f"Tile {n}", 100, n, vat_rate="7") for n in range(1, 41))
    invoice = await office.issued(amount=sum(n * 100 for n in range(1, 41)), lines=lines)

    pages = text_of((await pdf_pool.render(office.printed(invoice), cpu_s=60)).pdf, tmp_path).rstrip("\f").split("\f")

    assert sum("Tile " in page for page in pages) > 1
    for number, page in enumerate(pages, 1):
        # The sums may stand alone on the last one.
        assert ("Unit price" in page) == ("Tile " in page)
        assert "INV-2026-00001" in page
        assert f"Page {number} of {len(pages)}" in page


async def test_the_same_invoice_gives_the_same_bytes_in_any_process(office: Office, pdf_pool: PdfPool) -> None:
    page = office.printed(await office.issued())
    other = PdfPool(workers=1, deadline_s=240)

    try:
        first, second, elsewhere = await asyncio.gather(
            pdf_pool.render(page, cpu_s=60), pdf_pool.render(page, cpu_s=60), other.render(page, cpu_s=60)
        )
    finally:
        await other.close()

    assert first == second == elsewhere


async def test_markup_of_a_customer_is_text_and_opens_nothing(
    office: Office, pdf_pool: PdfPool, tmp_path: Path
) -> None:
    buyer = Party(name='<img src="file:///etc/passwd"><b>Ann</b>', city="{{ 7*7 }}")
    invoice = await office.issued(party=buyer)

    text = text_of((await pdf_pool.render(office.printed(invoice), cpu_s=60)).pdf, tmp_path)

    assert "<b>Ann</b>" in text
    assert "{{ 7*7 }}" in text
    assert "root:" not in text


async def test_the_pool_survives_killed_workers(office: Office, pdf_pool: PdfPool) -> None:
    page = office.printed(await office.issued())
    expected = await pdf_pool.render(page, cpu_s=60)

    for pid in pdf_pool.worker_pids():
        os.kill(pid, signal.SIGKILL)

    assert await pdf_pool.render(page, cpu_s=60) == expected


async def test_a_document_over_the_deadline_is_given_up(office: Office) -> None:
    page = office.printed(await office.issued())
    hasty = PdfPool(workers=1, deadline_s=0.001)

    try:
        with pytest.raises(RenderingFailed):
            await hasty.render(page, cpu_s=60)
    finally:
        await hasty.close()


async def test_a_document_over_its_processor_time_is_given_up_and_its_process_replaced(
    office: Office, line: Callable[..., TransactionLine]
) -> None:
    pool = PdfPool(workers=1, deadline_s=240)
    quick = office.printed(await office.issued())
    lines = tuple(line("\u05d0\u0301" * 500, 100, 1, vat_rate="19") for _ in range(100))
    slow = office.printed(await office.issued(amount=10_000, lines=lines))

    try:
        assert await pool.render(quick, cpu_s=60)
        [before] = pool.worker_pids()
        with pytest.raises(RenderingFailed, match="processor time"):
            await pool.render(slow, cpu_s=1)
        assert await pool.render(quick, cpu_s=60)
        assert pool.worker_pids() != [before]
    finally:
        await pool.close()


async def test_a_killed_process_takes_no_other_document_with_it(
    office: Office, line: Callable[..., TransactionLine]
) -> None:
    pool = PdfPool(workers=2, deadline_s=240)
    quick = office.printed(await office.issued())
    lines = tuple(line("\u05d0\u0301" * 500, 100, 1, vat_rate="19") for _ in range(30))
    slow = office.printed(await office.issued(amount=3_000, lines=lines))
    try:
        await pool.warm()
        longer = asyncio.create_task(pool.render(slow, cpu_s=240))
        await eventually(lambda: len(pool._idle) == 1)
        idle, busy = pool._idle[0], next(seat for seat in pool._seats if seat not in pool._idle)
        [at_work] = busy.processes
        for _ in range(3):
            os.kill(idle.processes[0].pid, signal.SIGKILL)
            assert await pool.render(quick, cpu_s=60)
        assert (await longer).pdf.startswith(b"%PDF")
        assert busy.processes == [at_work]
    finally:
        await pool.close()


async def test_killed_renderers_leave_no_files(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    page = office.printed(await office.issued())
    pool = PdfPool(workers=1, deadline_s=240)
    await pool.render(page, cpu_s=60)
    os.kill(pool.worker_pids()[0], signal.SIGKILL)
    await pool.render(page, cpu_s=60)

    # No `close`: the service is killed at this moment.
    assert list(tmp_path.iterdir()) == []
    await pool.close()


@pytest.mark.parametrize("text", ["x" * 60_000, "\u05d0\u0301" * 30_000, "word " * 12_000])
async def test_a_country_of_60000_characters_is_printed_in_no_time(
    office: Office, pdf_pool: PdfPool, text: str
) -> None:
    buyer = Party(name="Ann", country=text)
    invoice = await office.issued(party=buyer)

    assert await pdf_pool.render(office.printed(invoice), cpu_s=10)


async def test_rendering_is_recorded_and_announced_once(office: Office, pdf_pool: PdfPool) -> None:
    invoice = await office.issued()

    outcomes = [await office.render(invoice, pdf_pool), await office.render(invoice, pdf_pool)]

    assert outcomes == [True, False]
    (stored,) = await office.rows("invoices")
    pdf = office.documents.kept[f"invoices/{invoice.organization_id}/{stored['pdf_sha256']}.pdf"]
    assert stored["pdf_sha256"] == hashlib.sha256(pdf).hexdigest()
    assert stored["version"] == 2
    (event,) = await office.rows("outbox", {"body.type": "invoice.rendered.v1"})
    assert event["sequence"] == 2
    assert event["body"]["data"]["sha256"] == stored["pdf_sha256"]
    assert (await office.verify()).problems == []
