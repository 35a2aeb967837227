"""Organizations, sites and providers. Deleted ones stay as rows, and do not exist for callers."""

from collections.abc import Mapping
from typing import Any, Generic

from admin_api.shared.domain.roles import scope_of
from admin_api.tenancy.domain.records import Kept, R
from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx


class Records(Store[Kept[R]], Generic[R]):
    """Records of one kind."""

    async def existing(self, organization_id: str, identifier: str, tx: Tx | None = None) -> Kept[R] | None:
        """The record of that organization, of either mode."""
        return await self.first(tx, scope_of(organization_id), {"_id": identifier, "deleted": False})

    async def listed(
        self, scope: Scope | None, request: PageRequest, fields: Mapping[str, Any] | None = None
    ) -> Page[Kept[R]]:
        """Newest first. None for the scope: of all organizations (who runs the installation only).

        ``fields`` are exact values by the record's public names.
        """
        where = {"deleted": False, **{f"record.{name}": value for name, value in (fields or {}).items()}}
        if scope is None:
            return await self.across_tenants.page(request, where)
        return await self.page(scope, request, where)
