"""Renderers in processes of their own: the event loop never waits for a page to be laid out."""

import asyncio
import contextlib
import multiprocessing
import tempfile
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from gateway_kit.logging import get_logger
from invoice.adapters.pdf import worker
from invoice.domain.printed import PrintedInvoice
from invoice.errors import RenderingFailed

log = get_logger(__name__)

# A document whose worker died with it is tried once more; a second death is the document's own fault.
TRIES = 2


class PdfPool:
    """A fixed number of warm processes and at most as many documents in flight; more callers wait their turn.

    A worker that was killed, or that did not finish within the deadline, is replaced together with its siblings.
    """

    def __init__(self, *, workers: int, deadline_s: float) -> None:
        self._workers = workers
        self._deadline_s = deadline_s
        self._slots = asyncio.Semaphore(workers)
        self._fonts_cache = tempfile.TemporaryDirectory(prefix="invoice-fonts-")
        self._pool = self._open()

    async def render(self, printed: PrintedInvoice) -> bytes:
        """
        Raises:
            RenderingFailed: no document within the deadline, or the renderer died twice.
        """
        async with self._slots:
            for _ in range(TRIES):
                pool = self._pool
                try:
                    return await self._within_deadline(pool, printed)
                except BrokenProcessPool:
                    log.warning("pdf.worker_died", invoice_id=printed.invoice.id)
                    self._replace(pool)
        raise RenderingFailed("the renderer died")

    async def _within_deadline(self, pool: ProcessPoolExecutor, printed: PrintedInvoice) -> bytes:
        running: Future[bytes] = pool.submit(worker.render, printed)
        try:
            async with asyncio.timeout(self._deadline_s):
                return await asyncio.wrap_future(running)
        except TimeoutError as exc:
            log.error("pdf.deadline", invoice_id=printed.invoice.id)
            self._replace(pool)
            raise RenderingFailed("the document was not rendered in time") from exc

    def worker_pids(self) -> list[int]:
        """The processes that live now."""
        return list(self._pool._processes or ())

    async def warm(self) -> None:
        """Start the workers before the first document needs them."""
        loading = [self._pool.submit(_ready) for _ in range(self._workers)]
        with contextlib.suppress(BrokenProcessPool):
            await asyncio.gather(*(asyncio.wrap_future(future) for future in loading))

    async def close(self) -> None:
        """End the workers."""
        self._kill(self._pool)
        self._fonts_cache.cleanup()

    def _open(self) -> ProcessPoolExecutor:
        # Spawned, not forked: a forked child would inherit the loop, its sockets and its locks.
        return ProcessPoolExecutor(
            self._workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=worker.start,
            initargs=(self._fonts_cache.name,),
        )

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:
            self._pool = self._open()
        self._kill(broken)

    @staticmethod
    def _kill(pool: ProcessPoolExecutor) -> None:
        """A hung process does not hear of a shutdown."""
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


def _ready() -> None:
    """Answered by a process once its initializer is through."""
