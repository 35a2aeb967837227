"""The audit log: written in the transaction of the change that it names, one chain per organization."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from admin_api.shared.domain.audit import (
    ADDRESS_FIELD,
    ADDRESSES,
    GENESIS,
    Entry,
    EntryAddress,
    Head,
    client_address,
)
from admin_api.shared.domain.roles import scope_of
from admin_api.shared.store.documents import EntryAddressDocument, EntryDocument, HeadDocument
from gateway_contracts.actor import Actor
from gateway_contracts.ids import new_object_id
from gateway_kit import context
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.errors import RunAgain
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.rows import RowsOf
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx

_BATCH: Final = 200
_IN_A_CHAIN: Final = {"sequence": {"$gte": 1}}


class AuditLog:
    """Log of changes with their actors, append only: no entry can be changed or removed.

    ``changes`` come from `domain.audit`, which hides secrets and personal data.
    """

    def __init__(self, rows: RowsOf, keyring: Keyring) -> None:
        self._entries: Store[Entry] = Store(EntryDocument, rows(EntryDocument))
        self._addresses: GlobalStore[EntryAddress] = GlobalStore(EntryAddressDocument, rows(EntryAddressDocument))
        self._heads: GlobalStore[Head] = GlobalStore(HeadDocument, rows(HeadDocument))
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
        """Append to the chain of ``organization_id``, the actor's own unless given."""
        chain = actor.organization_id if organization_id is None else organization_id
        head = await self._heads.get(tx, chain) or _beginning(chain)
        entry = self._entry(tx, actor, action, object_id, head, changes or {})
        entry = entry.changed(hash=entry.computed_hash())
        # Two writers of one chain meet at its head: the later one's transaction runs again, after the other's commit.
        again = RunAgain("the chain grew meanwhile")
        after = head.changed(sequence=entry.sequence, hash=entry.hash)
        if head.sequence == 0:
            self._heads.insert(tx, after, otherwise=again)
        else:
            self._heads.replace(tx, head, after, otherwise=again)
        self._entries.insert(tx, entry)
        if entry.address is not None:
            self._addresses.insert(tx, EntryAddress(id=entry.id, organization_id=chain, address=entry.address))

    async def page(self, organization_id: str, request: PageRequest, filters: Mapping[str, str]) -> Page[Entry]:
        """Newest first; ``filters`` are exact values by stored field."""
        scope = scope_of(organization_id)
        page = await self._entries.page(scope, request, {**_IN_A_CHAIN, **filters}, key="sequence")
        return Page(tuple(await self._with_addresses(page.rows)), page.total, page.total_capped, page.next_cursor)

    async def chain(self, organization_id: str) -> AsyncIterator[Entry]:
        """All entries with their addresses, oldest first."""
        batch: list[Entry] = []
        async for entry in self.links(organization_id):
            batch.append(entry)
            if len(batch) == _BATCH:
                for each in await self._with_addresses(batch):
                    yield each
                batch = []
        for each in await self._with_addresses(batch):
            yield each

    def links(self, organization_id: str) -> AsyncIterator[Entry]:
        """All entries without their addresses, oldest first: what the hashes of the chain are made of."""
        where = {"organization_id": organization_id, **_IN_A_CHAIN}
        return self._entries.across_tenants.each(where, sort=(("sequence", 1),))

    async def head(self, organization_id: str) -> Head:
        """The end of one chain."""
        return await self._heads.get(None, organization_id) or _beginning(organization_id)

    def heads(self) -> AsyncIterator[Head]:
        """The ends of all chains."""
        return self._heads.each({})

    async def _with_addresses(self, entries: Sequence[Entry]) -> list[Entry]:
        wanted = [entry.id for entry in entries if entry.address_hash is not None]
        found = await self._addresses.find(None, {"_id": {"$in": wanted}}) if wanted else []
        addresses = {one.id: one.address for one in found}
        return [entry.model_copy(update={"address": addresses.get(entry.id)}) for entry in entries]

    def _entry(
        self, tx: Tx, actor: Actor, action: str, object_id: str, head: Head, changes: Mapping[str, Any]
    ) -> Entry:
        identifier = new_object_id()
        address = client_address.get()
        return Entry(
            id=identifier,
            organization_id=head.id,
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


def _beginning(organization_id: str) -> Head:
    """The end of a chain without entries."""
    return Head(id=organization_id, sequence=0, hash=GENESIS)
