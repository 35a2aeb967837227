"""Is every entry of the audit log still what was written, and is none missing?"""

import asyncio
from dataclasses import dataclass
from typing import Final

from admin_api.shared.domain.audit import GENESIS, Head
from admin_api.shared.store.audit_log import AuditLog
from gateway_contracts.errors import Transient
from gateway_kit.fairness import Busy, FairSlots, Shares
from gateway_kit.shared_answers import SharedAnswers

BATCH: Final = 100
"""Entries that are hashed before other work of the process has its turn."""
CHAINS_MAX: Final = 2
"""Chains that are walked at the same time for those who ask."""
WAIT_S: Final = 10.0
"""For the walks of other chains."""
_WAITING: Final = 64


@dataclass(frozen=True)
class ChainReport:
    """One organization's chain. ``problem`` names the first thing wrong."""

    organization_id: str
    entries: int
    problem: str | None = None


async def verify_chain(head: Head, *, audit: AuditLog) -> ChainReport:
    """Walk a chain from its beginning to its end, whatever is appended meanwhile."""
    previous, count = GENESIS, 0
    async for entry in audit.links(head.id):
        if count % BATCH == 0:
            await asyncio.sleep(0)
        if entry.sequence > head.sequence:
            break
        if entry.sequence != count + 1:
            return ChainReport(head.id, count, f"entry {count + 1} is missing")
        if entry.previous_hash != previous or entry.computed_hash() != entry.hash:
            return ChainReport(head.id, count, f"entry {entry.sequence} was changed")
        previous, count = entry.hash, entry.sequence
    if count != head.sequence:
        return ChainReport(head.id, count, f"entry {count + 1} is missing")
    if previous != head.hash:
        return ChainReport(head.id, count, "the chain ends in another entry than was written last")
    return ChainReport(head.id, count)


async def verify_audit(*, audit: AuditLog) -> list[ChainReport]:
    """All chains."""
    return [await verify_chain(head, audit=audit) async for head in audit.heads()]


class ChainChecks:
    """Walks chains for those who ask: each chain once for all who ask at the same moment, few chains at a time."""

    def __init__(self) -> None:
        shares = Shares(CHAINS_MAX, per_lane=1, reserve=0)
        self._places = FairSlots(shares, waiting_per_lane=1, waiting_total=_WAITING)
        self._reports: SharedAnswers[ChainReport] = SharedAnswers()

    @property
    def waiting(self) -> int:
        """Chains whose walk waits for its turn."""
        return self._places.waiting

    async def check(self, organization_id: str, *, audit: AuditLog) -> ChainReport:
        """Walk the chain of one organization.

        Raises:
            Transient: too many others are walked.
        """
        return await self._reports.ask(organization_id, lambda: self._walk(organization_id, audit))

    async def _walk(self, organization_id: str, audit: AuditLog) -> ChainReport:
        try:
            async with self._places.place(organization_id, timeout_s=WAIT_S):
                return await verify_chain(await audit.head(organization_id), audit=audit)
        except Busy as exc:
            raise Transient("too many audit logs are being checked", code="OVERLOADED", retry_after_s=10) from exc
