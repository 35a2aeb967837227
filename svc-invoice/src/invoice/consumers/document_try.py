"""One try of one document, with every end that it may have: made, to be tried again, or set aside."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from nats.errors import Error as NatsError

from gateway_contracts.clock import Clock
from gateway_contracts.errors import Transient
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.logging import get_logger
from gateway_kit.mongo.errors import DatabaseError
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.passes import Letters
from gateway_kit.telemetry import remote_span
from invoice.domain.invoice import Invoice
from invoice.domain.rendering import LEASE_S, Effort, RenderTask, Tries
from invoice.errors import RenderingFailed, RenderingInterrupted
from invoice.field_cipher import FieldCipher
from invoice.ports import Documents, Looks, PdfRenderer, Stores, XmlWriter
from invoice.use_cases.render_invoice import render_invoice
from invoice.use_cases.render_queue import RenderQueue

log = get_logger(__name__)

RENEWAL_S: Final = LEASE_S / 3
INVOICES: Final = "invoices"
"""The source of letters about documents that could not be made."""
_AWAY: Final = (Transient, DatabaseError, NatsError, TimeoutError, OSError)
"""Says nothing about the document: a database, a bus or a key is away."""


@dataclass(frozen=True, kw_only=True)
class DocumentTry:
    """Makes a claimed document; a document that cannot be made never ends the loop around it.

    Attributes:
        prepare: gives an invoice what it lacks before it is printed.
    """

    queue: RenderQueue
    clock: Clock
    uow: UnitOfWork
    cipher: FieldCipher
    renderer: PdfRenderer
    xml: XmlWriter
    documents: Documents
    looks: Looks
    stores: Stores
    letters: Letters
    prepare: Callable[[Invoice], Awaitable[Invoice]]
    effort: Effort = field(default_factory=Effort)

    async def __call__(self, task: RenderTask) -> None:
        """Edge: every error ends here, except those of storing the outcome of the try."""
        keeping = asyncio.create_task(self._keep_lease(task))
        try:
            with remote_span("render_invoice", task.traceparent, invoice_id=task.id):
                if task.tries.is_abandoned:
                    raise RenderingInterrupted("the service ended during each of many tries")
                await self._make(task)
        except RenderingInterrupted as exc:
            await self._record(task, task.tries, exc, is_over=True)
        except _AWAY as exc:
            tries = task.tries.failed() if isinstance(exc, RenderingFailed) else task.tries.waited()
            log.warning("invoice.render_postponed", invoice_id=task.id, error=type(exc).__name__)
            await self._record(task, tries, exc, is_over=tries.is_over)
        except Exception as exc:
            log.exception("invoice.render_failed", invoice_id=task.id, error=type(exc).__name__)
            tries = task.tries.failed()
            await self._record(task, tries, exc, is_over=tries.is_over)
        finally:
            await cancel_tasks([keeping])

    async def _make(self, task: RenderTask) -> None:
        invoice = await self.stores.invoices.get(None, task.scope, task.id)
        assert invoice is not None, "invoices are never deleted"
        first = await render_invoice(
            await self.prepare(invoice),
            uow=self.uow,
            cipher=self.cipher,
            renderer=self.renderer,
            xml=self.xml,
            documents=self.documents,
            looks=self.looks,
            stores=self.stores,
            effort=self.effort,
            now=self.clock.now(),
            failures=task.tries.failures,
        )
        log.info("invoice.rendered", invoice_id=task.id, first=first)

    async def _record(self, task: RenderTask, tries: Tries, error: Exception, *, is_over: bool) -> None:
        """Write it down. Where that fails too, the claim's lease ends by itself and the try counts as lost."""
        try:
            if is_over:
                await self._set_aside(task, tries, error)
            else:
                until = self.clock.now() + timedelta(seconds=tries.pause_s)
                await self.queue.postpone(task, tries, until=until)
        except _AWAY as exc:
            log.warning("invoice.try_not_recorded", invoice_id=task.id, error=type(exc).__name__)

    async def _set_aside(self, task: RenderTask, tries: Tries, error: Exception) -> None:
        # The letter first: a row that is set aside without one would not be seen.
        await self.letters.put_row(
            INVOICES,
            task.id,
            organization_id=task.organization_id,
            error=error,
            size=await self.queue.bytes_of(task),
            attempts=task.render_attempts,
        )
        await self.queue.set_aside(task, tries)

    async def _keep_lease(self, task: RenderTask) -> None:
        lease_s = task.tries.lease_s
        while True:
            with contextlib.suppress(DatabaseError):
                task = await self.queue.renew(task, until=self.clock.now() + timedelta(seconds=lease_s))
            await asyncio.sleep(RENEWAL_S)
            lease_s = LEASE_S
