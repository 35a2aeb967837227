"""Make a storefront with its notification secrets."""

from dataclasses import dataclass, field
from typing import Any, Literal

from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.check_assignment import check_assignment
from admin_api.tenancy.use_cases.versioned_records import SITE, create_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.config_secrets import seal_ipn_secret
from gateway_kit.crypto.signing import new_webhook_secret


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
    return await create_record(SITE, record, actor=actor, attempt=attempt, tenancy=tenancy)


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
