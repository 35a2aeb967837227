"""The books, the XML and the printed page of a document say the same, and its file is valid for archives and people."""

import asyncio
import io
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from booked_documents import Booked, booked, stratum
from einvoice_rules import xml_totals
from pdf_checks import assert_archivable, has_checkers
from printed_amounts import PrintedAmounts
from pypdf import PdfReader

from gateway_contracts.currencies import EXPONENTS
from invoice.adapters.pdf import worker
from invoice.domain.printed import Look, PrintedDocument
from invoice.einvoice.formats import PROFILES
from invoice.einvoice.readiness import missing_for
from invoice.einvoice.writer import write

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("rules")]

SEED = 20261201
WHOLE = range(300)
SLICE = (0, 85, 133, 178, 221, 290)
BATCH = 50
CPU_S = 120


@pytest.fixture(scope="module")
def renderers() -> Iterator[Executor]:
    """Renderers' processes that give way to nothing: the test waits for all of them."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), initializer=_start) as processes:
        yield processes


def _start() -> None:
    worker._give_way = lambda: None
    worker.start()


async def _checked(found: Booked, renderers: Executor, folder: Path) -> Path:
    """The document's file; fails where it, its XML and the books differ."""
    content, row = found.content, found.row
    books = (row.net, row.vat, row.total)
    assert (content.number, row.currency, *books) == (row.number, content.currency, content.net, content.vat, row.total)
    assert found.money in (None, row.total)
    missing = {one.code for one in missing_for(content, "zugferd")}
    assert missing <= {"CURRENCY_HAS_THREE_DECIMALS"}
    assert bool(missing) == (EXPONENTS[content.currency] > 2)
    xml = None if missing else write(content, "zugferd")
    for format_ in PROFILES:
        if not missing_for(content, format_):
            assert xml_totals(write(content, format_), format_, content.currency) == books, format_
    page = PrintedDocument(content, Look(paper=found.paper), row.register, found.document.issued_at, xml)
    file = folder / f"{content.number}-{content.id}.pdf"
    rendered = await asyncio.get_running_loop().run_in_executor(renderers, worker.render, page, CPU_S)
    assert rendered.missed == ()
    file.write_bytes(rendered.pdf)
    attached = PdfReader(io.BytesIO(file.read_bytes())).attachments
    assert dict(attached) == ({} if xml is None else {"factur-x.xml": [xml]})
    _assert_printed(PrintedAmounts(file, content, found.paper), books)
    return file


def _assert_printed(printed: PrintedAmounts, books: tuple[int, ...]) -> None:
    content = printed.content
    assert (printed.net(), printed.vat(), printed.total()) == books
    rows = printed.breakdown()
    assert tuple(sum(column) for column in zip(*rows, strict=True)) == books, rows
    pages = printed.pages()
    names = [line.name for line in content.lines if "#" in line.name]
    assert [name for page in pages for name in page.items] == names
    for page, following in pairwise(pages):
        if following.items:
            carried = sum(line.total for line in content.lines[: names.index(following.items[0])])
            assert (page.carried, following.brought) == (carried, carried), page
    assert pages[-1].carried is None


async def _check_all(places: Sequence[int], renderers: Executor, folder: Path) -> Counter[str]:
    """Counts of what there was; fails after all of them, naming those that differ."""
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []

    async def check(place: int) -> Path | None:
        found = await booked(SEED, place)
        outcomes.update([found.document.kind, found.content.language, found.content.currency])
        try:
            return await _checked(found, renderers, folder)
        except AssertionError as exc:
            wrong.append(f"document {place} of seed {SEED}: {exc}")
            return None

    for start in range(0, len(places), BATCH):
        files = await asyncio.gather(*(check(place) for place in places[start : start + BATCH]))
        printed = [file for file in files if file is not None]
        if has_checkers():
            await asyncio.to_thread(assert_archivable, printed)
            outcomes["archivable"] += len(printed)
        for file in printed:
            file.unlink()
    assert wrong == []
    return outcomes


async def test_books_xml_and_page_say_the_same(renderers: Executor, tmp_path: Path) -> None:
    outcomes = await _check_all(SLICE, renderers, tmp_path)

    assert outcomes.keys() >= {"invoice", "credit_note", "ar", "KWD", "JPY"}
    if not outcomes["archivable"]:
        pytest.skip(f"veraPDF needs Java and Maven: {outcomes}")


@pytest.mark.nightly
async def test_books_xml_and_page_of_three_hundred_documents_say_the_same(
    renderers: Executor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = await _check_all(WHOLE, renderers, tmp_path)

    with capsys.disabled():
        print(f"\nseed {SEED}, {len(WHOLE)} documents:", dict(outcomes))  # noqa: T201  # for docs/invoices.md


def test_three_hundred_documents_have_every_pair() -> None:
    found = [stratum(place) for place in WHOLE]

    for first, second in ((0, 1), (0, 2), (1, 2)):
        seen = {(one[first], one[second]) for one in found}
        assert len(seen) == len({one[first] for one in found}) * len({one[second] for one in found})
