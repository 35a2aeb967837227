"""How far a service is with a job of re-encryption: one row per job in the service's own database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from gateway_contracts.clock import Clock
from gateway_contracts.errors import Transient

PASSES_MAX: Final = 100


@dataclass
class Progress:
    """One job. ``collection`` and ``after`` are the place: which collection of the declared ones, behind which id."""

    job_id: str
    collection: int = 0
    after: Any = None
    passes: int = 1
    dirty: int = 0
    """Documents of this pass that had an old value."""
    scanned: int = 0
    total: int = 0
    changed: int = 0
    failed: int = 0
    busy_s: float = 0.0
    is_done: bool = False
    is_told: bool = False
    rests_until: datetime | None = None
    """Between passes; None before the first one."""

    def rest(self, now: datetime, seconds: float) -> None:
        """Let other processes learn of the new key, or finish what they write."""
        self.rests_until = now + timedelta(seconds=seconds)

    def is_resting(self, now: datetime) -> bool:
        """Whether the job waits for that. One that is done has only its end to report."""
        return not self.is_done and self.rests_until is not None and now < self.rests_until

    def end_pass(self) -> None:
        """A pass with nothing to do is the last one; otherwise everything is looked through again.

        What `PASSES_MAX` passes could not change counts as failed.
        """
        is_last = self.passes >= PASSES_MAX
        self.is_done = self.dirty == 0 or is_last
        self.failed += self.dirty if is_last else 0
        self.collection, self.after = 0, None
        if not self.is_done:
            self.passes += 1
            self.dirty = self.scanned = self.failed = 0


_FIELDS = tuple(name for name in Progress.__dataclass_fields__ if name != "job_id")


class ProgressStore:
    """The rows, with a lease: a process that was killed gives its job back after ``lease_s`` seconds."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], clock: Clock, *, lease_s: float) -> None:
        self._rows = db["reencryption"]
        self._clock = clock
        self._lease = timedelta(seconds=lease_s)
        self._owner = uuid4().hex

    async def claim(self, job_id: str) -> Progress | None:
        """The job for this process; None while another one holds it."""
        now = self._clock.now()
        free = {"_id": job_id, "$or": [{"lease_until": {"$lte": now}}, {"owner": self._owner}]}
        change = {
            "$set": {"owner": self._owner, "lease_until": now + self._lease},
            "$setOnInsert": {"started_at": now, "schema_version": 1},
        }
        try:
            row = await self._rows.find_one_and_update(free, change, upsert=True, return_document=ReturnDocument.AFTER)
        except DuplicateKeyError:
            return None
        assert row is not None, "an upsert gives a row"
        return Progress(job_id, **{name: row[name] for name in _FIELDS if name in row})

    async def save(self, progress: Progress) -> None:
        """Keep the place and the lease.

        Raises:
            Transient: the lease ran out and another process took the job.
        """
        now = self._clock.now()
        change: dict[str, Any] = {name: getattr(progress, name) for name in _FIELDS}
        change["lease_until"] = now + self._lease
        if progress.is_told:
            change["finished_at"] = now
        result = await self._rows.update_one({"_id": progress.job_id, "owner": self._owner}, {"$set": change})
        if result.matched_count != 1:
            raise Transient("another process works on this job", code="LEASE_LOST")
