"""At start, the configuration bucket is made equal to the database."""

from collections.abc import Sequence

from domains.domain.domain import Domain
from domains.use_cases.events import config_key, config_record
from gateway_contracts.config import DomainConfig
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork


async def rebuild_config(published: Sequence[DomainConfig], *, uow: UnitOfWork, store: Store[Domain]) -> int:
    """How many keys were put or removed. ``published`` is what the bucket holds now."""
    stale = {record.name: record for record in published}
    missing: list[Domain] = []
    async for domain in store.across_tenants.each({"removed": False}):
        if stale.pop(domain.name, None) != config_record(domain):
            missing.append(domain)

    async def work(tx: Tx) -> int:
        for domain in missing:
            tx.put_config(config_key(domain.name), config_record(domain), version=domain.version)
        for record in stale.values():
            tx.put_config(config_key(record.name), None, version=record.version, organization_id=record.organization_id)
        return len(missing) + len(stale)

    return await uow.run(work) if missing or stale else 0
