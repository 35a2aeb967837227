"""Make an organization with its data keys."""

from dataclasses import dataclass

from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.use_cases.run_once import run_once
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import ORGANIZATION, find_record, insert_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig, WrappedDek
from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.mongo.unit_of_work import Operation, Tx

PURPOSES: tuple[Purpose, ...] = ("operational", "records")


@dataclass(frozen=True)
class NewOrganization:
    """Name and country of a new tenant. ``country`` is ISO 3166 alpha-2."""

    name: str
    country: str | None = None


async def create_organization(
    command: NewOrganization, *, actor: Actor, attempt: Attempt, tenancy: Tenancy
) -> Kept[OrganizationConfig]:
    """The organization, its two data keys, their configuration records and the event, all or nothing."""
    record = OrganizationConfig(id=attempt.object_id, version=1, name=command.name, country=command.country)
    deks = [tenancy.keyring.create("organization", record.id, purpose) for purpose in PURPOSES]

    async def work(tx: Tx) -> Kept[OrganizationConfig]:
        kept = await insert_record(tx, ORGANIZATION, record, actor=actor, tenancy=tenancy)
        await _keep_deks(tx, deks, tenancy)
        return kept

    async def existing(organization_id: str) -> Kept[OrganizationConfig]:
        deks.clear()  # the first execution stored others
        return await find_record(ORGANIZATION, organization_id, actor=actor, tenancy=tenancy)

    operation = Operation(attempt.operation_id, record.id)
    kept = await run_once(tenancy.uow, work, operation=operation, again=existing)
    for dek in deks:
        tenancy.keyring.load(dek)
    return kept


async def _keep_deks(tx: Tx, deks: list[WrappedDek], tenancy: Tenancy) -> None:
    for dek in deks:
        tenancy.deks.insert_new(tx, dek)
        tx.put_config(dek_key(dek), dek, version=dek.order)
