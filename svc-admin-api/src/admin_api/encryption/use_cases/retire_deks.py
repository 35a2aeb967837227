"""Delete data keys that nothing can hold values of any more, and see that destroyed ones stay destroyed."""

from datetime import timedelta
from typing import Final

from admin_api.encryption.domain.rotation import OLD_KEY_KEPT
from admin_api.encryption.ports import Encryption
from admin_api.encryption.use_cases.start_rotation import start_rotation
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.actor import Actor
from gateway_contracts.config import DESTROYED
from gateway_contracts.errors import Conflict, GatewayError, NotFound
from gateway_contracts.ids import new_object_id, new_operation_id
from gateway_kit.crypto.kms_access import kms_key
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx

AGAIN_AFTER: Final = timedelta(days=7)
"""After a last look that found values which do not decrypt."""
log = get_logger(__name__)
_SELF: Final = Actor(kind="service", subject_id="svc-admin-api")


async def retire_deks(*, encryption: Encryption) -> int:
    """Start a last look for each tenant with keys that were retired long ago; how many were started."""
    now = encryption.clock.now()
    retired = {"retired_at": {"$lte": now - OLD_KEY_KEPT - timedelta(days=1)}}
    tenants = {dek.record.organization_id async for dek in encryption.deks.each(retired)}
    started = 0
    for organization_id in sorted(tenants):
        jobs = await encryption.rotations.latest(organization_id, 1)
        if any(job.finished_at is None or now - job.finished_at < AGAIN_AFTER for job in jobs):
            continue
        attempt = Attempt(operation_id=new_operation_id(), object_id=new_object_id())
        try:
            await start_rotation(
                "retire", None, organization_id=organization_id, actor=_SELF, attempt=attempt, encryption=encryption
            )
            started += 1
        except (Conflict, NotFound):
            continue  # another process was faster, or the organization is gone with its keys
        except GatewayError as exc:
            log.warning("keys.last_look_not_started", organization_id=organization_id, code=exc.code)
    return started


async def purge_destroyed_deks(*, encryption: Encryption) -> list[str]:
    """Remove destroyed keys from the configuration bucket if a process that was late put one there again."""
    known = set(encryption.keyring.known)
    revived = sorted([key.id async for key in encryption.destroyed.each({}) if key.id in known])

    async def work(tx: Tx) -> None:
        for key in revived:
            tx.put_config(key, None, version=DESTROYED)

    if revived:
        await encryption.uow.run(work)
        for key in revived:
            encryption.keyring.forget(key)
    return revived


async def republish_encryption(*, encryption: Encryption) -> int:
    """Put the settings of key-management services and the running jobs into the configuration bucket again."""
    settings = [config async for kept in encryption.kms.each({}) for config in kept.generations.values()]
    jobs = [job for job in await encryption.rotations.running() if job.mode != "rewrap"]

    async def work(tx: Tx) -> None:
        for config in settings:
            tx.put_config(kms_key(config), config, version=config.version)
        for job in jobs:
            record = job.config()
            tx.put_config(job.config_key, record, version=record.version)

    if settings or jobs:
        await encryption.uow.run(work)
    for config in settings:
        encryption.directory.put(config)
    return len(settings) + len(jobs)
