"""Change a storefront."""

from typing import Any

from admin_api.domain.tenancy import Kept, next_version
from admin_api.ports import Tenancy
from admin_api.use_cases.change_site import change_site
from admin_api.use_cases.check_assignment import check_assignment
from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig


async def update_site(site_id: str, changes: dict[str, Any], *, actor: Actor, tenancy: Tenancy) -> Kept[SiteConfig]:
    """Replace the given attributes; ``settings`` and ``branding`` are merged key by key, None removes a key.

    Raises:
        NotFound: not a site of the actor's organization.
        Invalid: a provider that is not the organization's.
    """
    provider_ids = changes.get("provider_ids")
    if provider_ids is not None:
        await check_assignment(provider_ids, changes.get("default_provider_id"), actor=actor, tenancy=tenancy)

    def change(before: SiteConfig) -> SiteConfig:
        merged = dict(changes)
        for name in ("settings", "branding"):
            if name in changes:
                values = {**getattr(before, name), **changes[name]}
                merged[name] = {key: value for key, value in values.items() if value is not None}
        after = next_version(before, **merged)
        if after.default_provider_id is not None and after.default_provider_id not in after.provider_ids:
            return after.model_copy(update={"default_provider_id": None})
        return after

    return await change_site(site_id, change, actor=actor, action="site.update", tenancy=tenancy)
