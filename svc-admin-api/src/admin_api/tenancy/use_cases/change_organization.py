"""The one way in which an organization becomes its next version."""

from collections.abc import Callable

from admin_api.shared.domain.audit import record_differences
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig
from gateway_contracts.events.tenancy import OrganizationUpdatedV1
from gateway_kit.mongo.unit_of_work import Tx

Change = Callable[[OrganizationConfig], OrganizationConfig]


async def apply_change(
    tx: Tx, organization_id: str, change: Change, *, actor: Actor, action: str, tenancy: Tenancy
) -> Kept[OrganizationConfig]:
    """Apply ``change`` (pure; it may run again) within a transaction, and publish the result.

    Raises:
        NotFound: there is no such organization.
    """
    before = await tenancy.organizations.find(organization_id, organization_id, tx)
    if before is None:
        raise not_found("organization")
    after = change(before.record)
    kept = await tenancy.organizations.replace(tx, before.record, after)
    tx.put_config(f"org.{after.id}", after, version=after.version)
    tx.emit(
        OrganizationUpdatedV1(object_id=after.id, occurred_at=tx.now),
        organization_id=after.id,
        livemode=actor.livemode,
        entity_id=after.id,
        sequence=after.version,
    )
    changes = record_differences(before.record, after)
    await tenancy.audit.note(tx, actor, action, after.id, organization_id=after.id, changes=changes)
    return kept


async def change_organization(
    organization_id: str, change: Change, *, actor: Actor, action: str, tenancy: Tenancy
) -> Kept[OrganizationConfig]:
    """The same in a transaction of its own.

    Raises:
        NotFound: there is no such organization.
    """

    async def work(tx: Tx) -> Kept[OrganizationConfig]:
        return await apply_change(tx, organization_id, change, actor=actor, action=action, tenancy=tenancy)

    return await tenancy.uow.run(work)
