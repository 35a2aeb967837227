"""Passkeys, waiting challenges and the bootstrap token in MongoDB."""

from datetime import datetime
from typing import Any, Final

from bson import Binary
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from admin_api.people.domain.passkey import Ceremony, Newcomer, Passkey
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Conflict
from gateway_kit.mongo.unit_of_work import Tx

SCHEMA_VERSION: Final = 1
_FIRST_OPERATOR: Final = "first-operator"


class MongoPasskeyStore:
    """Public keys by the authenticator's id."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._passkeys = db.passkeys

    async def find(self, passkey_id: str, tx: Tx | None = None) -> Passkey | None:
        row = await self._passkeys.find_one({"_id": passkey_id}, session=tx.session if tx else None)
        return None if row is None else _passkey(row)

    async def of_person(self, person_id: str, tx: Tx | None = None) -> list[Passkey]:
        rows = self._passkeys.find({"person_id": person_id}, session=tx.session if tx else None)
        return [_passkey(row) for row in await rows.sort("created_at", 1).to_list()]

    async def insert(self, tx: Tx, passkey: Passkey) -> None:
        row = {
            "_id": passkey.id,
            "person_id": passkey.person_id,
            "public_key": Binary(passkey.public_key),
            "sign_count": passkey.sign_count,
            "label": passkey.label.wire() if passkey.label else None,
            "is_synced": passkey.is_synced,
            "created_at": passkey.created_at,
            "last_used_at": passkey.last_used_at,
            "schema_version": SCHEMA_VERSION,
        }
        try:
            await self._passkeys.insert_one(row, session=tx.session)
        except DuplicateKeyError as exc:
            raise Conflict("this passkey is registered already", code="PASSKEY_EXISTS") from exc

    async def note_use(self, tx: Tx, before: Passkey, sign_count: int) -> bool:
        query = {"_id": before.id, "sign_count": before.sign_count}
        change = {"sign_count": sign_count, "last_used_at": tx.now}
        return (await self._passkeys.update_one(query, {"$set": change}, session=tx.session)).matched_count == 1

    async def delete(self, tx: Tx, person_id: str, passkey_id: str) -> bool:
        query = {"_id": passkey_id, "person_id": person_id}
        return (await self._passkeys.delete_one(query, session=tx.session)).deleted_count == 1


class MongoCeremonyStore:
    """Challenges; taking one removes it, and a TTL index collects those that nobody answered."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._ceremonies = db.auth_ceremonies

    async def open(self, ceremony: Ceremony) -> None:
        newcomer = ceremony.newcomer
        await self._ceremonies.insert_one(
            {
                "_id": ceremony.id,
                "kind": ceremony.kind,
                "challenge": Binary(ceremony.challenge),
                "expires_at": ceremony.expires_at,
                "token_hash": ceremony.token_hash,
                "person_id": ceremony.person_id,
                "newcomer": None if newcomer is None else _newcomer_row(newcomer),
                "schema_version": SCHEMA_VERSION,
            }
        )

    async def take(self, ceremony_id: str, now: datetime) -> Ceremony | None:
        row = await self._ceremonies.find_one_and_delete({"_id": ceremony_id, "expires_at": {"$gt": now}})
        if row is None:
            return None
        return Ceremony(
            id=row["_id"],
            kind=row["kind"],
            challenge=bytes(row["challenge"]),
            expires_at=row["expires_at"],
            token_hash=row["token_hash"],
            person_id=row["person_id"],
            newcomer=None if row["newcomer"] is None else _newcomer(row["newcomer"]),
        )


class MongoBootstrapStore:
    """One row at most."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._tokens = db.bootstrap_tokens

    async def issue(self, token_hash: str, *, now: datetime, until: datetime, is_replacing: bool = False) -> bool:
        query: dict[str, Any] = {"_id": _FIRST_OPERATOR}
        if not is_replacing:
            query["expires_at"] = {"$lte": now}
        change = {"token_hash": token_hash, "created_at": now, "expires_at": until, "spent_at": None}
        try:
            await self._tokens.update_one(query, {"$set": change}, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def is_open(self, token_hash: str, now: datetime) -> bool:
        return await self._tokens.find_one(_open(token_hash, now)) is not None

    async def spend(self, tx: Tx, token_hash: str) -> bool:
        change = {"$set": {"spent_at": tx.now}}
        return (
            await self._tokens.update_one(_open(token_hash, tx.now), change, session=tx.session)
        ).modified_count == 1


def _open(token_hash: str, now: datetime) -> dict[str, Any]:
    return {"_id": _FIRST_OPERATOR, "token_hash": token_hash, "spent_at": None, "expires_at": {"$gt": now}}


def _passkey(row: dict[str, Any]) -> Passkey:
    return Passkey(
        id=row["_id"],
        person_id=row["person_id"],
        public_key=bytes(row["public_key"]),
        sign_count=row["sign_count"],
        label=None if row["label"] is None else EncryptedValue.model_validate(row["label"]),
        is_synced=row["is_synced"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )


def _newcomer_row(newcomer: Newcomer) -> dict[str, Any]:
    return {
        "person_id": newcomer.person_id,
        "email": newcomer.email.wire(),
        "email_hash": newcomer.email_hash,
        "name": newcomer.name.wire() if newcomer.name else None,
    }


def _newcomer(row: dict[str, Any]) -> Newcomer:
    return Newcomer(
        person_id=row["person_id"],
        email=EncryptedValue.model_validate(row["email"]),
        email_hash=row["email_hash"],
        name=None if row["name"] is None else EncryptedValue.model_validate(row["name"]),
    )
