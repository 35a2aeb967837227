"""Begin to rotate a tenant's data keys."""

import asyncio
from collections.abc import Sequence
from typing import Final

from admin_api.encryption.domain.rotation import Mode, RotationJob, next_version, purposes_of, waiting_services
from admin_api.encryption.ports import Encryption
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.shared.use_cases.run_once import run_once
from admin_api.tenancy.domain.data_key import DataKey
from gateway_contracts.actor import Actor
from gateway_contracts.config import WrappedDek
from gateway_contracts.encrypted import Purpose
from gateway_contracts.errors import Conflict, Invalid, Transient
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.crypto.kms import DekPlace
from gateway_kit.mongo.unit_of_work import Operation, Tx

WRAP_S: Final = 15.0


async def start_rotation(
    mode: Mode,
    purposes: Sequence[Purpose] | None,
    *,
    organization_id: str,
    actor: Actor,
    attempt: Attempt,
    encryption: Encryption,
) -> RotationJob:
    """The job; it runs in the background. The empty id is the system.

    Raises:
        NotFound: no such organization.
        Invalid: a purpose that its keys do not have.
        Conflict: another job of these keys runs (ROTATION_RUNNING), or there is no key any more (KEYS_DESTROYED).
        Transient: the key-management service does not answer.
    """
    if organization_id and await encryption.organizations.existing(organization_id, organization_id) is None:
        raise not_found("organization")
    wanted = _wanted(purposes, organization_id)
    deks = await encryption.deks.of_tenant(organization_id)
    settings = await encryption.kms.of(organization_id)
    newest = _newest(deks, wanted)
    new = await _new_deks(newest, organization_id, settings.current, encryption) if mode == "full" else []
    ahead = 1 if mode == "full" else 0
    targets = {} if mode == "rewrap" else {purpose: version + ahead for purpose, version in newest.items()}

    async def work(tx: Tx) -> RotationJob:
        before = await encryption.rotations.latest(organization_id, 1, tx)
        job = RotationJob(
            id=attempt.object_id,
            organization_id=organization_id,
            mode=mode,
            created_at=tx.now,
            version=next_version(before, tx.now),
            created_by=actor.subject_id,
            targets=targets,
            generation=settings.current,
            keys=len(deks),
            services=() if mode == "rewrap" else waiting_services(),
        )
        await _begin(tx, job, new, encryption)
        changes = {"mode": {"from": None, "to": mode}}
        await encryption.audit.note(
            tx, actor, "encryption.rotate", organization_id or "system", organization_id=organization_id,
            changes=changes,
        )  # fmt: skip
        return job

    async def existing(job_id: str) -> RotationJob:
        new.clear()  # the first execution stored others
        found = await encryption.rotations.of(organization_id, job_id)
        if found is None:
            raise not_found("encryption job")
        return found

    operation = Operation(attempt.operation_id, attempt.object_id)
    job = await run_once(encryption.uow, work, operation=operation, again=existing)
    for dek in new:
        encryption.keyring.load(dek)
    return job


def _wanted(purposes: Sequence[Purpose] | None, organization_id: str) -> tuple[Purpose, ...]:
    allowed = purposes_of(organization_id)
    for index, purpose in enumerate(purposes or ()):
        if purpose not in allowed:
            raise Invalid.field(f"purposes[{index}]", f"must be one of {', '.join(allowed)}")
    return tuple(dict.fromkeys(purposes)) if purposes else allowed


def _newest(deks: list[DataKey], wanted: tuple[Purpose, ...]) -> dict[Purpose, int]:
    newest: dict[Purpose, int] = {}
    for dek in deks:
        if dek.record.purpose in wanted:
            newest[dek.record.purpose] = max(dek.record.version, newest.get(dek.record.purpose, 0))
    if not newest:
        raise Conflict("these keys were destroyed", code="KEYS_DESTROYED")
    return newest


async def _new_deks(
    newest: dict[Purpose, int], organization_id: str, generation: int, encryption: Encryption
) -> list[WrappedDek]:
    try:
        async with asyncio.timeout(WRAP_S):
            return [
                await encryption.directory.new_dek(
                    DekPlace("organization" if organization_id else "system", organization_id, purpose, version + 1),
                    generation,
                )
                for purpose, version in newest.items()
            ]
    except TimeoutError as exc:
        raise Transient("the key-management service does not answer", code="KMS_UNREACHABLE") from exc


async def _begin(tx: Tx, job: RotationJob, new: list[WrappedDek], encryption: Encryption) -> None:
    encryption.rotations.begin(tx, job)
    for dek in new:
        if not await encryption.deks.touch(tx, job.organization_id, dek.purpose):
            raise Conflict("these keys were destroyed", code="KEYS_DESTROYED")
        encryption.deks.insert_new(tx, dek)
        tx.put_config(dek_key(dek), dek, version=dek.order)
    if job.mode != "rewrap":
        config = job.config()
        tx.put_config(job.config_key, config, version=config.version)
