"""The check of registers as operators run it: ``gateway invoices verify``. It needs no keys and no bus."""

from collections.abc import Sequence

from gateway_contracts.clock import SystemClock
from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.unit_of_work import UnitOfWork
from invoice.ports import Stores
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.verify_register import Findings, verify_register


async def verify_registers(client: MongoClient, database: str, wanted: Sequence[str] = ()) -> list[Findings]:
    """Check the wanted registers of a database, or all."""
    await bind_documents(client[database], DOCUMENTS)
    uow = UnitOfWork(client, client[database], source="svc-invoice", clock=SystemClock())
    return await check(stores_over(), uow, wanted)


async def check(stores: Stores, uow: UnitOfWork, wanted: Sequence[str] = ()) -> list[Findings]:
    """The same over stores that are bound."""
    names = wanted or [head.id for head in await stores.heads.find(None, {})]
    return [await verify_register(register, stores=stores, uow=uow) for register in names]
