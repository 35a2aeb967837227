"""The audit log in MongoDB: written in the transaction of the change that it names, one chain per organization.

The database itself lets nobody change or remove an entry. What a new data key has to change, the encrypted address
from which a request came, therefore lies in a collection of its own.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, OperationFailure

from admin_api.shared.domain.audit import ADDRESS_FIELD, ADDRESSES, GENESIS, Entry, Head, client_address
from admin_api.shared.domain.paging import Page, PageWish
from admin_api.shared.store.pages import page_of
from gateway_contracts.actor import Actor
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.ids import new_object_id
from gateway_kit import context
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import Tx

SCHEMA_VERSION: Final = 3
_AGAIN: Final = {"errorLabels": ["TransientTransactionError"]}
"""Makes the driver run the whole transaction again."""
_BATCH: Final = 200


class MongoAuditLog:
    """Append only: there is no way to change or remove an entry."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], keyring: Keyring) -> None:
        self._entries = db.audit_log
        self._addresses = db[ADDRESSES]
        self._heads = db.audit_heads
        self._keyring = keyring

    async def note(
        self,
        tx: Tx,
        actor: Actor,
        action: str,
        object_id: str,
        *,
        organization_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        chain = actor.organization_id if organization_id is None else organization_id
        head = await self._head(tx, chain)
        entry = self._entry(tx, actor, action, object_id, head, changes or {})
        row = _row(entry)
        row["hash"] = entry.computed_hash()
        await self._entries.insert_one(row, session=tx.session)
        if entry.address is not None:
            address = {"_id": entry.id, "organization_id": chain, "address": entry.address.wire()}
            await self._addresses.insert_one(address, session=tx.session)
        await self._advance(tx, head, row["hash"])

    async def page(self, organization_id: str, wish: PageWish, filters: Mapping[str, str]) -> Page[Entry]:
        query: dict[str, Any] = {"organization_id": organization_id, "sequence": {"$gte": 1}, **filters}
        rows, total, cursor = await page_of(self._entries, query, wish, key="sequence")
        return Page(tuple(await self._entries_of(rows)), total, wish, cursor)

    async def chain(self, organization_id: str) -> AsyncIterator[Entry]:
        query = {"organization_id": organization_id, "sequence": {"$gte": 1}}
        batch: list[dict[str, Any]] = []
        async for row in self._entries.find(query).sort("sequence", 1):
            batch.append(row)
            if len(batch) == _BATCH:
                for entry in await self._entries_of(batch):
                    yield entry
                batch = []
        for entry in await self._entries_of(batch):
            yield entry

    async def _entries_of(self, rows: Sequence[dict[str, Any]]) -> list[Entry]:
        """With their addresses."""
        wanted = {"_id": {"$in": [row["_id"] for row in rows if row["address_hash"] is not None]}}
        addresses = {row["_id"]: row["address"] async for row in self._addresses.find(wanted)}
        return [_entry(row, addresses.get(row["_id"])) for row in rows]

    async def heads(self) -> AsyncIterator[Head]:
        async for row in self._heads.find().sort("_id", 1):
            yield Head(row["_id"], row["sequence"], row["hash"])

    async def _head(self, tx: Tx, chain: str) -> Head:
        row = await self._heads.find_one({"_id": chain}, session=tx.session)
        return Head(chain, 0, GENESIS) if row is None else Head(chain, row["sequence"], row["hash"])

    async def _advance(self, tx: Tx, head: Head, new_hash: str) -> None:
        # Two writers of one chain meet here: the later one's transaction runs again, after the other's commit.
        change = {"sequence": head.sequence + 1, "hash": new_hash}
        if head.sequence == 0:
            try:
                await self._heads.insert_one({"_id": head.organization_id, **change}, session=tx.session)
            except DuplicateKeyError as exc:
                raise OperationFailure("the chain began meanwhile", details=_AGAIN) from exc
            return
        query = {"_id": head.organization_id, "sequence": head.sequence, "hash": head.hash}
        if (await self._heads.update_one(query, {"$set": change}, session=tx.session)).modified_count != 1:
            raise OperationFailure("the chain grew meanwhile", details=_AGAIN)

    def _entry(
        self, tx: Tx, actor: Actor, action: str, object_id: str, head: Head, changes: Mapping[str, Any]
    ) -> Entry:
        identifier = new_object_id()
        address = client_address.get()
        return Entry(
            id=identifier,
            organization_id=head.organization_id,
            sequence=head.sequence + 1,
            # As precise as it is stored, or its hash could not be computed again.
            at=tx.now.replace(microsecond=tx.now.microsecond // 1000 * 1000),
            actor_kind=actor.kind,
            actor_id=actor.subject_id,
            actor_role=actor.role,
            action=action,
            object_type=action.partition(".")[0],
            object_id=object_id,
            livemode=actor.livemode,
            request_id=context.request_id.get(),
            address_hash=self._keyring.keyed_hash("audit_address", f"{identifier} {address}") if address else None,
            address=self._keyring.encrypt_system(ADDRESSES, identifier, ADDRESS_FIELD, address) if address else None,
            previous_hash=head.hash,
            changes=dict(changes),
        )


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "_id": entry.id,
        "organization_id": entry.organization_id,
        "sequence": entry.sequence,
        "at": entry.at,
        "created_at": entry.at,
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id,
        "actor_role": entry.actor_role,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "livemode": entry.livemode,
        "request_id": entry.request_id,
        "address_hash": entry.address_hash,
        "changes": dict(entry.changes),
        "previous_hash": entry.previous_hash,
        "schema_version": SCHEMA_VERSION,
    }


def _entry(row: dict[str, Any], address: dict[str, Any] | None) -> Entry:
    fields = {
        name: value for name, value in row.items() if name not in {"_id", "address", "created_at", "schema_version"}
    }
    return Entry(id=row["_id"], address=None if address is None else EncryptedValue.model_validate(address), **fields)
