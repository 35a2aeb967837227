"""Close an organization."""

from admin_api.shared.domain.roles import scope_of
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.records import next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.delete_provider import delete_provider
from admin_api.tenancy.use_cases.delete_site import delete_site
from admin_api.tenancy.use_cases.versioned_records import ORGANIZATION, apply_change
from gateway_contracts.actor import Actor
from gateway_contracts.limits import PAGE_LIMIT_MAX
from gateway_kit.mongo.pages import PageRequest
from gateway_kit.mongo.unit_of_work import Tx


async def delete_organization(organization_id: str, *, actor: Actor, tenancy: Tenancy) -> None:
    """Its sites and providers are closed one by one, then it ends together with all its keys.

    What must be kept (invoices, transactions, the audit log, data keys) stays. An interrupted deletion is finished by
    deleting again.

    Raises:
        NotFound: there is no such organization.
    """
    as_owner = actor.model_copy(update={"organization_id": organization_id})
    if await tenancy.organizations.existing(organization_id, organization_id) is None:
        raise not_found("organization")
    await _close_sites(organization_id, as_owner, tenancy)
    await _close_providers(organization_id, as_owner, tenancy)

    async def work(tx: Tx) -> None:
        await apply_change(
            tx,
            ORGANIZATION,
            organization_id,
            lambda before: next_version(before, deleted=True),
            actor=actor,
            action="organization.delete",
            tenancy=tenancy,
        )
        await tenancy.api_keys.revoke_all(tx, organization_id)

    await tenancy.uow.run(work)


async def _close_sites(organization_id: str, actor: Actor, tenancy: Tenancy) -> None:
    while (page := await tenancy.sites.listed(scope_of(organization_id), PageRequest(limit=PAGE_LIMIT_MAX))).rows:
        for kept in page.rows:
            await delete_site(kept.record.id, actor=actor, tenancy=tenancy)


async def _close_providers(organization_id: str, actor: Actor, tenancy: Tenancy) -> None:
    while (page := await tenancy.providers.listed(scope_of(organization_id), PageRequest(limit=PAGE_LIMIT_MAX))).rows:
        for kept in page.rows:
            in_mode = actor.model_copy(update={"livemode": kept.record.livemode})
            await delete_provider(kept.record.id, actor=in_mode, tenancy=tenancy)
