"""Organizations, sites and providers in MongoDB."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Generic

from pymongo.asynchronous.collection import AsyncCollection

from admin_api.shared.domain.paging import Page, PageWish
from admin_api.shared.errors import changed_meanwhile
from admin_api.shared.store.pages import page_of
from admin_api.tenancy.domain.records import Kept, R
from admin_api.tenancy.store.documents import SCHEMA_VERSION, RecordDocument
from gateway_contracts.config import OrganizationConfig
from gateway_kit.mongo.unit_of_work import Tx


class MongoRecordStore(Generic[R]):
    """Records of one kind; the only place that builds their queries, so that none forgets the organization."""

    def __init__(self, document: type[RecordDocument], record: type[R]) -> None:
        self._document = document
        self._record: type[R] = record

    @property
    def _collection(self) -> AsyncCollection[dict[str, Any]]:
        return self._document.get_pymongo_collection()

    async def find(self, organization_id: str, identifier: str, tx: Tx | None = None) -> Kept[R] | None:
        query = {"_id": identifier, "organization_id": organization_id, "deleted": False}
        found = await self._document.find_one(query, session=tx.session if tx else None)
        return None if found is None else self._kept(found.record, found.created_at, found.updated_at)

    async def insert(self, tx: Tx, record: R) -> Kept[R]:
        row = {
            "_id": record.id,
            "organization_id": _owner(record),
            "livemode": getattr(record, "livemode", None),
            "version": record.version,
            "deleted": record.deleted,
            "record": record.wire(),
            "created_at": tx.now,
            "updated_at": tx.now,
            "schema_version": SCHEMA_VERSION,
        }
        await self._collection.insert_one(row, session=tx.session)
        return Kept(record, tx.now, tx.now)

    async def replace(self, tx: Tx, before: R, after: R) -> Kept[R]:
        query = {"_id": before.id, "organization_id": _owner(before), "version": before.version, "deleted": False}
        change = {
            "version": after.version,
            "deleted": after.deleted,
            "record": after.wire(),
            "updated_at": tx.now,
        }
        updated = await self._collection.find_one_and_update(query, {"$set": change}, session=tx.session)
        if updated is None:
            raise changed_meanwhile()
        return Kept(after, updated["created_at"], tx.now)

    async def page(
        self,
        organization_id: str | None,
        wish: PageWish,
        *,
        livemode: bool | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Page[Kept[R]]:
        query: dict[str, Any] = {"deleted": False}
        if organization_id is not None:
            query["organization_id"] = organization_id
        if livemode is not None:
            query["livemode"] = livemode
        query |= {f"record.{name}": value for name, value in (fields or {}).items()}
        rows, total, cursor = await page_of(self._collection, query, wish)
        kept = tuple(self._kept(row["record"], row["created_at"], row["updated_at"]) for row in rows)
        return Page(kept, total, wish, cursor)

    async def every(self) -> AsyncIterator[R]:
        async for row in self._collection.find({}, {"record": 1}).sort("_id", 1):
            yield self._record.model_validate(row["record"])

    def _kept(self, record: dict[str, Any], created_at: Any, updated_at: Any) -> Kept[R]:
        return Kept(self._record.model_validate(record), created_at, updated_at)


def _owner(record: Any) -> str:
    owner: str = record.id if isinstance(record, OrganizationConfig) else record.organization_id
    return owner
