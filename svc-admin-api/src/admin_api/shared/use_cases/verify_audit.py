"""Is every entry of the audit log still what was written, and is none missing?"""

from dataclasses import dataclass

from admin_api.shared.domain.audit import GENESIS, Head
from admin_api.shared.store.audit_log import AuditLog


@dataclass(frozen=True)
class ChainReport:
    """One organization's chain. ``problem`` names the first thing wrong."""

    organization_id: str
    entries: int
    problem: str | None = None


async def verify_chain(head: Head, *, audit: AuditLog) -> ChainReport:
    """Walk a chain from its beginning to its end, whatever is appended meanwhile."""
    previous, count = GENESIS, 0
    async for entry in audit.chain(head.id):
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
