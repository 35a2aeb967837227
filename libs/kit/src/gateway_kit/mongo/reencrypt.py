"""Encrypts stored values again under a new data key, beside the service's work.

Each tenant that rotates is walked through, collection by collection, in the order of ids; the place is kept after each
batch, so that a killed process costs one batch. A document changes only where its old ciphertext still stands: whoever
writes at the same moment wins. A process that had not heard of the new key yet may write behind the walk, so the walk
is repeated until a whole pass finds nothing to do.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

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
"""Tells the owner of the job; false: nobody wants the job any more."""


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
    _told_at: float = 0.0

    def __post_init__(self) -> None:
        self.store = ProgressStore(self.db, self.clock, lease_s=self.pace.lease_s)

    async def run(self) -> None:
        """Work on what is asked for; ends only by cancellation."""
        while True:
            for rotation in self.rotations():
                await self._try(rotation)
            await asyncio.sleep(self.pace.poll_s)

    async def _try(self, rotation: RotationConfig) -> None:
        try:
            await self.advance(rotation)
        except (GatewayError, PyMongoError) as exc:
            # A key or a server is away: the place is kept, the next round goes on from there.
            log.warning("reencrypt.interrupted", job_id=rotation.job_id, error=type(exc).__name__)

    async def advance(self, rotation: RotationConfig) -> None:
        """Bring one job to its end, unless another process holds it or has ended it.

        Raises:
            KeyUnavailable: an old or a new key is not in memory.
            GatewayError: the owner of the job could not be told of its end.
        """
        progress = await self.store.claim(rotation.job_id)
        if progress is None or progress.is_told:
            return
        if not progress.is_done:
            self._require_targets(rotation)
            await self._walk(rotation, progress)
        await self.report(self._report(progress))
        progress.is_told = True
        await self.store.save(progress)
        log.info("reencrypt.done", job_id=progress.job_id, changed=progress.changed, failed=progress.failed)

    def _require_targets(self, rotation: RotationConfig) -> None:
        for purpose, version in rotation.targets.items():
            scope: Scope = "system" if purpose == "system" else "organization"
            if self.keyring.current_version(scope, rotation.organization_id, purpose) < version:
                raise KeyUnavailable("the new data key is not in memory yet")

    async def _walk(self, rotation: RotationConfig, progress: Progress) -> None:
        if not progress.total:
            progress.total = await self._count(rotation)
            await asyncio.sleep(self.pace.settle_s)
        while not progress.is_done:
            for place in range(progress.collection, len(self._wanted(rotation))):
                progress.collection = place
                await self._walk_collection(rotation, self._wanted(rotation)[place], progress)
                progress.after = None
            progress.end_pass()
            await self._keep(progress)
            if not progress.is_done:
                await asyncio.sleep(self.pace.settle_s)

    def _wanted(self, rotation: RotationConfig) -> list[EncryptedCollection]:
        scope: Scope = "system" if "system" in rotation.targets else "organization"
        return [collection for collection in self.collections if collection.scope == scope]

    async def _count(self, rotation: RotationConfig) -> int:
        counts = [
            await self.db[collection.name].count_documents(collection.query(rotation.organization_id))
            for collection in self._wanted(rotation)
        ]
        return sum(counts)

    async def _walk_collection(
        self, rotation: RotationConfig, collection: EncryptedCollection, progress: Progress
    ) -> None:
        while True:
            started = time.monotonic()
            rows = await self._batch(rotation, collection, progress.after)
            if not rows:
                return
            attempted = await self._renew(rotation, collection, rows, progress)
            progress.after = rows[-1]["_id"]
            progress.scanned += len(rows)
            await self._keep(progress)
            cost = (attempted + (len(rows) - attempted) / SCANNED_PER_CHANGED) / self.pace.documents_per_s
            await asyncio.sleep(max(0.0, cost - (time.monotonic() - started)))
            progress.busy_s += time.monotonic() - started

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
        if not wanted:
            return 0
        rewrite = self.rewriters.get(collection.name)
        if rewrite is None:
            result = await self.db[collection.name].bulk_write(
                [_guarded(identifier, renewals) for identifier, renewals in wanted.items()], ordered=False
            )
            progress.changed += result.modified_count
        else:
            for identifier, renewals in wanted.items():
                progress.changed += await rewrite(identifier, renewals)
        return len(wanted)

    def _renewals(
        self, rotation: RotationConfig, collection: EncryptedCollection, row: Document, progress: Progress
    ) -> list[Renewal]:
        renewals, is_damaged = [], False
        for found in found_values(row, collection):
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
        if not progress.is_done and time.monotonic() - self._told_at >= self.pace.report_s:
            self._told_at = time.monotonic()
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
