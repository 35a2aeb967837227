"""One renderer's process: it takes one document at a time, and is replaced alone."""

import asyncio
import contextlib
import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import Final

from invoice.adapters.pdf import worker
from invoice.domain.printed import PrintedDocument

_EXIT_CODE_TRIES: Final = 100
_EXIT_CODE_PAUSE_S: Final = 0.05


class WorkerDied(Exception):
    """The process ended over a document.

    Attributes:
        exit_code: as `multiprocessing` gives it; negative for a signal.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"the renderer's process ended with {exit_code}")
        self.exit_code = exit_code


class Seat:
    """A warm process and its successor whenever it dies."""

    def __init__(self) -> None:
        self._executor = _open()

    @property
    def processes(self) -> list[BaseProcess]:
        """The process, or nothing before the first document."""
        return list((self._executor._processes or {}).values())

    async def warm(self) -> None:
        """Start the process before a document needs it."""
        with contextlib.suppress(BrokenProcessPool):
            await asyncio.wrap_future(self._executor.submit(_ready))

    async def render(self, printed: PrintedDocument, *, cpu_s: float, deadline_s: float) -> worker.Rendered:
        """
        Raises:
            TimeoutError: not within the deadline; the process is replaced.
            WorkerDied: the process ended; it is replaced.
        """
        processes: list[BaseProcess] = []
        try:
            # A process that died while it was idle fails here, without the document.
            running: Future[worker.Rendered] = self._executor.submit(worker.render, printed, cpu_s)
            processes = self.processes
            async with asyncio.timeout(deadline_s):
                return await asyncio.wrap_future(running)
        except BrokenProcessPool as exc:
            self.replace()
            raise WorkerDied(await _exit_code(processes)) from exc
        except (TimeoutError, asyncio.CancelledError):
            # The process would go on with a document that is not wanted any more.
            self.replace()
            raise

    def replace(self) -> None:
        """A fresh process in place of the one at hand, whatever that does."""
        old, self._executor = self._executor, _open()
        _kill(old)

    def close(self) -> None:
        """End the process."""
        _kill(self._executor)


def _open() -> ProcessPoolExecutor:
    # Spawned, not forked: a forked child would inherit the loop, its sockets and its locks.
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=worker.start)


def _kill(executor: ProcessPoolExecutor) -> None:
    """A busy process does not notice a shutdown."""
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()


async def _exit_code(processes: list[BaseProcess]) -> int | None:
    """The executor's own thread collects the process too; until it has, the code is not known."""
    for _ in range(_EXIT_CODE_TRIES):
        codes = [process.exitcode for process in processes]
        if not codes or codes[0] is not None:
            break
        await asyncio.sleep(_EXIT_CODE_PAUSE_S)
    return next(iter(codes), None)


def _ready() -> None:
    """Answered by a process once its initializer is through."""
