"""Bring running jobs forward: wrap keys again, and end what every service has finished. Safe in many processes."""

import asyncio
import random
from typing import Final

from admin_api.encryption.domain.rotation import RotationJob, is_deletable
from admin_api.encryption.ports import Encryption
from admin_api.encryption.use_cases.destroy_data_key import destroy_data_key
from admin_api.tenancy.domain.data_key import DataKey
from gateway_contracts.config import DESTROYED, WrappedDek
from gateway_contracts.errors import GatewayError
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.crypto.kms_access import kms_key
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx

CALL_S: Final = 10.0
TROUBLED_MAX: Final = 8

log = get_logger(__name__)


async def advance_rotations(*, encryption: Encryption) -> int:
    """One round over all running jobs; how many ended.

    Jobs whose key-management service made trouble before come last, few at a time and side by side: a service that
    hangs delays the others by one call.
    """
    jobs = await encryption.rotations.running()
    ended = [await _advance(job, encryption) for job in jobs if job.problem is None]
    troubled = [job for job in jobs if job.problem is not None]
    chosen = random.sample(troubled, min(len(troubled), TROUBLED_MAX))
    return sum(ended) + sum(await asyncio.gather(*(_advance(job, encryption) for job in chosen)))


async def _advance(job: RotationJob, encryption: Encryption) -> bool:
    """Edge: whatever is wrong with one tenant's job stays with it."""
    try:
        if job.mode == "rewrap":
            return await _rewrap(job, encryption)
        return job.is_everywhere_done and await _finish(job, encryption)
    except Exception as exc:
        log.exception("rotation.not_advanced", job_id=job.id, error=type(exc).__name__)
        return False


async def _rewrap(job: RotationJob, encryption: Encryption) -> bool:
    deks = await encryption.deks.of_tenant(job.organization_id)
    for dek in deks:
        if dek.rewrapped_by == job.id:
            continue
        try:
            await _rewrap_one(job, dek, encryption)
        except (GatewayError, TimeoutError) as exc:
            # Stays running: the next round tries again, with the keys that are not done.
            reason = exc.message if isinstance(exc, GatewayError) else "the key-management service does not answer"
            await _save(job.changed(problem=reason, rewrapped=_done(job, deks)), encryption)
            return False
    deks = await encryption.deks.of_tenant(job.organization_id)
    if _done(job, deks) < len(deks):
        return False
    return await _end_rewrap(job.changed(keys=len(deks), rewrapped=len(deks), problem=None), deks, encryption)


async def _rewrap_one(job: RotationJob, dek: DataKey, encryption: Encryption) -> None:
    async with asyncio.timeout(CALL_S):
        moved = await encryption.directory.rewrap(dek.record, job.generation)

    async def work(tx: Tx) -> WrappedDek | None:
        stored = await encryption.deks.rewrap(tx, dek.record, moved, job.id)
        if stored is not None:  # else destroyed, retired or done by another process meanwhile
            tx.put_config(dek_key(stored), stored, version=stored.order)
        return stored

    if (stored := await encryption.uow.run(work)) is not None:
        encryption.keyring.load(stored)


async def _end_rewrap(job: RotationJob, deks: list[DataKey], encryption: Encryption) -> bool:
    before = await encryption.kms.of(job.organization_id)
    in_use = {dek.record.kms_generation for dek in deks} | {before.current}
    unused = set(before.generations) - in_use

    async def work(tx: Tx) -> bool:
        if unused:
            encryption.kms.save(tx, before, before.without(unused))
            for number in sorted(unused):
                # A generation's number is never given again.
                tx.put_config(
                    kms_key(before.generations[number]), None, version=DESTROYED, organization_id=job.organization_id
                )
        return await encryption.rotations.save(tx, job.ended(tx.now))

    return await encryption.uow.run(work)


async def _finish(job: RotationJob, encryption: Encryption) -> bool:
    """All services are done: old keys are retired (full), or deleted if nothing of theirs was found (retire)."""

    async def work(tx: Tx) -> list[str]:
        destroyed = []
        for dek in await encryption.deks.of_tenant(job.organization_id, tx):
            if dek.record.version >= job.targets.get(dek.record.purpose, 0):
                continue
            if job.mode == "full" and (retired := encryption.deks.retire(tx, dek)) is not None:
                tx.put_config(dek_key(retired), retired, version=retired.order)
            elif job.mode == "retire" and not job.failed and is_deletable(dek.retired_at, tx.now):
                destroyed.append(destroy_data_key(tx, dek, encryption=encryption))
        tx.put_config(job.config_key, None, version=job.config().version + 1, organization_id=job.organization_id)
        await encryption.rotations.save(tx, job.ended(tx.now))
        return destroyed

    for key in await encryption.uow.run(work):
        encryption.keyring.forget(key)
    return True


def _done(job: RotationJob, deks: list[DataKey]) -> int:
    return sum(dek.rewrapped_by == job.id for dek in deks)


async def _save(job: RotationJob, encryption: Encryption) -> None:
    async def work(tx: Tx) -> None:
        await encryption.rotations.save(tx, job)

    await encryption.uow.run(work)
