"""Destroy an organization's data keys: its encrypted values become permanently unreadable everywhere."""

from dataclasses import dataclass

from admin_api.encryption.ports import Encryption
from admin_api.encryption.use_cases.destroy_data_key import destroy_data_key
from admin_api.shared.errors import not_found
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Invalid
from gateway_kit.mongo.unit_of_work import Tx


@dataclass(frozen=True)
class Shredding:
    """``confirmation`` repeats the organization's id. ``is_break_glass`` destroys the key of its records, too."""

    organization_id: str
    confirmation: str
    reason: str
    is_break_glass: bool = False


async def shred_organization(command: Shredding, *, actor: Actor, encryption: Encryption) -> list[str]:
    """The names of the destroyed keys; none when they were destroyed before.

    Raises:
        NotFound: no such organization.
        Invalid: the confirmation is not its id.
    """
    organization_id = command.organization_id
    is_there = await encryption.organizations.existing(organization_id, organization_id) is not None
    # One that was deleted before may still have its keys.
    if not is_there and not await encryption.deks.of_tenant(organization_id):
        raise not_found("organization")
    if command.confirmation != organization_id:
        raise Invalid.field("confirm", "must repeat the organization's id", code="CONFIRMATION_REQUIRED")

    async def work(tx: Tx) -> list[str]:
        destroyed = []
        for dek in await encryption.deks.of_tenant(organization_id, tx):
            if dek.record.purpose == "operational" or command.is_break_glass:
                destroyed.append(destroy_data_key(tx, dek, encryption=encryption))
        if destroyed:
            await _cancel_jobs(tx, organization_id, encryption)
            changes = {
                "keys": {"from": sorted(destroyed), "to": None},
                "reason": {"from": None, "to": command.reason},
                "breakGlass": {"from": None, "to": command.is_break_glass},
            }
            await encryption.audit.note(
                tx, actor, "encryption.shred", organization_id, organization_id=organization_id, changes=changes
            )
        return destroyed

    destroyed = await encryption.uow.run(work)
    for key in destroyed:
        encryption.keyring.forget(key)
    return destroyed


async def _cancel_jobs(tx: Tx, organization_id: str, encryption: Encryption) -> None:
    for job in await encryption.rotations.latest(organization_id, 1, tx):
        if job.state == "running":
            await encryption.rotations.save(tx, job.ended(tx.now, state="canceled", problem="the keys were destroyed"))
            tx.put_config(job.config_key, None, version=job.config().version + 1, organization_id=organization_id)
