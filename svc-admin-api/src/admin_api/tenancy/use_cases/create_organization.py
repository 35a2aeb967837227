"""Make an organization with its data keys."""

from dataclasses import dataclass

from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig, WrappedDek
from gateway_contracts.encrypted import Purpose
from gateway_contracts.events.tenancy import OrganizationCreatedV1
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx

PURPOSES: tuple[Purpose, ...] = ("operational", "records")


@dataclass(frozen=True)
class NewOrganization:
    """What a new tenant is called. ``country`` is ISO 3166 alpha-2."""

    name: str
    country: str | None = None


async def create_organization(
    command: NewOrganization, *, actor: Actor, attempt: Attempt, tenancy: Tenancy
) -> Kept[OrganizationConfig]:
    """The organization, its two data keys, their configuration records and the event, all or nothing."""
    record = OrganizationConfig(id=attempt.object_id, version=1, name=command.name, country=command.country)
    deks = [tenancy.keyring.create("organization", record.id, purpose) for purpose in PURPOSES]

    async def work(tx: Tx) -> Kept[OrganizationConfig]:
        kept = await tenancy.organizations.insert(tx, record)
        await _keep_deks(tx, deks, tenancy)
        tx.put_config(f"org.{record.id}", record, version=record.version)
        tx.emit(
            OrganizationCreatedV1(object_id=record.id, occurred_at=tx.now),
            organization_id=record.id,
            livemode=actor.livemode,
            entity_id=record.id,
            sequence=record.version,
        )
        await tenancy.audit.note(tx, actor, "organization.create", record.id, organization_id=record.id)
        return kept

    try:
        kept = await tenancy.uow.run(work, operation=Operation(attempt.operation_id, record.id))
    except OperationReplayed as replay:
        existing = await tenancy.organizations.find(replay.entity_id, replay.entity_id)
        if existing is None:
            raise not_found("organization") from replay
        return existing
    for dek in deks:
        tenancy.keyring.load(dek)
    return kept


async def _keep_deks(tx: Tx, deks: list[WrappedDek], tenancy: Tenancy) -> None:
    for dek in deks:
        await tenancy.deks.insert(dek, tx)
        tx.put_config(dek_key(dek), dek, version=dek.order)
