"""Set up an account at a payment provider."""

from dataclasses import dataclass

from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import PROVIDER, create_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import ProviderConfig
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_providers.registry import declared


@dataclass(frozen=True)
class NewProvider:
    """An account as its merchant enters it; ``values`` are the fields of its type."""

    type: str
    label: str
    values: dict[str, str | None]
    enabled: bool = True


async def create_provider(
    command: NewProvider, *, actor: Actor, attempt: Attempt, tenancy: Tenancy
) -> Kept[ProviderConfig]:
    """The provider, in the actor's mode, with its credentials encrypted; what may follow is named as missing.

    Raises:
        Invalid: type without connector, missing or malformed credentials.
    """
    provider = declared(command.type)
    setup = provider.check_setup(command.values, livemode=actor.livemode)
    record = ProviderConfig(
        id=attempt.object_id,
        organization_id=actor.organization_id,
        version=1,
        type=command.type,
        label=command.label,
        livemode=actor.livemode,
        enabled=command.enabled,
        public=dict(setup.public),
        secrets={
            name: (seal_provider_secret(tenancy.keyring, attempt.object_id, name, secret),)
            for name, secret in setup.encrypted.items()
        },
        missing=provider.missing_values({*setup.public, *setup.encrypted}),
    )
    return await create_record(PROVIDER, record, actor=actor, attempt=attempt, tenancy=tenancy)
