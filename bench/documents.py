"""``python -m bench.documents``: W5, documents against bare WeasyPrint, stored documents as answers, and their numbers.

Each figure stands beside its bare counterpart of the same run, in turns, because the machine's hour counts for both.
Bare is WeasyPrint alone: the same finished page, the style sheet parsed before, no view, no template, no check of
characters, no pool. Ends with 1 where a process has less than 90 % of the bare speed.
"""

import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import httpx
from fastapi import FastAPI
from fastapi.responses import Response
from nats.aio.client import Client

from bench.issuing import issued_in_parallel
from bench.table import machine, render
from gateway_kit.http.files import ConditionsIn, file_answer
from gateway_kit.nats.documents import NatsDocumentStore, new_content_key
from gateway_kit.nats.topology import apply_topology
from gateway_testkit.servers import choose_source, running_nats
from invoice.adapters.pdf import worker
from invoice.adapters.pdf.glyphs import drawable
from invoice.adapters.pdf.pool import PdfPool
from invoice.adapters.pdf.template import filled, style_of
from invoice.adapters.pdf.view import view_of
from invoice.domain.content import DocumentContent
from invoice.domain.example import example_content
from invoice.domain.printed import PrintedDocument

LINES: Final = (1, 10, 100)
TURNS: Final = 9
GROUP: Final = 12
SHARE_MIN: Final = 0.9
WORKERS: Final = 2
READS: Final = 100
CPU_S: Final = 600.0


@dataclass(frozen=True)
class Compared:
    """Speeds of both; the middle of all turns counts."""

    name: str
    ours: list[float]
    bare: list[float]
    is_rendered: bool = False

    @property
    def share(self) -> float:
        """Ours as a share of the bare speed, of the middle turn."""
        return statistics.median(bare / own for own, bare in zip(self.ours, self.bare, strict=True))


def page_of(lines: int) -> DocumentContent:
    """An invoice of so many lines."""
    content = example_content("invoice", livemode=True)
    return replace(content, lines=tuple(content.lines[number % 3] for number in range(lines)))


def turns_in_process(lines: int) -> tuple[list[float], list[float]]:
    """Processor seconds of a document, ours and bare in turns; runs in a renderer's process."""
    printed = PrintedDocument(page_of(lines))
    html, style = _bare_page(printed.content), style_of("a4", "ltr")
    ours, bare = [], []
    for turn in range(TURNS + 1):
        started = time.process_time()
        worker.render(printed, CPU_S)
        between = time.process_time()
        worker._print(html, style, printed)
        if turn:
            ours.append(between - started)
            bare.append(time.process_time() - between)
    return ours, bare


def print_bare(lines: int) -> int:
    """One document by WeasyPrint alone; its size."""
    content = page_of(lines)
    return len(worker._print(_bare_page(content), style_of("a4", "ltr"), PrintedDocument(content)))


def _bare_page(content: DocumentContent) -> str:
    return drawable(filled(view_of(content), None))[0]


def _renderers(count: int, start: Callable[[], None] = worker.start) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=start)


def _at_full_speed() -> None:
    """A renderer that gives way to nothing: processor time is measured, which others do not lengthen."""
    worker._give_way = lambda: None
    worker.start()


def one_process() -> list[Compared]:
    """Speeds inside of one process."""
    with _renderers(1, start=_at_full_speed) as process:
        return [
            Compared(f"{lines} lines, one process, CPU s", *process.submit(turns_in_process, lines).result(), True)
            for lines in LINES
        ]


async def two_workers(lines: int) -> Compared:
    """A group of documents through the pool, and through as many bare processes."""
    pool, page = PdfPool(workers=WORKERS, deadline_s=600), PrintedDocument(page_of(lines))
    ours, bare = [], []
    loop = asyncio.get_running_loop()
    with _renderers(WORKERS) as processes:
        await pool.warm()

        async def by_pool() -> None:
            await asyncio.gather(*(pool.render(page, cpu_s=CPU_S) for _ in range(GROUP)))

        async def by_processes() -> None:
            await asyncio.gather(*(loop.run_in_executor(processes, print_bare, lines) for _ in range(GROUP)))

        await by_pool()
        await by_processes()
        for _ in range(TURNS // 2):
            ours.append(await _timed(by_pool) / GROUP)
            bare.append(await _timed(by_processes) / GROUP)
    await pool.close()
    return Compared(f"{lines} lines, {WORKERS} workers, s", ours, bare, is_rendered=True)


async def served() -> Compared:
    """Stored documents as answers of an API, and the same bytes out of memory."""
    with tempfile.TemporaryDirectory() as folder, running_nats(choose_source("TEST_NATS_URL"), Path(folder)) as server:
        client = Client()
        await client.connect(server.url)
        await apply_topology(client)
        store, key, pdf = NatsDocumentStore(client.jetstream(timeout=30)), new_content_key(), os.urandom(60_000)
        await store.put("document.pdf", pdf, key)

        async def in_memory() -> bytes:
            return pdf

        app = FastAPI()
        _add_route(app, "/stored", lambda: store.get("document.pdf", key))
        _add_route(app, "/memory", in_memory)
        ours, bare = [], []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as http:

            async def read(path: str) -> None:
                for _ in range(READS):
                    answer = await http.get(path)
                    assert answer.content == pdf

            for _ in range(TURNS):
                ours.append(await _timed(lambda: read("/stored")) / READS)
                bare.append(await _timed(lambda: read("/memory")) / READS)
        await client.close()
    return Compared("60 kB served, s", ours, bare)


def _add_route(app: FastAPI, path: str, load: Callable[[], Awaitable[bytes]]) -> None:
    @app.get(path)
    async def answer(conditions: ConditionsIn) -> Response:
        return await file_answer(
            conditions, load, sha256="bench", media_type="application/pdf", disposition="attachment"
        )


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def _measured() -> list[Compared]:
    rows = await asyncio.to_thread(one_process)
    rows += [await two_workers(lines) for lines in LINES[:2]]
    rows.append(await served())
    rows.append(Compared("1,000 invoices of one series in parallel, s each", *await issued_in_parallel()))
    return rows


def main() -> int:
    """The exit code: 1 below the floor."""
    rows = asyncio.run(_measured())
    print(f"\n{machine()}\n")
    print(
        render(
            ("W5", "ours", "bare", "share of bare"),
            [
                (
                    row.name,
                    f"{statistics.median(row.ours):.4f}",
                    f"{statistics.median(row.bare):.4f}",
                    f"{row.share:.0%}",
                )
                for row in rows
            ],
        )
    )
    slow = [row for row in rows if row.is_rendered and row.share < SHARE_MIN]
    for row in slow:
        print(f"FAILED: {row.name}: {row.share:.0%} of the bare speed, at least {SHARE_MIN:.0%}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
