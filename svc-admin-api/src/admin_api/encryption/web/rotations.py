"""Rotations of data keys that run now, of all organizations; for operators."""

from typing import Annotated

from fastapi import Depends
from pydantic import Field

from admin_api.edge.dependencies import of_system
from admin_api.edge.routing import new_router
from admin_api.encryption.domain.rotation import RotationJob
from admin_api.encryption.web.kms import EncryptionIn
from admin_api.encryption.web.schemas.kms import EncryptionJobView
from admin_api.shared.web.schemas.base import View
from gateway_contracts.actor import Actor

router = new_router(prefix="/operations", tags=["operations"])
Reader = Annotated[Actor, Depends(of_system("system:read"))]


class RunningRotationView(EncryptionJobView):
    """A job of rotation, with its organization."""

    organization_id: str | None = Field(description="Id of the organization; null for the system's own keys.")


class RunningRotationListView(View):
    """Jobs that run."""

    jobs: list[RunningRotationView] = Field(description="Oldest first, one for each tenant at most.")


@router.get("/rotations", response_model=RunningRotationListView)
async def rotations(_actor: Reader, encryption: EncryptionIn) -> RunningRotationListView:
    """Rotations of data keys that run now, of all organizations and of the system, with their progress."""
    jobs = await encryption.rotations.running()
    return RunningRotationListView(jobs=[_view(job) for job in jobs])


def _view(job: RotationJob) -> RunningRotationView:
    known = EncryptionJobView.model_validate(job)
    return RunningRotationView(**vars(known), organization_id=job.organization_id or None)
