"""Change a storefront."""

from collections.abc import Collection
from typing import Any

from admin_api.shared.domain.effects import is_test_key
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.domain.site_assignment import check_fields, limited_to_test
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.check_assignment import check_assignment
from admin_api.tenancy.use_cases.versioned_records import SITE, change_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig


async def update_site(
    site_id: str, changes: dict[str, Any], *, merges: bool, actor: Actor, tenancy: Tenancy
) -> Kept[SiteConfig]:
    """Replace the given attributes.

    Args:
        site_id: the site.
        changes: attributes by their internal names.
        merges: whether ``settings`` and ``branding`` are changed key by key (None removes a key, or all of them).
        actor: who asks.
        tenancy: what is kept.

    Raises:
        NotFound: not a site of the actor's organization.
        Invalid: a provider that is not the organization's.
        Forbidden: a test key changes more than the assignment of test providers.
    """
    known = await tenancy.sites.existing(actor.organization_id, site_id)
    if known is None:
        raise not_found("site")
    if is_test_key(actor):
        check_fields(changes)
    provider_ids = changes.get("provider_ids")
    if provider_ids is not None:
        default = changes.get("default_provider_id")
        assigned = known.record.provider_ids
        await check_assignment(provider_ids, default, actor=actor, tenancy=tenancy, assigned=assigned)
    named = {*(provider_ids or ()), *known.record.provider_ids, changes.get("default_provider_id")}
    test_ids = await _test_ids({one for one in named if one}, actor, tenancy)

    def change(before: SiteConfig) -> SiteConfig:
        merged = limited_to_test(before, changes, test_ids) if is_test_key(actor) else dict(changes)
        for name in ("settings", "branding"):
            if name in changes:
                kept = getattr(before, name) if merges and changes[name] is not None else {}
                values = {**kept, **(changes[name] or {})}
                merged[name] = {key: value for key, value in values.items() if value is not None}
        after = next_version(before, **merged)
        if after.default_provider_id is not None and after.default_provider_id not in after.provider_ids:
            return after.model_copy(update={"default_provider_id": None})
        return after

    return await change_record(SITE, site_id, change, actor=actor, action="site.update", tenancy=tenancy)


async def _test_ids(provider_ids: Collection[str], actor: Actor, tenancy: Tenancy) -> frozenset[str]:
    """Those that are known as providers of test mode; only a test key's changes depend on it."""
    if not is_test_key(actor):
        return frozenset()
    found = [await tenancy.providers.existing(actor.organization_id, one) for one in provider_ids]
    return frozenset(kept.record.id for kept in found if kept is not None and not kept.record.livemode)
