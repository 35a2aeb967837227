"""Wrapped data keys of organizations and of the system."""

from admin_api.tenancy.domain.data_key import DataKey
from gateway_contracts.config import WrappedDek
from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.unit_of_work import Tx


class DataKeys(GlobalStore[DataKey]):
    """Data keys, by their keys in the configuration bucket."""

    def insert_new(self, tx: Tx, record: WrappedDek) -> None:
        """Store a data key that was made now."""
        self.insert(tx, DataKey(id=dek_key(record), record=record, created_at=tx.now))

    async def system_exists(self) -> bool:
        """Whether the installation has its own data key."""
        return await self.first(None, {"record.scope": "system"}) is not None

    async def reread(self, tx: Tx, record: WrappedDek) -> WrappedDek | None:
        """As it is now, None if it was destroyed; its destruction meanwhile conflicts with this transaction."""
        known = await self.get(tx, dek_key(record))
        return None if known is None else self.replace(tx, known, known.changed(published_at=tx.now)).record

    async def of_tenant(self, organization_id: str, tx: Tx | None = None) -> list[DataKey]:
        """All of a tenant; the empty id is the system."""
        return await self.find(tx, {"record.organizationId": organization_id})

    async def rewrap(self, tx: Tx, before: WrappedDek, after: WrappedDek, job_id: str) -> WrappedDek | None:
        """The record as it is stored now; None where it was not there any more as it was."""
        known = await self.get(tx, dek_key(before))
        if known is None or (known.record.wrapped, known.record.active) != (before.wrapped, before.active):
            return None
        stored = after.model_copy(update={"revision": before.revision + 1})
        return self.replace(tx, known, known.changed(record=stored, rewrapped_by=job_id)).record

    def retire(self, tx: Tx, known: DataKey) -> WrappedDek | None:
        """The record that nothing is encrypted with any more; None if it was retired before. Read in ``tx``."""
        if not known.record.active:
            return None
        retired = known.record.model_copy(update={"active": False, "revision": known.record.revision + 1})
        return self.replace(tx, known, known.changed(record=retired, retired_at=tx.now)).record

    async def touch(self, tx: Tx, organization_id: str, purpose: Purpose) -> bool:
        """Whether the tenant has such a key; a transaction that destroys it meanwhile conflicts with this one."""
        known = await self.find(tx, {"record.organizationId": organization_id, "record.purpose": purpose})
        for one in known:
            self.replace(tx, one, one.changed(touched_at=tx.now))
        return bool(known)
