"""API keys; a key's text is never here."""

from datetime import datetime

from admin_api.tenancy.domain.api_key import ApiKey
from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx


class ApiKeys(Store[ApiKey]):
    """Keys of organizations, and of the installation."""

    async def presented(self, identifier: str) -> ApiKey | None:
        """The key of whatever owner: for authentication only."""
        return await self.across_tenants.first(None, {"_id": identifier}, sort=())

    async def note_use(self, key: ApiKey, at: datetime) -> None:
        """Last use, to the minute: of several processes that notice the same minute, one writes."""
        await self.now.replace(key, key.changed(last_used_at=at), guard=("last_used_at",))

    async def revoke_all(self, tx: Tx, organization_id: str) -> None:
        """End every key of an organization."""
        where = {"kind": "organization", "revoked_at": None}
        for key in await self.find(tx, Scope(organization_id), where):
            self.replace(tx, key, key.revoked(tx.now))

    async def listed(self, scope: Scope, request: PageRequest, *, is_revoked: bool | None = None) -> Page[ApiKey]:
        """Newest first; of both modes unless the scope names one."""
        where = {} if is_revoked is None else {"revoked_at": {"$ne": None} if is_revoked else None}
        return await self.page(scope, request, where)
