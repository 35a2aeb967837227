"""Make a storefront with its notification secrets."""

from dataclasses import dataclass, field
from typing import Any, Literal

from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.check_assignment import check_assignment
from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.tenancy import SiteCreatedV1
from gateway_kit.crypto.config_secrets import seal_ipn_secret
from gateway_kit.crypto.signing import new_webhook_secret
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx


@dataclass(frozen=True)
class NewSite:
    """A site as its merchant describes it."""

    name: str
    branding: dict[str, str] = field(default_factory=dict)
    provider_ids: tuple[str, ...] = ()
    default_provider_id: str | None = None
    ipn_version: Literal[1, 2] = 2
    settings: dict[str, Any] = field(default_factory=dict)


async def create_site(command: NewSite, *, actor: Actor, attempt: Attempt, tenancy: Tenancy) -> Kept[SiteConfig]:
    """The site with a fresh notification secret per mode.

    Raises:
        Invalid: a provider that is not the organization's.
        Forbidden: a test key names a live provider.
    """
    await check_assignment(command.provider_ids, command.default_provider_id, actor=actor, tenancy=tenancy)
    record = _new_record(command, actor, attempt.object_id, tenancy)

    async def work(tx: Tx) -> Kept[SiteConfig]:
        kept = await tenancy.sites.insert(tx, record)
        tx.put_config(f"site.{record.id}", record, version=record.version)
        tx.emit(
            SiteCreatedV1(object_id=record.id, occurred_at=tx.now),
            organization_id=record.organization_id,
            livemode=actor.livemode,
            entity_id=record.id,
            sequence=record.version,
        )
        await tenancy.audit.note(tx, actor, "site.create", record.id)
        return kept

    try:
        return await tenancy.uow.run(work, operation=Operation(attempt.operation_id, record.id))
    except OperationReplayed as replay:
        existing = await tenancy.sites.find(actor.organization_id, replay.entity_id)
        if existing is None:
            raise not_found("site") from replay
        return existing


def _new_record(command: NewSite, actor: Actor, site_id: str, tenancy: Tenancy) -> SiteConfig:
    secrets: dict[str, tuple[EncryptedValue, ...]] = {
        mode: (seal_ipn_secret(tenancy.keyring, site_id, livemode=mode == "live", secret=new_webhook_secret()),)
        for mode in ("test", "live")
    }
    return SiteConfig(
        id=site_id,
        organization_id=actor.organization_id,
        version=1,
        name=command.name,
        branding=command.branding,
        provider_ids=command.provider_ids,
        default_provider_id=command.default_provider_id,
        ipn_version=command.ipn_version,
        ipn_secrets=secrets,
        settings=command.settings,
    )
