"""Choose where a tenant's data keys are wrapped: tried first, then used for new keys, then for all."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from admin_api.encryption.domain.kms_settings import KmsSettings
from admin_api.encryption.domain.rotation import RotationJob, next_version
from admin_api.encryption.ports import Encryption
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from gateway_contracts.actor import Actor
from gateway_contracts.config import KmsConfig
from gateway_contracts.errors import Invalid
from gateway_kit.crypto.errors import KmsRefused, KmsUnreachable
from gateway_kit.crypto.kms import LOCAL
from gateway_kit.crypto.kms_access import kms_key
from gateway_kit.crypto.kms_registry import checked_access
from gateway_kit.mongo.unit_of_work import Tx

TRIAL_S: Final = 15.0


@dataclass(frozen=True)
class KmsRequest:
    """A tenant's choice of a key-management service. ``kms`` is ``local`` or a kind of the registry."""

    kms: str
    key_id: str = ""
    endpoint: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] | None = field(default_factory=dict, repr=False)
    """None: those that are stored, where the service is the same."""


async def configure_kms(
    request: KmsRequest, *, organization_id: str, actor: Actor, attempt: Attempt, encryption: Encryption
) -> tuple[KmsSettings, RotationJob]:
    """The settings from now on, and the job that moves the present keys there. The empty id is the system.

    Raises:
        NotFound: no such organization.
        Invalid: fields that the kind cannot work with; KMS_TEST_FAILED when the service does not do what it should.
        Conflict: a job of these keys is still running.
    """
    if organization_id and await encryption.organizations.existing(organization_id, organization_id) is None:
        raise not_found("organization")
    before = await encryption.kms.of(organization_id)
    config = None if request.kms == LOCAL else await _tried(request, before, encryption)
    after = before.with_config(config)
    deks = await encryption.deks.of_tenant(organization_id)

    async def work(tx: Tx) -> RotationJob:
        earlier = await encryption.rotations.latest(organization_id, 1, tx)
        job = RotationJob(
            id=attempt.object_id,
            organization_id=organization_id,
            mode="rewrap",
            created_at=tx.now,
            version=next_version(earlier, tx.now),
            created_by=actor.subject_id,
            generation=after.current,
            keys=len(deks),
        )
        encryption.rotations.begin(tx, job)
        encryption.kms.save(tx, before, after)
        if config is not None:
            tx.put_config(kms_key(config), config, version=config.version)
        changes = {"kms": {"from": before.config.kms if before.config else LOCAL, "to": request.kms}}
        await encryption.audit.note(
            tx, actor, "encryption.configure", organization_id or "system", organization_id=organization_id,
            changes=changes,
        )  # fmt: skip
        return job

    job = await encryption.uow.run(work)
    if config is not None:
        encryption.directory.put(config)
    return after, job


def _stored(config: KmsConfig | None, kms: str, endpoint: str | None, encryption: Encryption) -> Mapping[str, str]:
    """Credentials in use. They are sent to no other address, which a person without them could name."""
    if config is None or (config.kms, config.endpoint) != (kms, endpoint):
        return {}
    return encryption.directory.credentials.open(config).credentials


async def _tried(request: KmsRequest, before: KmsSettings, encryption: Encryption) -> KmsConfig:
    organization_id = before.organization_id
    credentials = request.credentials
    if credentials is None:
        credentials = _stored(before.config, request.kms, request.endpoint, encryption)
    access = checked_access(
        request.kms,
        key_id=request.key_id,
        endpoint=request.endpoint,
        settings=request.settings,
        credentials=credentials,
        # An organization must not reach into the operator's network; the operator's own service may stand there.
        is_private_allowed=encryption.is_development or not organization_id,
        is_http_allowed=encryption.is_development,
    )
    service = encryption.directory.connect(request.kms, access, organization_id)
    try:
        async with asyncio.timeout(TRIAL_S):
            await encryption.directory.probe(service, organization_id)
    except (KmsRefused, KmsUnreachable) as exc:
        raise Invalid(exc.message, code="KMS_TEST_FAILED", reason=exc.data.get("reason")) from exc
    except TimeoutError as exc:
        raise Invalid("the service does not answer in time", code="KMS_TEST_FAILED", reason="timeout") from exc
    config = KmsConfig(
        organization_id=organization_id,
        generation=before.last + 1,
        kms=request.kms,
        key_id=access.key_id,
        endpoint=access.endpoint,
        settings=dict(access.settings),
        credentials="",
    )
    return encryption.directory.credentials.seal(config, access.credentials)
