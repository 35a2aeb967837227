"""Limits of a running service."""

from collections.abc import Callable

from gateway_kit.crypto.kms import derive_key, parse_system_key
from gateway_kit.http.asgi import Scope
from gateway_kit.http.rate_limit import (
    FAILED_POLICY,
    OPEN_PATHS,
    AddressRules,
    address_policy,
    carries_authorization,
)
from gateway_kit.limits.buckets import Buckets, Policy
from gateway_kit.limits.shared import SharedLimits
from gateway_kit.service import Runtime
from gateway_kit.settings import HttpSettings


async def open_limits(runtime: Runtime, rules: AddressRules, *policies: Policy) -> Buckets:
    """The buckets of this instance, kept in step with those of the service's other instances.

    Args:
        policies: the limits of the service's own, beside those by address.
    """
    hash_key = runtime.settings.system_search_hash_key.get_secret_value()
    secret = derive_key(parse_system_key("SYSTEM_SEARCH_HASH_KEY", hash_key), "gateway rate limits v1")
    buckets = Buckets((rules.policy, FAILED_POLICY, *policies), secret=secret)
    shared = SharedLimits(runtime.nc, buckets, service=runtime.service)
    await shared.start(runtime.js)
    runtime.background("limits", shared.run)
    return buckets


def address_rules(
    settings: HttpSettings,
    *,
    open_paths: tuple[str, ...] = OPEN_PATHS,
    has_credentials: Callable[[Scope], bool] = carries_authorization,
) -> AddressRules:
    """The rules by address, as the settings say."""
    exempt = tuple(part.strip() for part in settings.mpg_rate_limit_whitelist.split(",") if part.strip())
    return AddressRules(
        policy=address_policy(settings.mpg_rate_limit_requests_per_min),
        is_enabled=settings.mpg_rate_limit_enabled,
        exempt=exempt,
        open_paths=open_paths,
        has_credentials=has_credentials,
    )
