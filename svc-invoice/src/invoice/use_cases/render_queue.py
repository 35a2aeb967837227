"""Documents that wait for their PDF: the collection of invoices is the queue, taken in turns of the organizations."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from gateway_contracts.clock import Clock
from gateway_kit.mongo.store import Store
from gateway_kit.set_aside import STATE as SET_ASIDE
from invoice.domain.invoice import Invoice
from invoice.domain.rendering import RenderTask, Tries

COUNTED_MAX: Final = 10_000
TURNS: Final = (("organization_id", 1), ("render_at", 1))
"""The order of claims; the index of waiting documents has it, so that a claim reads a few keys of each tenant."""
_CLAIM: Final = ("render_state", "render_attempts")
"""What a claim is known by: unchanged while no other worker has claimed the document since."""


def due_documents(due: datetime, *, turn: Mapping[str, Any]) -> dict[str, Any]:
    """Waiting documents whose time came; ``turn`` limits the organizations."""
    return {"render_state": "pending", "organization_id": turn, "render_at": {"$lte": due}}


class RenderQueue:
    """Issued documents without a PDF, each leased to one worker at a time."""

    def __init__(self, render_tasks: Store[RenderTask], clock: Clock) -> None:
        self._tasks = render_tasks
        self._clock = clock

    async def claim(self, *, due: datetime, after: str, without: Collection[str] = ()) -> RenderTask | None:
        """The longest waiting document of the next organization in turn whose time came no later than ``due``.

        Args:
            after: the organization that had the last turn; those behind it come first.
            without: organizations that may not have more workers now.
        """
        for bound in ({"$gt": after}, {"$lte": after}):
            where = due_documents(due, turn={**bound, "$nin": sorted(without)})
            while waiting := await self._tasks.across_tenants.first(None, where, sort=TURNS):
                claimed = waiting.claimed(self._clock.now())
                if await self._tasks.now.replace(waiting, claimed, guard=(*_CLAIM, "render_at")):
                    return claimed
        return None

    async def renew(self, claim: RenderTask, *, until: datetime) -> RenderTask:
        """The claim, kept at least until then; unchanged where its try has ended."""
        renewed = claim.leased(until)
        return renewed if await self._tasks.now.replace(claim, renewed, guard=(*_CLAIM, "render_at")) else claim

    async def postpone(self, claim: RenderTask, tries: Tries, *, until: datetime) -> None:
        """The try ended without a document; offer it again at that time."""
        await self._tasks.now.replace(claim, claim.postponed(tries, until), guard=_CLAIM)

    async def set_aside(self, claim: RenderTask, tries: Tries) -> None:
        """No further try until an operator redrives it."""
        await self._tasks.now.replace(claim, claim.set_aside(tries), guard=_CLAIM)

    async def redrive(self, document_id: str) -> bool:
        """Offer it again with fresh tries; false where it is not set aside."""
        where = {"_id": document_id, "render_state": SET_ASIDE}
        found = await self._tasks.across_tenants.first(None, where, sort=TURNS)
        return found is not None and await self._again(found)

    async def remake(self, invoice: Invoice) -> None:
        """Its document was lost: it waits again as after its issue. Twice is once."""
        found = await self._task_of(invoice)
        if found.render_state == "done":
            await self._again(found)

    async def is_set_aside(self, invoice: Invoice) -> bool:
        """Whether it was given up after its tries."""
        return (await self._task_of(invoice)).render_state == SET_ASIDE

    async def count(self, state: str) -> int:
        """How many documents are ``pending`` or set aside; no more than 10,000 are counted."""
        return await self._tasks.across_tenants.count(None, {"render_state": state}, limit=COUNTED_MAX)

    async def bytes_of(self, claim: RenderTask) -> int:
        """The size of its row."""
        return await self._tasks.across_tenants.bytes_of(claim.id)

    async def _again(self, task: RenderTask) -> bool:
        return await self._tasks.now.replace(task, task.again(self._clock.now()), guard=_CLAIM)

    async def _task_of(self, invoice: Invoice) -> RenderTask:
        found = await self._tasks.get(None, invoice.scope, invoice.id)
        assert found is not None, "invoices are never deleted"
        return found
