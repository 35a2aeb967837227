"""Set up an account at a payment provider."""

from dataclasses import dataclass

from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.domain.provider_setup import checked_setup, missing_values
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.change_provider import find_provider
from gateway_contracts.actor import Actor
from gateway_contracts.config import ProviderConfig, ProviderType
from gateway_contracts.events.tenancy import ProviderCreatedV1
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx


@dataclass(frozen=True)
class NewProvider:
    """An account as its merchant enters it; ``values`` are the fields of its type."""

    type: ProviderType
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
    setup = checked_setup(command.type, command.values, livemode=actor.livemode)
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
            for name, secret in setup.secrets.items()
        },
        missing=missing_values(command.type, {*setup.public, *setup.secrets}),
    )

    async def work(tx: Tx) -> Kept[ProviderConfig]:
        kept = await tenancy.providers.insert(tx, record)
        tx.put_config(f"provider.{record.id}", record, version=record.version)
        tx.emit(
            ProviderCreatedV1(object_id=record.id, occurred_at=tx.now),
            organization_id=record.organization_id,
            livemode=record.livemode,
            entity_id=record.id,
            sequence=record.version,
        )
        await tenancy.audit.note(tx, actor, "provider.create", record.id)
        return kept

    try:
        return await tenancy.uow.run(work, operation=Operation(attempt.operation_id, record.id))
    except OperationReplayed as replay:
        return await find_provider(replay.entity_id, actor=actor, tenancy=tenancy)
