"""Close a storefront."""

from admin_api.tenancy.domain.records import next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import SITE, change_record
from gateway_contracts.actor import Actor


async def delete_site(site_id: str, *, actor: Actor, tenancy: Tenancy) -> None:
    """The site takes no more checkouts; what happened under it stays readable by id.

    Raises:
        NotFound: not a site of the actor's organization.
    """
    await change_record(
        SITE,
        site_id,
        lambda before: next_version(before, deleted=True),
        actor=actor,
        action="site.delete",
        tenancy=tenancy,
    )
