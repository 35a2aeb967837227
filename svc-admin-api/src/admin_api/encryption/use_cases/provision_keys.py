"""At start: the system's data key exists, this process can decrypt, and the configuration bucket is complete."""

from collections.abc import AsyncIterator

from admin_api.shared.use_cases.run_once import nothing_left, run_once
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.config import ConfigRecord, WrappedDek
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.mongo.unit_of_work import Operation, Tx

_SYSTEM_DEK_OPERATION = Operation("provision dek.system.1", "dek.system.1")
ROWS_PER_TRANSACTION = 20


async def provision_keys(*, tenancy: Tenancy) -> None:
    """Make the system's data key unless there is one, then load all data keys.

    Raises:
        DecryptionFailed: SYSTEM_ENCRYPTION_KEY is not the one that wrapped the stored keys.
    """
    if not await tenancy.deks.system_exists():
        record = tenancy.keyring.create("system", "", "system")

        async def work(tx: Tx) -> None:
            tenancy.deks.insert_new(tx, record)
            tx.put_config(dek_key(record), record, version=record.order)

        # Replayed: another process of this service was faster.
        await run_once(tenancy.uow, work, operation=_SYSTEM_DEK_OPERATION, again=nothing_left)
    async for dek in tenancy.deks.each({}):
        tenancy.keyring.load(dek.record)


async def republish_configuration(*, tenancy: Tenancy) -> int:
    """Put every record into the bucket again, with its stored version: what is newer there stands.

    Returns how many.
    """
    count = 0
    batch: list[tuple[str, ConfigRecord]] = []
    async for entry in _every(tenancy):
        batch.append(entry)
        count += 1
        if len(batch) == ROWS_PER_TRANSACTION:
            await _put(batch, tenancy)
            batch = []
    if batch:
        await _put(batch, tenancy)
    return count


async def _every(tenancy: Tenancy) -> AsyncIterator[tuple[str, ConfigRecord]]:
    async for dek in tenancy.deks.each({}):
        yield dek.id, dek.record
    async for organization in tenancy.organizations.across_tenants.each({}):
        yield f"org.{organization.id}", organization.record
    async for provider in tenancy.providers.across_tenants.each({}):
        yield f"provider.{provider.id}", provider.record
    async for site in tenancy.sites.across_tenants.each({}):
        yield f"site.{site.id}", site.record


async def _put(batch: list[tuple[str, ConfigRecord]], tenancy: Tenancy) -> None:
    async def work(tx: Tx) -> None:
        for key, record in batch:
            # A data key that is destroyed at this moment must not be put back.
            current = await tenancy.deks.reread(tx, record) if isinstance(record, WrappedDek) else record
            if current is not None:
                tx.put_config(key, current, version=current.order)

    await tenancy.uow.run(work)
