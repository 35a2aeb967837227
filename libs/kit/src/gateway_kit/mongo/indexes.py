"""Creates collections and indexes from the data in ``gateway_contracts.collections``."""

from typing import Any

from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.collection_specs import CollectionSpec, IndexSpec
from gateway_contracts.collections import COLLECTIONS
from gateway_kit.logging import get_logger

log = get_logger(__name__)

Document = dict[str, Any]


def _model(index: IndexSpec) -> IndexModel:
    options: dict[str, Any] = {"name": index.name, "unique": index.unique}
    if index.partial is not None:
        options["partialFilterExpression"] = index.partial
    if index.expire_after_s is not None:
        options["expireAfterSeconds"] = index.expire_after_s
    return IndexModel(list(index.keys), **options)


async def apply_collection(db: AsyncDatabase[Document], spec: CollectionSpec) -> None:
    """Create one collection (a transaction must not be the first to touch it) and its indexes; remove retired ones.

    Rows of earlier versions get the fields that they lack. A job that was interrupted goes on where it stopped.
    """
    if spec.name not in await db.list_collection_names():
        await db.create_collection(spec.name)
    for field, expression in spec.computed.items():
        await db[spec.name].update_many({field: {"$exists": False}}, [{"$set": {field: expression}}])
    if spec.indexes:
        await db[spec.name].create_indexes([_model(index) for index in spec.indexes])
    if spec.retired:
        present = await db[spec.name].index_information()
        for name in set(spec.retired) & set(present):
            await db[spec.name].drop_index(name)


async def apply_collections(client: AsyncMongoClient[Document]) -> None:
    """All databases of all services; running it again changes nothing."""
    for spec in COLLECTIONS:
        await apply_collection(client[spec.database], spec)
    log.info("topology.collections", count=len(COLLECTIONS))
