"""People and their memberships in MongoDB."""

from dataclasses import asdict
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from admin_api.people.domain.member import Member, Person
from admin_api.shared.domain.paging import Page, PageWish
from admin_api.shared.errors import already_member, changed_meanwhile
from admin_api.shared.store.pages import page_of
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Transient
from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.unit_of_work import Tx

SCHEMA_VERSION = 1


class MongoMemberStore:
    """Members by organization; people by id and by the keyed hash of their address."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._members = db.members
        self._persons = db.persons

    async def find_person(self, person_id: str, tx: Tx | None = None) -> Person | None:
        row = await self._persons.find_one({"_id": person_id}, session=tx.session if tx else None)
        return None if row is None else _person(row)

    async def find_person_by_email(self, email_hash: str, tx: Tx | None = None) -> Person | None:
        row = await self._persons.find_one({"email_hash": email_hash}, session=tx.session if tx else None)
        return None if row is None else _person(row)

    async def persons(self, person_ids: list[str]) -> dict[str, Person]:
        rows = await self._persons.find({"_id": {"$in": person_ids}}).to_list()
        return {row["_id"]: _person(row) for row in rows}

    async def insert_person(self, tx: Tx, person: Person) -> None:
        row = {
            "_id": person.id,
            "email": person.email.wire(),
            "email_hash": person.email_hash,
            "name": person.name.wire() if person.name else None,
            "created_at": person.created_at,
            "version": person.version,
            "schema_version": SCHEMA_VERSION,
        }
        try:
            await self._persons.insert_one(row, session=tx.session)
        except DuplicateKeyError as exc:
            raise Transient("another request invites the same person", code="MEMBER_BEING_INVITED") from exc

    async def find(self, organization_id: str, member_id: str, tx: Tx | None = None) -> Member | None:
        return await self._one({"_id": member_id, "organization_id": organization_id}, tx)

    async def find_of_person(self, organization_id: str, person_id: str, tx: Tx | None = None) -> Member | None:
        return await self._one({"organization_id": organization_id, "person_id": person_id}, tx)

    async def find_by_invitation(self, invite_hash: str, tx: Tx | None = None) -> Member | None:
        return await self._one({"invite_hash": is_text(invite_hash)}, tx)

    async def of_person(self, person_id: str, tx: Tx | None = None) -> list[Member]:
        rows = self._members.find({"person_id": person_id}, session=tx.session if tx else None).sort("_id", 1)
        return [_member(row) async for row in rows]

    async def count_of_role(self, organization_id: str, role: str, tx: Tx) -> int:
        query = {"organization_id": organization_id, "role": role, "state": "active"}
        return await self._members.count_documents(query, session=tx.session)

    async def insert(self, tx: Tx, member: Member) -> None:
        try:
            await self._members.insert_one({**_row(member), "schema_version": SCHEMA_VERSION}, session=tx.session)
        except DuplicateKeyError as exc:
            raise already_member() from exc

    async def replace(self, tx: Tx, before: Member, after: Member) -> None:
        query = {"_id": before.id, "organization_id": before.organization_id, "version": before.version}
        updated = await self._members.update_one(query, {"$set": _row(after)}, session=tx.session)
        if updated.matched_count != 1:
            raise changed_meanwhile()

    async def delete(self, tx: Tx, member: Member) -> None:
        query = {"_id": member.id, "organization_id": member.organization_id, "version": member.version}
        if (await self._members.delete_one(query, session=tx.session)).deleted_count != 1:
            raise changed_meanwhile()

    async def page(self, organization_id: str, wish: PageWish, *, role: str | None = None) -> Page[Member]:
        query = {"organization_id": organization_id} | ({} if role is None else {"role": role})
        rows, total, cursor = await page_of(self._members, query, wish)
        return Page(tuple(_member(row) for row in rows), total, wish, cursor)

    async def _one(self, query: dict[str, Any], tx: Tx | None) -> Member | None:
        row = await self._members.find_one(query, session=tx.session if tx else None)
        return None if row is None else _member(row)


def _row(member: Member) -> dict[str, Any]:
    row = asdict(member)
    row["_id"] = row.pop("id")
    return row


def _member(row: dict[str, Any]) -> Member:
    fields = {name: value for name, value in row.items() if name not in {"_id", "schema_version"}}
    return Member(id=row["_id"], **fields)


def _person(row: dict[str, Any]) -> Person:
    return Person(
        id=row["_id"],
        email=EncryptedValue.model_validate(row["email"]),
        email_hash=row["email_hash"],
        name=None if row["name"] is None else EncryptedValue.model_validate(row["name"]),
        created_at=row["created_at"],
        version=row["version"],
    )
