"""Sessions in MongoDB, and the names of the keys that sign their access tokens."""

import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from admin_api.people.domain.session import EndReason, Replacement, Session
from gateway_kit.mongo.unit_of_work import Tx

SCHEMA_VERSION: Final = 1
_LISTED_MAX: Final = 200
_KEY_NAME_BYTES: Final = 16
_REREAD_AFTER_S: Final = 30.0
_REREAD_PAUSE_S: Final = 1.0


class MongoSessionStore:
    """Every change is guarded; an ended session stays until its time is over, so that reuse is still seen."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._sessions = db.operator_sessions

    async def find(self, session_id: str) -> Session | None:
        row = await self._sessions.find_one({"_id": session_id})
        return None if row is None else _session(row)

    async def of_person(self, person_id: str) -> list[Session]:
        rows = self._sessions.find({"person_id": person_id, "ended_at": None}).sort("_id", -1).limit(_LISTED_MAX)
        return [_session(row) async for row in rows]

    async def insert(self, tx: Tx, session: Session) -> None:
        await self._sessions.insert_one(_row(session), session=tx.session)

    async def refresh(self, before: Session, after: Session) -> bool:
        # Without a transaction: fifty tabs at once would abort one another's and wait.
        query = {"_id": before.id, "sequence": before.sequence, "ended_at": None}
        row = _row(after)
        change = {name: row[name] for name in ("sequence", "refresh_hash", "used_at", "replacements")}
        updated = await self._sessions.update_one(query, {"$set": change})
        return updated.modified_count == 1

    async def end(self, tx: Tx, session_id: str, reason: EndReason) -> bool:
        return await self._end(tx, {"_id": session_id}, reason) == 1

    async def end_all(self, tx: Tx, person_id: str, reason: EndReason, *, passkey_id: str | None = None) -> int:
        query = {"person_id": person_id} | ({} if passkey_id is None else {"passkey_id": passkey_id})
        return await self._end(tx, query, reason)

    async def close_to(self, tx: Tx, person_id: str, organization_id: str) -> int:
        query = {"person_id": person_id, "ended_at": None, "closed_to": {"$ne": organization_id}}
        change = {"$addToSet": {"closed_to": organization_id}}
        return (await self._sessions.update_many(query, change, session=tx.session)).modified_count

    async def _end(self, tx: Tx, query: dict[str, Any], reason: EndReason) -> int:
        change = {"ended_at": tx.now, "end_reason": reason}
        updated = await self._sessions.update_many({**query, "ended_at": None}, {"$set": change}, session=tx.session)
        return updated.modified_count


class MongoSigningKeys:
    """Names of signing keys. The keys themselves are derived from the system's encryption key: a name is no secret.

    Args:
        derive: the key of a name.
        monotonic: seconds from any start.
    """

    def __init__(
        self,
        db: AsyncDatabase[dict[str, Any]],
        derive: Callable[[str], bytes],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows = db.session_keys
        self._derive = derive
        self._monotonic = monotonic
        self._names: list[str] = []
        self._read_at = float("-inf")

    async def current(self, now: datetime) -> tuple[str, bytes]:
        """Name and key to sign with; the first one is made here."""
        if self._monotonic() - self._read_at > _REREAD_AFTER_S:
            await self._read()
        if not self._names:
            await self.rotate(now)
        return self._names[0], self._derive(self._names[0])

    async def find(self, name: str) -> bytes | None:
        """The key of that name, if we ever signed with it. A name from elsewhere costs a look now and then."""
        if name not in self._names and self._monotonic() - self._read_at > _REREAD_PAUSE_S:
            await self._read()
        return self._derive(name) if name in self._names else None

    async def rotate(self, now: datetime) -> str:
        """Sign with a new key from now on (other processes: within half a minute); tokens of the old one run out."""
        name = secrets.token_hex(_KEY_NAME_BYTES)
        await self._rows.insert_one({"_id": name, "created_at": now, "schema_version": SCHEMA_VERSION})
        await self._read()
        return name

    async def _read(self) -> None:
        rows = await self._rows.find().sort([("created_at", -1), ("_id", -1)]).to_list()
        self._names = [row["_id"] for row in rows]
        self._read_at = self._monotonic()


def _row(session: Session) -> dict[str, Any]:
    return {
        "_id": session.id,
        "person_id": session.person_id,
        "passkey_id": session.passkey_id,
        "refresh_hash": session.refresh_hash,
        "created_at": session.created_at,
        "used_at": session.used_at,
        "expires_at": session.expires_at,
        "sequence": session.sequence,
        "ended_at": session.ended_at,
        "end_reason": session.end_reason,
        "closed_to": list(session.closed_to),
        "replacements": [{"at": one.at, "client": one.client} for one in session.replacements],
        "schema_version": SCHEMA_VERSION,
    }


def _session(row: dict[str, Any]) -> Session:
    fields = {name: value for name, value in row.items() if name not in {"_id", "schema_version"}}
    # Older sessions lack the fields that came later.
    fields["closed_to"] = tuple(row.get("closed_to", ()))
    fields["replacements"] = tuple(Replacement(**one) for one in row.get("replacements", ()))
    return Session(id=row["_id"], **fields)
