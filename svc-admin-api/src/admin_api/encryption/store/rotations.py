"""Jobs of rotation."""

from admin_api.encryption.domain.rotation import RotationJob
from admin_api.shared.domain.roles import scope_of
from gateway_contracts.errors import Conflict
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx


class Rotations(Store[RotationJob]):
    """Jobs of organizations, and of the system (empty id)."""

    def begin(self, tx: Tx, job: RotationJob) -> None:
        """Store a new job; `Conflict` where one of this tenant runs."""
        running = Conflict("another job of these keys is still running", code="ROTATION_RUNNING")
        self.insert(tx, job, otherwise=running)

    async def of(self, organization_id: str, job_id: str) -> RotationJob | None:
        """A job of that tenant."""
        return await self.get(None, scope_of(organization_id), job_id)

    async def reported(self, tx: Tx, job_id: str) -> RotationJob | None:
        """A job of any tenant: for services that report."""
        return await self.across_tenants.first(tx, {"_id": job_id}, sort=())

    async def running(self) -> list[RotationJob]:
        """Of all tenants."""
        return await self.across_tenants.find(None, {"state": "running"}, sort=(("_id", 1),))

    async def latest(self, organization_id: str, limit: int, tx: Tx | None = None) -> list[RotationJob]:
        """Newest first."""
        return await self.find(tx, scope_of(organization_id), {}, sort=(("_id", -1),), limit=limit)

    async def save(self, tx: Tx, job: RotationJob) -> bool:
        """Whether it still ran."""
        known = await self.reported(tx, job.id)
        if known is None or known.state != "running":
            return False
        self.replace(tx, known, job)
        return True
