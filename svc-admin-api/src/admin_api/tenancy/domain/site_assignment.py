"""The part of a site that a test key may change: its test providers. All else also serves live payments."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from admin_api.shared.domain.effects import live_key_required
from gateway_contracts.config import SiteConfig

_PUBLIC_NAMES: Final = {"ipn_version": "ipnVersion"}
_ASSIGNMENT: Final = frozenset({"provider_ids", "default_provider_id"})


def check_fields(changes: Mapping[str, Any]) -> None:
    """
    Raises:
        Forbidden: a change of something that both modes use.
    """
    if refused := sorted(set(changes) - _ASSIGNMENT):
        raise live_key_required(*(_PUBLIC_NAMES.get(name, name) for name in refused))


def limited_to_test(before: SiteConfig, changes: Mapping[str, Any], test_ids: Collection[str]) -> dict[str, Any]:
    """The changes with every provider kept that is not known as one of test mode.

    Raises:
        Forbidden: another default in place of a live provider, or a live provider as the default.
    """
    limited = dict(changes)
    if "provider_ids" in limited:
        live = tuple(one for one in before.provider_ids if one not in test_ids)
        limited["provider_ids"] = (*live, *(one for one in limited["provider_ids"] if one in test_ids))
    default = before.default_provider_id
    wanted = limited.get("default_provider_id", default)
    if wanted != default and any(one is not None and one not in test_ids for one in (default, wanted)):
        raise live_key_required("defaultProviderId")
    return limited
