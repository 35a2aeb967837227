"""The renderer's loop: woken after each issue, and by the clock for what a crash left behind."""

import asyncio
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
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._uow = uow
        self._vault = vault
        self._renderer = renderer
        self._documents = documents
        self._invoices = invoices
        # One each: a worker that is busy with a long document keeps no other from the next one.
        self._woken = [asyncio.Event() for _ in range(workers)]

    def wake(self) -> None:
        """There is something to render."""
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
            await self._drain()
            try:
                async with asyncio.timeout(SWEEP_INTERVAL_S):
                    await woken.wait()
            except TimeoutError:
                continue

    async def _drain(self) -> None:
        while (task := await self._queue.claim(now=self._clock.now(), lease_s=LEASE_S)) is not None:
            await self._render(task)

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
