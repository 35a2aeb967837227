"""Clients in MongoDB."""

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from admin_api.payments.domain.client import Client
from admin_api.payments.ports import Payer
from admin_api.payments.store.documents import SCHEMA_VERSION, ClientDocument
from admin_api.shared.domain.paging import Page, PageWish
from admin_api.shared.errors import changed_meanwhile
from admin_api.shared.store.pages import page_of
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Transient
from gateway_kit.mongo.queries import are_texts, is_text
from gateway_kit.mongo.unit_of_work import Tx


class MongoClientStore:
    """Clients, scoped by organization and mode."""

    @property
    def _collection(self) -> AsyncCollection[dict[str, Any]]:
        return ClientDocument.get_pymongo_collection()

    async def find(
        self, organization_id: str, identifier: str, *, livemode: bool, tx: Tx | None = None
    ) -> Client | None:
        query = {"_id": identifier, "organization_id": organization_id, "livemode": livemode}
        found = await ClientDocument.find_one(query, session=tx.session if tx else None)
        return None if found is None else _client(found)

    async def find_by_email(self, organization_id: str, email_hash: str, *, livemode: bool, tx: Tx) -> Client | None:
        query = {"organization_id": organization_id, "livemode": livemode, "email_hash": is_text(email_hash)}
        found = await ClientDocument.find_one(query, session=tx.session)
        return None if found is None else _client(found)

    async def payers(self, tx: Tx, payers: Sequence[Payer]) -> list[Client]:
        wanted: list[dict[str, Any]] = []
        for organization_id, livemode in {(payer.organization_id, payer.livemode) for payer in payers}:
            tenant = {"organization_id": organization_id, "livemode": livemode}
            own = [payer for payer in payers if (payer.organization_id, payer.livemode) == (organization_id, livemode)]
            # At most two alternatives for each tenant: the server plans every alternative against every index.
            if ids := sorted({payer.named_client_id for payer in own if payer.named_client_id is not None}):
                wanted.append({**tenant, "_id": {"$in": ids}})
            if hashes := sorted({payer.email_hash for payer in own if payer.email_hash is not None}):
                wanted.append({**tenant, "email_hash": are_texts(hashes)})
        rows = await self._collection.find({"$or": wanted}, session=tx.session).to_list() if wanted else []
        return [_client(ClientDocument.model_validate(row)) for row in rows]

    async def insert(self, tx: Tx, client: Client) -> None:
        try:
            await self._collection.insert_one({**_row(client), "schema_version": SCHEMA_VERSION}, session=tx.session)
        except DuplicateKeyError as exc:
            raise Transient("another payment creates the same client", code="CLIENT_BEING_CREATED") from exc

    async def replace(self, tx: Tx, before: Client, after: Client) -> None:
        query = {"_id": before.id, "organization_id": before.organization_id, "version": before.version}
        change = {name: value for name, value in _row(after).items() if name != "_id"}
        try:
            updated = await self._collection.update_one(query, {"$set": change}, session=tx.session)
        except DuplicateKeyError as exc:
            raise Transient("another client takes the same address", code="CLIENT_BEING_CREATED") from exc
        if updated.matched_count != 1:
            raise changed_meanwhile()

    async def delete(self, tx: Tx, client: Client) -> None:
        query = {"_id": client.id, "organization_id": client.organization_id, "version": client.version}
        if (await self._collection.delete_one(query, session=tx.session)).deleted_count != 1:
            raise changed_meanwhile()

    async def page(
        self,
        organization_id: str,
        wish: PageWish,
        *,
        livemode: bool,
        email_hash: str | None = None,
        country: str | None = None,
    ) -> Page[Client]:
        query: dict[str, Any] = {"organization_id": organization_id, "livemode": livemode}
        if email_hash is not None:
            query["email_hash"] = is_text(email_hash)
        if country is not None:
            query["country"] = country
        rows, total, cursor = await page_of(self._collection, query, wish)
        return Page(tuple(_client(ClientDocument.model_validate(row)) for row in rows), total, wish, cursor)


def _row(client: Client) -> dict[str, Any]:
    return {
        "_id": client.id,
        "organization_id": client.organization_id,
        "livemode": client.livemode,
        "party": client.party.wire() if client.party else None,
        "tax": client.tax.wire() if client.tax else None,
        "email_hash": client.email_hash,
        "country": client.country,
        "payments": client.payments,
        "transaction_ids": list(client.transaction_ids),
        "created_at": client.created_at,
        "updated_at": client.updated_at,
        "version": client.version,
    }


def _client(found: ClientDocument) -> Client:
    return Client(
        id=found.id,
        organization_id=found.organization_id,
        livemode=found.livemode,
        party=None if found.party is None else EncryptedValue.model_validate(found.party),
        tax=None if found.tax is None else EncryptedValue.model_validate(found.tax),
        email_hash=found.email_hash,
        country=found.country,
        payments=found.payments,
        transaction_ids=tuple(found.transaction_ids),
        created_at=found.created_at,
        updated_at=found.updated_at,
        version=found.version,
    )
