"""The check of all books as operators run it: ``gateway ledger verify``. It needs no keys and no bus."""

from gateway_contracts.clock import SystemClock
from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import UnitOfWork
from transaction.ports import BookKeeping
from transaction.store.documents import DOCUMENTS, open_collections
from transaction.use_cases.verify import Difference, verify_all


async def verify_books(client: MongoClient, database: str) -> list[Difference]:
    """Check every transaction of all tenants."""
    return await verify_all(deps=await open_books(client, database))


async def open_books(client: MongoClient, database: str) -> BookKeeping:
    """The collections of the service, for one command."""
    await bind_documents(client[database], DOCUMENTS)
    uow = UnitOfWork(client, client[database], source="svc-transaction", clock=SystemClock())
    return BookKeeping(**vars(open_collections(MongoRows)), uow=uow)
