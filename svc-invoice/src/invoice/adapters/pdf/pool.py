"""Renderers in processes of their own: the event loop never waits for a page to be laid out."""

import asyncio
from dataclasses import replace

from gateway_kit.logging import get_logger
from invoice.adapters.pdf import worker
from invoice.adapters.pdf.seat import Seat, WorkerDied
from invoice.domain.printed import Print, PrintedDocument
from invoice.errors import RenderingFailed

log = get_logger(__name__)

# A document whose worker died with it is tried once more; a second death is the document's own fault.
TRIES = 2
LOGGED_CHARACTERS_MAX = 20


class PdfPool:
    """A fixed number of warm processes and at most as many documents in flight; more callers wait their turn.

    A process that was killed, took too much processor time or missed the deadline is replaced. The others go on.
    """

    def __init__(self, *, workers: int, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._seats = [Seat() for _ in range(workers)]
        self._free = asyncio.Semaphore(workers)
        self._idle = list(self._seats)
        self.replaced = 0
        """Documents since the start that show characters by their number, because no font has them."""

    async def render(self, printed: PrintedDocument, *, cpu_s: float) -> Print:
        """The document; by the default template where the organization's own takes more than it may.

        Raises:
            RenderingFailed: over its processor time or the deadline, or the renderer died twice.
        """
        async with self._free:
            seat = self._idle.pop()
            try:
                if printed.look.template is None:
                    return await self._render(seat, printed, cpu_s)
                return await self._render_own(seat, printed, cpu_s)
            finally:
                self._idle.append(seat)

    async def _render_own(self, seat: Seat, printed: PrintedDocument, cpu_s: float) -> Print:
        try:
            return await self._render(seat, printed, cpu_s)
        except RenderingFailed as exc:
            plain = replace(printed, look=replace(printed.look, template=None))
            return replace(await self._render(seat, plain, cpu_s), template_error=str(exc))

    async def _render(self, seat: Seat, printed: PrintedDocument, cpu_s: float) -> Print:
        for _ in range(TRIES):
            try:
                rendered = await seat.render(printed, cpu_s=cpu_s, deadline_s=self._deadline_s)
                self._note_replaced(printed, rendered)
                return Print(rendered.pdf, rendered.template_error)
            except WorkerDied as exc:
                if exc.exit_code == worker.OVER_BUDGET:
                    log.warning("pdf.over_budget", invoice_id=printed.content.id, cpu_s=round(cpu_s, 1))
                    raise RenderingFailed("the document exceeded its processor time") from exc
                log.warning("pdf.worker_died", invoice_id=printed.content.id, exit_code=exc.exit_code)
            except TimeoutError as exc:
                log.error("pdf.deadline", invoice_id=printed.content.id)
                raise RenderingFailed("the document was not rendered in time") from exc
        raise RenderingFailed("the renderer died")

    def _note_replaced(self, printed: PrintedDocument, rendered: worker.Rendered) -> None:
        if not rendered.replaced and not rendered.missed:
            return
        self.replaced += 1
        log.warning(
            "pdf.characters_replaced",
            invoice_id=printed.content.id,
            replaced=_codes(rendered.replaced),
            boxes=_codes(rendered.missed),
            count=len(rendered.replaced) + len(rendered.missed),
        )

    def worker_pids(self) -> list[int]:
        """The processes that live now."""
        return [process.pid for seat in self._seats for process in seat.processes if process.pid is not None]

    async def warm(self) -> None:
        """Start the workers before the first document needs them."""
        await asyncio.gather(*(seat.warm() for seat in self._seats))

    async def close(self) -> None:
        """End the workers."""
        for seat in self._seats:
            seat.close()


def _codes(characters: tuple[str, ...]) -> list[str]:
    return [f"U+{ord(character):04X}" for character in characters[:LOGGED_CHARACTERS_MAX]]
