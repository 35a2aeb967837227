"""Data keys: who wraps them, rotation, destruction. For organizations and for the system's own keys."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from admin_api.edge.dependencies import known_id, of_organization, of_system
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.encryption.domain.rotation import RotationJob
from admin_api.encryption.ports import Encryption
from admin_api.encryption.use_cases.configure_kms import configure_kms
from admin_api.encryption.use_cases.shred_organization import Shredding, shred_organization
from admin_api.encryption.use_cases.start_rotation import start_rotation
from admin_api.encryption.web.schemas.kms import (
    EncryptionJobListView,
    EncryptionJobView,
    EncryptionView,
    KmsIn,
    RotateIn,
    ShreddedView,
    ShredIn,
)
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from gateway_contracts.actor import Actor
from gateway_contracts.ids import new_object_id, new_operation_id

JOBS_SHOWN = 50
_SYSTEM = ""

router = new_router(tags=["encryption"])
Owner = Annotated[Actor, Depends(of_organization("organization:execute", role="admin", effect=Effect.BOTH_MODES))]
Operator = Annotated[Actor, Depends(of_system("system:execute"))]
Shredder = Annotated[Actor, Depends(of_system("organization:execute"))]
OrganizationId = Annotated[str, Depends(known_id("organization"))]
JobId = Annotated[str, Depends(known_id("encryption job"))]


def encryption_of(request: Request) -> Encryption:
    """The ports of this application."""
    encryption: Encryption = request.app.state.encryption
    return encryption


EncryptionIn = Annotated[Encryption, Depends(encryption_of)]


@router.get("/organizations/{organization_id}/encryption", response_model=EncryptionView)
async def read(organization_id: str, _actor: Owner, encryption: EncryptionIn) -> EncryptionView:
    """Key-management service and data keys of the organization."""
    return await _shown(organization_id, encryption)


@router.put("/organizations/{organization_id}/encryption", response_model=EncryptionView)
async def configure(organization_id: str, body: KmsIn, actor: Owner, encryption: EncryptionIn) -> EncryptionView:
    """Set the organization's key-management service, or return to `local`.

    The service is tried first: it must wrap, unwrap and bind a key to its place. The present keys move in the
    background (`job`); the old service must answer until they have.
    """
    return await _configured(organization_id, body, actor, encryption)


@router.post("/organizations/{organization_id}/encryption/rotate", status_code=202, response_model=EncryptionJobView)
async def rotate(
    organization_id: str, body: RotateIn, actor: Owner, encryption: EncryptionIn, mutation: MutationIn
) -> Response:
    """Rotate the organization's data keys in the background; `jobs` show the progress."""
    return await _rotated(organization_id, body, actor, encryption, mutation)


@router.get("/organizations/{organization_id}/encryption/jobs", response_model=EncryptionJobListView)
async def jobs(organization_id: str, _actor: Owner, encryption: EncryptionIn) -> EncryptionJobListView:
    """The latest jobs of the organization's data keys."""
    return await _jobs(organization_id, encryption)


@router.get("/organizations/{organization_id}/encryption/jobs/{encryption_job_id}", response_model=EncryptionJobView)
async def job(
    organization_id: str, encryption_job_id: JobId, _actor: Owner, encryption: EncryptionIn
) -> EncryptionJobView:
    """One job and the progress of each service."""
    return EncryptionJobView.model_validate(await _job(organization_id, encryption_job_id, encryption))


@router.post("/organizations/{organization_id}/shred", response_model=ShreddedView)
async def shred(
    organization_id: OrganizationId, body: ShredIn, actor: Shredder, encryption: EncryptionIn, mutation: MutationIn
) -> Response:
    """Destroy the organization's operational data keys: its data is permanently unreadable within a second.

    The key of its invoices and credit notes stays unless `includeRecords`. Needs a system key.
    """

    async def execute(_attempt: Attempt) -> ShreddedView:
        command = Shredding(organization_id, body.confirm, body.reason, body.include_records)
        destroyed = await shred_organization(command, actor=actor, encryption=encryption)
        return ShreddedView(organization_id=organization_id, destroyed=destroyed)

    return await mutation.run(actor, execute, status=200)


@router.get("/system/encryption", response_model=EncryptionView)
async def read_system(_actor: Operator, encryption: EncryptionIn) -> EncryptionView:
    """Key-management service and data keys of the installation. Needs a system key."""
    return await _shown(_SYSTEM, encryption)


@router.put("/system/encryption", response_model=EncryptionView)
async def configure_system(body: KmsIn, actor: Operator, encryption: EncryptionIn) -> EncryptionView:
    """Choose the system's key-management service. Needs a system key."""
    return await _configured(_SYSTEM, body, actor, encryption)


@router.post("/system/encryption/rotate", status_code=202, response_model=EncryptionJobView)
async def rotate_system(body: RotateIn, actor: Operator, encryption: EncryptionIn, mutation: MutationIn) -> Response:
    """Rotate the system's data keys in the background. Needs a system key."""
    return await _rotated(_SYSTEM, body, actor, encryption, mutation)


@router.get("/system/encryption/jobs", response_model=EncryptionJobListView)
async def system_jobs(_actor: Operator, encryption: EncryptionIn) -> EncryptionJobListView:
    """The latest jobs of the system's data keys. Needs a system key."""
    return await _jobs(_SYSTEM, encryption)


@router.get("/system/encryption/jobs/{encryption_job_id}", response_model=EncryptionJobView)
async def system_job(encryption_job_id: JobId, _actor: Operator, encryption: EncryptionIn) -> EncryptionJobView:
    """One job of the system's data keys. Needs a system key."""
    return EncryptionJobView.model_validate(await _job(_SYSTEM, encryption_job_id, encryption))


async def _shown(organization_id: str, encryption: Encryption) -> EncryptionView:
    deks = await encryption.deks.of_tenant(organization_id)
    if (
        organization_id
        and not deks
        and await encryption.organizations.existing(organization_id, organization_id) is None
    ):
        raise not_found("organization")
    latest = await encryption.rotations.latest(organization_id, 1)
    usable = frozenset(
        f"{dek.record.purpose}.{dek.record.version}" for dek in deks if encryption.keyring.is_usable(dek.record)
    )
    return EncryptionView.of(await encryption.kms.of(organization_id), deks, usable, latest[0] if latest else None)


async def _configured(organization_id: str, body: KmsIn, actor: Actor, encryption: Encryption) -> EncryptionView:
    attempt = Attempt(operation_id=new_operation_id(), object_id=new_object_id())
    await configure_kms(
        body.request(), organization_id=organization_id, actor=actor, attempt=attempt, encryption=encryption
    )
    return await _shown(organization_id, encryption)


async def _rotated(
    organization_id: str, body: RotateIn, actor: Actor, encryption: Encryption, mutation: MutationIn
) -> Response:
    async def execute(attempt: Attempt) -> EncryptionJobView:
        started = await start_rotation(
            body.mode,
            body.purposes,
            organization_id=organization_id,
            actor=actor,
            attempt=attempt,
            encryption=encryption,
        )
        return EncryptionJobView.model_validate(started)

    return await mutation.run(actor, execute, status=202)


async def _jobs(organization_id: str, encryption: Encryption) -> EncryptionJobListView:
    found = await encryption.rotations.latest(organization_id, JOBS_SHOWN)
    return EncryptionJobListView(jobs=[EncryptionJobView.model_validate(job) for job in found])


async def _job(organization_id: str, job_id: str, encryption: Encryption) -> RotationJob:
    found = await encryption.rotations.of(organization_id, job_id)
    if found is None:
        raise not_found("encryption job")
    return found
