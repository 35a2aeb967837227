"""The one way in which a site becomes its next version: guarded write, configuration record, event, audit."""

from collections.abc import Callable

from admin_api.shared.domain.audit import record_differences
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig
from gateway_contracts.events.tenancy import SiteDeletedV1, SiteUpdatedV1
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx

Change = Callable[[SiteConfig], SiteConfig]


async def change_site(
    site_id: str, change: Change, *, actor: Actor, action: str, tenancy: Tenancy, operation: Operation | None = None
) -> Kept[SiteConfig]:
    """Apply ``change`` (pure; it may run again) and publish the result. A repeated operation changes nothing.

    Raises:
        NotFound: not a site of the actor's organization.
    """

    async def work(tx: Tx) -> Kept[SiteConfig]:
        before = await tenancy.sites.find(actor.organization_id, site_id, tx)
        if before is None:
            raise not_found("site")
        after = change(before.record)
        kept = await tenancy.sites.replace(tx, before.record, after)
        tx.put_config(f"site.{after.id}", after, version=after.version)
        kind = SiteDeletedV1 if after.deleted else SiteUpdatedV1
        tx.emit(
            kind(object_id=after.id, occurred_at=tx.now),
            organization_id=after.organization_id,
            livemode=actor.livemode,
            entity_id=after.id,
            sequence=after.version,
        )
        await tenancy.audit.note(tx, actor, action, after.id, changes=record_differences(before.record, after))
        return kept

    try:
        return await tenancy.uow.run(work, operation=operation)
    except OperationReplayed as replay:
        existing = await tenancy.sites.find(actor.organization_id, site_id)
        if existing is None:
            raise not_found("site") from replay
        return existing
