"""The renderer's loop: woken after each issue, and by the clock for what a crash left behind.

In a burst of payments on a machine that has no room, documents wait a little: whoever is paid is told first.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from gateway_contracts.clock import Clock
from gateway_contracts.errors import GatewayError
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.telemetry import remote_span
from invoice.domain.invoice import Invoice
from invoice.ports import Documents, InvoiceWriter, PartyVault, PdfRenderer, RenderQueue, RenderTask
from invoice.use_cases.render_invoice import render_invoice

log = get_logger(__name__)

SWEEP_INTERVAL_S: Final = 5.0
# Renewed while a document is being made: what a killed process held is free again this soon.
LEASE_S: Final = 15.0
RENEWAL_S: Final = 5.0
# After a failure, doubled each time: a document that cannot be made shall not keep the renderers busy.
RETRY_AFTER_S: Final = 15.0
RETRY_AFTER_S_MAX: Final = 3600.0
# So many invoices within a second are a burst, ...
BURST: Final = 5
BURST_S: Final = 1.0
# ... and a machine on which this share of the time somebody waits for a processor has no room. A document costs more
# than everything else that a payment causes; it waits for this long at most, and is looked for again this often.
NO_ROOM_PERCENT: Final = 25.0
COURTESY_S: Final = 15.0
COURTESY_PAUSE_S: Final = 1.0


class Rendering:
    """Takes waiting invoices one by one, ``workers`` at a time; the database is the queue, so memory stays bounded."""

    def __init__(
        self,
        *,
        queue: RenderQueue,
        clock: Clock,
        workers: int,
        uow: UnitOfWork,
        vault: PartyVault,
        renderer: PdfRenderer,
        documents: Documents,
        invoices: InvoiceWriter,
        stalled_percent: Callable[[], Awaitable[float]],
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._uow = uow
        self._vault = vault
        self._renderer = renderer
        self._documents = documents
        self._invoices = invoices
        self._stalled_percent = stalled_percent
        self._issued: deque[float] = deque(maxlen=BURST)
        # One each: a worker that is busy with a long document keeps no other from the next one.
        self._woken = [asyncio.Event() for _ in range(workers)]

    def wake(self) -> None:
        """There is something to render."""
        self._issued.append(time.monotonic())
        for woken in self._woken:
            woken.set()

    async def run(self) -> None:
        """Until canceled."""
        async with asyncio.TaskGroup() as group:
            for woken in self._woken:
                group.create_task(self._work(woken))

    async def _work(self, woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            if not await self._drain():
                await asyncio.sleep(COURTESY_PAUSE_S)
                continue
            try:
                async with asyncio.timeout(SWEEP_INTERVAL_S):
                    await woken.wait()
            except TimeoutError:
                continue

    async def _drain(self) -> bool:
        """Render what is due; false when younger documents were left to wait."""
        while True:
            gives_way = await self._gives_way()
            now = self._clock.now()
            due = now - timedelta(seconds=COURTESY_S) if gives_way else now
            task = await self._queue.claim(now=now, due=due, lease_s=LEASE_S)
            if task is None:
                return not gives_way
            await self._render(task)

    async def _gives_way(self) -> bool:
        """The machine is asked in a burst only: its answer takes a moment, which a single payment does not wait."""
        is_burst = len(self._issued) == BURST and time.monotonic() - self._issued[0] < BURST_S
        return is_burst and await self._stalled_percent() >= NO_ROOM_PERCENT

    async def _render(self, task: RenderTask) -> None:
        """Edge: one document that cannot be made does not stop the others."""
        keeping = asyncio.create_task(self._keep_lease(task.invoice))
        try:
            with remote_span("render_invoice", task.traceparent, invoice_id=task.invoice.id):
                await self._make(task.invoice)
        except GatewayError as exc:
            log.warning("invoice.render_postponed", invoice_id=task.invoice.id, code=exc.code)
            await self._postpone(task)
        except Exception as exc:
            log.exception("invoice.render_failed", invoice_id=task.invoice.id, error=type(exc).__name__)
            await self._postpone(task)
        finally:
            keeping.cancel()

    async def _make(self, invoice: Invoice) -> None:
        first = await render_invoice(
            invoice,
            uow=self._uow,
            vault=self._vault,
            renderer=self._renderer,
            documents=self._documents,
            invoices=self._invoices,
        )
        log.info("invoice.rendered", invoice_id=invoice.id, first=first)

    async def _keep_lease(self, invoice: Invoice) -> None:
        while True:
            await asyncio.sleep(RENEWAL_S)
            await self._queue.postpone(invoice, until=self._clock.now() + timedelta(seconds=LEASE_S))

    async def _postpone(self, task: RenderTask) -> None:
        pause = min(RETRY_AFTER_S * 2 ** min(task.attempt - 1, 10), RETRY_AFTER_S_MAX)
        await self._queue.postpone(task.invoice, until=self._clock.now() + timedelta(seconds=pause))
