"""Change an account at a payment provider."""

from dataclasses import dataclass, field

from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import PROVIDER, change_record, find_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import ProviderConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_providers.registry import declared

WEBHOOK_SECRETS_MAX = 2


@dataclass(frozen=True)
class ProviderChanges:
    """Changes of a provider; None leaves a field as it is."""

    label: str | None = None
    enabled: bool | None = None
    values: dict[str, str | None] = field(default_factory=dict)
    """By public name; None clears one."""
    keep_previous_webhook_secret: bool = False
    merges: bool = True
    """Whether shown values that are not given stay; credentials stay always."""


async def update_provider(
    provider_id: str, changes: ProviderChanges, *, actor: Actor, tenancy: Tenancy
) -> Kept[ProviderConfig]:
    """Replace labels, shown values and credentials. A credential cannot be read: what is not given stays.

    Raises:
        NotFound: not a provider of the actor's organization and mode.
        Invalid: a malformed or missing value, a field of another type, or one that cannot be cleared.
    """
    known = await find_record(PROVIDER, provider_id, actor=actor, tenancy=tenancy)
    provider = declared(known.record.type)
    credentials = {name for name, declared_as in provider.setup.items() if declared_as.is_secret}
    setup = provider.check_setup(
        changes.values,
        livemode=actor.livemode,
        is_complete=not changes.merges,
        stored=credentials & known.record.secrets.keys(),
    )
    cleared = {name for name, value in changes.values.items() if value is None}
    sealed = {
        name: seal_provider_secret(tenancy.keyring, provider_id, name, secret)
        for name, secret in setup.encrypted.items()
    }

    def change(before: ProviderConfig) -> ProviderConfig:
        kept = {n: v for n, v in before.secrets.items() if changes.merges or n in credentials}
        secrets: dict[str, tuple[EncryptedValue, ...]] = {n: v for n, v in kept.items() if n not in cleared}
        for name, value in sealed.items():
            keeps = name == provider.signing_secret and changes.keep_previous_webhook_secret
            previous = before.secrets.get(name, ()) if keeps else ()
            secrets[name] = (value, *previous)[:WEBHOOK_SECRETS_MAX]
        shown = {n: v for n, v in before.public.items() if changes.merges and n not in cleared}
        public = {**shown, **setup.public}
        return next_version(
            before,
            label=before.label if changes.label is None else changes.label,
            enabled=before.enabled if changes.enabled is None else changes.enabled,
            public=public,
            secrets=secrets,
            missing=provider.missing_values({*public, *secrets}),
        )

    return await change_record(PROVIDER, provider_id, change, actor=actor, action="provider.update", tenancy=tenancy)
