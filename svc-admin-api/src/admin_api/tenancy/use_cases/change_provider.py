"""The one way in which a provider becomes its next version."""

from collections.abc import Callable

from admin_api.shared.domain.audit import record_differences
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.config import ProviderConfig
from gateway_contracts.events.tenancy import ProviderUpdatedV1
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx

Change = Callable[[ProviderConfig], ProviderConfig]


async def find_provider(
    provider_id: str, *, actor: Actor, tenancy: Tenancy, tx: Tx | None = None
) -> Kept[ProviderConfig]:
    """A provider of the actor's organization and mode.

    Raises:
        NotFound: there is none.
    """
    kept = await tenancy.providers.find(actor.organization_id, provider_id, tx)
    if kept is None or kept.record.livemode != actor.livemode:
        raise not_found("provider")
    return kept


async def change_provider(
    provider_id: str,
    change: Change,
    *,
    actor: Actor,
    action: str,
    tenancy: Tenancy,
    operation: Operation | None = None,
) -> Kept[ProviderConfig]:
    """Apply ``change`` (pure; it may run again) and publish the result. A repeated operation changes nothing.

    Raises:
        NotFound: not a provider of the actor's organization and mode.
    """

    async def work(tx: Tx) -> Kept[ProviderConfig]:
        before = await find_provider(provider_id, actor=actor, tenancy=tenancy, tx=tx)
        after = change(before.record)
        kept = await tenancy.providers.replace(tx, before.record, after)
        tx.put_config(f"provider.{after.id}", after, version=after.version)
        tx.emit(
            ProviderUpdatedV1(object_id=after.id, occurred_at=tx.now),
            organization_id=after.organization_id,
            livemode=after.livemode,
            entity_id=after.id,
            sequence=after.version,
        )
        await tenancy.audit.note(tx, actor, action, after.id, changes=record_differences(before.record, after))
        return kept

    try:
        return await tenancy.uow.run(work, operation=operation)
    except OperationReplayed:
        return await find_provider(provider_id, actor=actor, tenancy=tenancy)
