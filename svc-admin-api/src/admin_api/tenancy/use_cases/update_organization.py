"""Change what an organization is called and where it is."""

from typing import Any

from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import ORGANIZATION, change_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig


async def update_organization(
    organization_id: str, changes: dict[str, Any], *, actor: Actor, tenancy: Tenancy
) -> Kept[OrganizationConfig]:
    """Replace the given attributes (``name``, ``country``).

    Raises:
        NotFound: there is no such organization.
    """
    return await change_record(
        ORGANIZATION,
        organization_id,
        lambda before: next_version(before, **changes),
        actor=actor,
        action="organization.update",
        tenancy=tenancy,
    )
