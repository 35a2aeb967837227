"""Encrypts stored values again under a new data key, beside the service's work.

Each tenant that rotates is walked through, collection by collection, in the order of ids; the place is kept after each
batch, so that a killed process costs one batch. A document changes only where its old ciphertext still stands: a
writer at the same moment wins. A process that had not heard of the new key yet may write behind the walk, so the walk
is repeated until a whole pass finds nothing to do. Tenants take turns: many documents of one, or damaged ones, keep no
other from its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, PyMongoError

from gateway_contracts.clock import Clock
from gateway_contracts.config import RotationConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import GatewayError
from gateway_contracts.requests.rotation import ReencryptionReport
from gateway_kit.crypto.errors import DecryptionFailed, KeyUnavailable
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.kms import Scope
from gateway_kit.logging import get_logger
from gateway_kit.mongo.encrypted_fields import Document, EncryptedCollection, FoundValue, found_values
from gateway_kit.mongo.reencrypt_progress import Progress, ProgressStore

log = get_logger(__name__)

_REMEMBERED_MAX: Final = 10_000
SCANNED_PER_CHANGED: Final = 10
"""Reading a document counts this many times less than writing one."""


@dataclass(frozen=True)
class Renewal:
    """One value that changes: only if ``before`` still stands there."""

    path: str
    before: EncryptedValue
    after: EncryptedValue


Rewrite = Callable[[str, Sequence[Renewal]], Awaitable[bool]]
"""How documents of a collection change, where more than the value has to: gets the id, says whether it changed."""
Report = Callable[[ReencryptionReport], Awaitable[bool]]
"""Report to the owner of the job; false: the job was withdrawn."""


@dataclass(frozen=True)
class Pace:
    """How fast: ``documents_per_s`` are written at most; times in seconds."""

    documents_per_s: float = 1_000
    batch: int = 100
    lease_s: float = 15.0
    settle_s: float = 3.0
    """Before the first pass and between passes: every process hears of the new key in this time."""
    poll_s: float = 1.0
    report_s: float = 2.0
    retry_s: float = 5.0
    """A job that was interrupted waits this long."""
    turn: int = 10
    """Batches of one job before the next tenant's has its turn."""


@dataclass
class Reencryptor:
    """One per process of a service with encrypted fields; a lease lets one process work on a job."""

    db: AsyncDatabase[Document]
    service: str
    collections: tuple[EncryptedCollection, ...]
    keyring: Keyring
    clock: Clock
    rotations: Callable[[], list[RotationConfig]]
    report: Report
    rewriters: Mapping[str, Rewrite] = field(default_factory=dict)
    pace: Pace = Pace()
    store: ProgressStore = field(init=False)
    _reported_at: dict[str, float] = field(default_factory=dict)
    _paused_until: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = ProgressStore(self.db, self.clock, lease_s=self.pace.lease_s)

    async def run(self) -> None:
        """Work on what is asked for, in turns of the tenants; ends only by cancellation."""
        while True:
            if not any([await self._try(rotation) for rotation in self.rotations()]):
                await asyncio.sleep(self.pace.poll_s)

    async def _try(self, rotation: RotationConfig) -> bool:
        """Edge: a job that cannot go on never keeps another tenant's from its turn. Whether something was done."""
        if time.monotonic() < self._paused_until.get(rotation.job_id, 0.0):
            return False
        try:
            return await self.turn(rotation)
        except (GatewayError, PyMongoError) as exc:
            # A key or a server is away: the place is kept, a later turn goes on from there.
            log.warning("reencrypt.interrupted", job_id=rotation.job_id, error=type(exc).__name__)
        except Exception as exc:
            log.exception("reencrypt.failed", job_id=rotation.job_id, error=type(exc).__name__)
        if len(self._paused_until) >= _REMEMBERED_MAX:
            self._paused_until.clear()
        self._paused_until[rotation.job_id] = time.monotonic() + self.pace.retry_s
        return False

    async def advance(self, rotation: RotationConfig) -> None:
        """Bring one job to its end, unless another process holds it or has ended it.

        Raises:
            KeyUnavailable: an old or a new key is not in memory.
            GatewayError: the end could not be reported to the owner of the job.
        """
        while (progress := await self.store.claim(rotation.job_id)) is not None and not progress.is_told:
            if not await self.turn(rotation):
                await asyncio.sleep(self.pace.settle_s)

    async def turn(self, rotation: RotationConfig) -> bool:
        """A few batches of one job; false where nothing is to be done now.

        Raises:
            KeyUnavailable: an old or a new key is not in memory.
            GatewayError: the end could not be reported to the owner of the job.
        """
        progress = await self.store.claim(rotation.job_id)
        if progress is None or progress.is_told or progress.is_resting(self.clock.now()):
            return False
        if not progress.is_done:
            self._require_targets(rotation)
            await self._walk(rotation, progress)
        if progress.is_done:
            await self.report(self._report(progress))
            progress.is_told = True
            await self.store.save(progress)
            log.info("reencrypt.done", job_id=progress.job_id, changed=progress.changed, failed=progress.failed)
        return True

    def _require_targets(self, rotation: RotationConfig) -> None:
        for purpose, version in rotation.targets.items():
            scope: Scope = "system" if purpose == "system" else "organization"
            if self.keyring.current_version(scope, rotation.organization_id, purpose) < version:
                raise KeyUnavailable("the new data key is not in memory yet")

    async def _walk(self, rotation: RotationConfig, progress: Progress) -> None:
        if progress.rests_until is None:
            progress.total = await self._count(rotation)
            progress.rest(self.clock.now(), self.pace.settle_s)
            await self._keep(progress)
            return
        wanted = self._wanted(rotation)
        for _ in range(self.pace.turn):
            if progress.is_done:
                return
            if progress.collection >= len(wanted):
                progress.end_pass()
                progress.rest(self.clock.now(), self.pace.settle_s)
                await self._keep(progress)
                return
            if not await self._walk_batch(rotation, wanted[progress.collection], progress):
                progress.collection += 1
                progress.after = None

    def _wanted(self, rotation: RotationConfig) -> list[EncryptedCollection]:
        scope: Scope = "system" if "system" in rotation.targets else "organization"
        return [collection for collection in self.collections if collection.scope == scope]

    async def _count(self, rotation: RotationConfig) -> int:
        counts = [
            await self.db[collection.name].count_documents(collection.query(rotation.organization_id))
            for collection in self._wanted(rotation)
        ]
        return sum(counts)

    async def _walk_batch(self, rotation: RotationConfig, collection: EncryptedCollection, progress: Progress) -> bool:
        """False at the end of the collection."""
        started = time.monotonic()
        rows = await self._batch(rotation, collection, progress.after)
        if not rows:
            return False
        attempted = await self._renew(rotation, collection, rows, progress)
        progress.after = rows[-1]["_id"]
        progress.scanned += len(rows)
        await self._keep(progress)
        cost = (attempted + (len(rows) - attempted) / SCANNED_PER_CHANGED) / self.pace.documents_per_s
        await asyncio.sleep(max(0.0, cost - (time.monotonic() - started)))
        progress.busy_s += time.monotonic() - started
        return True

    async def _batch(self, rotation: RotationConfig, collection: EncryptedCollection, after: Any) -> list[Document]:
        query = collection.query(rotation.organization_id)
        if after is not None:
            query["_id"] = {"$gt": after}
        cursor = self.db[collection.name].find(query, collection.projection)
        return await cursor.sort("_id", 1).hint(collection.index).limit(self.pace.batch).to_list()

    async def _renew(
        self, rotation: RotationConfig, collection: EncryptedCollection, rows: list[Document], progress: Progress
    ) -> int:
        """How many documents were to be changed."""
        found = {row["_id"]: self._renewals(rotation, collection, row, progress) for row in rows}
        wanted = {identifier: renewals for identifier, renewals in found.items() if renewals}
        progress.dirty += len(wanted)
        failed = await self._write(collection, wanted, progress) if wanted else 0
        # The next pass would meet them again, without end.
        progress.dirty -= failed
        progress.failed += failed
        return len(wanted)

    async def _write(
        self, collection: EncryptedCollection, wanted: Mapping[str, Sequence[Renewal]], progress: Progress
    ) -> int:
        """How many documents cannot be written."""
        rewrite = self.rewriters.get(collection.name)
        if rewrite is not None:
            return sum([not await self._rewrite(rewrite, collection, *one, progress) for one in wanted.items()])
        writes = [_guarded(identifier, renewals) for identifier, renewals in wanted.items()]
        try:
            result = await self.db[collection.name].bulk_write(writes, ordered=False)
        except BulkWriteError as exc:
            progress.changed += exc.details["nModified"]
            log.error("reencrypt.not_written", collection=collection.name, documents=len(exc.details["writeErrors"]))
            return len(exc.details["writeErrors"])
        progress.changed += result.modified_count
        return 0

    async def _rewrite(
        self,
        rewrite: Rewrite,
        collection: EncryptedCollection,
        identifier: str,
        renewals: Sequence[Renewal],
        progress: Progress,
    ) -> bool:
        """False for a document that cannot be written, whatever the reason; a database that is away ends the turn."""
        try:
            progress.changed += await rewrite(identifier, renewals)
        except (GatewayError, PyMongoError):
            raise
        except Exception as exc:
            error = type(exc).__name__
            log.error("reencrypt.damaged", collection=collection.name, document_id=identifier, error=error)
            return False
        return True

    def _renewals(
        self, rotation: RotationConfig, collection: EncryptedCollection, row: Document, progress: Progress
    ) -> list[Renewal]:
        """The values to change; a document that cannot be read is counted, and the job goes on without it."""
        try:
            values = [
                found
                for found in found_values(row, collection)
                if found.value.v < rotation.targets.get(found.value.p, 0)
            ]
        except (KeyError, ValueError, TypeError):
            values = []
            progress.failed += 1
            log.error("reencrypt.damaged", collection=collection.name, document_id=row["_id"])
        renewals, is_damaged = [], False
        for found in values:
            if found.value.v >= rotation.targets.get(found.value.p, 0):
                continue
            try:
                renewals.append(self._renewal(found))
            except DecryptionFailed:
                is_damaged = True
                log.error("reencrypt.damaged", collection=collection.name, document_id=row["_id"], path=found.path)
        progress.failed += is_damaged
        return renewals

    def _renewal(self, found: FoundValue) -> Renewal:
        return Renewal(found.path, found.value, self.keyring.renew(found.value, found.place))

    async def _keep(self, progress: Progress) -> None:
        await self.store.save(progress)
        reported_at = self._reported_at.get(progress.job_id, float("-inf"))
        if not progress.is_done and time.monotonic() - reported_at >= self.pace.report_s:
            if len(self._reported_at) >= _REMEMBERED_MAX:
                self._reported_at.clear()
            self._reported_at[progress.job_id] = time.monotonic()
            try:
                progress.is_done = not await self.report(self._report(progress))
            except GatewayError as exc:
                log.info("reencrypt.untold", job_id=progress.job_id, error=exc.code)

    def _report(self, progress: Progress) -> ReencryptionReport:
        return ReencryptionReport(
            job_id=progress.job_id,
            service=self.service,
            state="done" if progress.is_done else "running",
            scanned=progress.scanned,
            total=progress.total,
            changed=progress.changed,
            failed=progress.failed,
            passes=progress.passes,
            busy_s=round(progress.busy_s, 3),
        )


def _guarded(identifier: str, renewals: Sequence[Renewal]) -> UpdateOne:
    unchanged = {f"{renewal.path}.c": renewal.before.c for renewal in renewals}
    change: Document = {}
    for renewal in renewals:
        change |= {f"{renewal.path}.c": renewal.after.c, f"{renewal.path}.v": renewal.after.v}
    return UpdateOne({"_id": identifier, **unchanged}, {"$set": change})
