"""Keep the secret of a webhook that was registered at a provider."""

from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.update_provider import WEBHOOK_SECRETS_MAX
from admin_api.tenancy.use_cases.versioned_records import PROVIDER, change_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import ProviderConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_providers.registry import declared

REGISTERED = "provider.register_webhook"
"""Action of the audit entry."""


async def keep_webhook_secret(
    provider_id: str, secret: EncryptedValue, *, actor: Actor, attempt: Attempt, tenancy: Tenancy
) -> Kept[ProviderConfig]:
    """Store it as the provider's signing secret. The one before stays valid beside it: webhooks may be on their way.

    Args:
        secret: encrypted for its place in the record (`seal_provider_secret`).

    Raises:
        NotFound: not a provider of the actor's organization and mode.
    """

    def change(before: ProviderConfig) -> ProviderConfig:
        provider = declared(before.type)
        name = provider.signing_secret
        assert name is not None, "only a type with a signing secret is given one"
        secrets = {**before.secrets, name: (secret, *before.secrets.get(name, ()))[:WEBHOOK_SECRETS_MAX]}
        return next_version(before, secrets=secrets, missing=provider.missing_values({*before.public, *secrets}))

    return await change_record(
        PROVIDER, provider_id, change, actor=actor, action=REGISTERED, tenancy=tenancy, attempt=attempt
    )
