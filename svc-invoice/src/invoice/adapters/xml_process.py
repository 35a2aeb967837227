"""The writer of XML in a process of its own: it takes a second to load, and milliseconds for a document."""

import asyncio
import contextlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from gateway_kit.logging import get_logger
from invoice.adapters.child_process import end_with_parent
from invoice.domain.content import DocumentContent
from invoice.einvoice.formats import EInvoiceFormat
from invoice.einvoice.writer import load, write
from invoice.errors import EInvoiceFailed

log = get_logger(__name__)

# A document whose writer died with it is tried once more; a second death is the document's own fault.
TRIES: Final = 2
DEADLINE_S: Final = 60.0
"""For a busy machine and the first document; one alone takes milliseconds."""


class XmlProcess:
    """Started with the first document; a process that died or is late is replaced."""

    def __init__(self, *, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._executor: ProcessPoolExecutor | None = None

    async def write(self, content: DocumentContent, format_: EInvoiceFormat) -> bytes:
        """
        Raises:
            EInvoiceFailed: late, died over the document, or a document that the writer does not take.
        """
        for _ in range(TRIES):
            executor = self._running()
            try:
                async with asyncio.timeout(self._deadline_s):
                    return await asyncio.wrap_future(executor.submit(write, content, format_))
            except BrokenProcessPool:
                self._end(executor)
                log.warning("xml.writer_died", invoice_id=content.id)
            except TimeoutError as exc:
                self._end(executor)
                log.error("xml.deadline", invoice_id=content.id)
                raise EInvoiceFailed("the XML was not written in time") from exc
            except Exception as exc:
                # The library raises plain exceptions for what it does not accept.
                log.exception("xml.refused", invoice_id=content.id, format=format_)
                raise EInvoiceFailed("the XML could not be written") from exc
        raise EInvoiceFailed("the writer died")

    def pids(self) -> list[int]:
        """The process that lives now, or nothing before the first document."""
        processes = self._executor._processes if self._executor is not None else None
        return list(processes or {})

    async def warm(self) -> None:
        """Load the library before a document needs it."""
        with contextlib.suppress(BrokenProcessPool):
            await asyncio.wrap_future(self._running().submit(load))

    async def close(self) -> None:
        """End the process."""
        if self._executor is not None:
            self._end(self._executor)

    def _running(self) -> ProcessPoolExecutor:
        if self._executor is None:
            spawn = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(1, mp_context=spawn, initializer=end_with_parent)
        return self._executor

    def _end(self, executor: ProcessPoolExecutor) -> None:
        """A busy process does not notice a shutdown."""
        if self._executor is executor:
            self._executor = None
        processes = list((executor._processes or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
