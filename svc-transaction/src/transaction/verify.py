"""``python -m transaction verify``: prints one line per difference; exit status 1 if there is any."""

import asyncio
import sys
from typing import Any, TextIO

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway_contracts.clock import SystemClock
from gateway_kit.mongo.client import open_client
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import UnitOfWork
from transaction.ports import BookKeeping
from transaction.store.documents import DOCUMENTS, open_collections
from transaction.use_cases.verify import verify_all


class VerifySettings(BaseSettings):
    """The database is all that the check needs: no keys, no bus."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    mongodb_uri: SecretStr
    mongodb_database: str = "gw_transaction"


def main() -> int:
    """The command; the exit status."""
    return asyncio.run(_run(VerifySettings()))


async def _run(settings: VerifySettings) -> int:
    client = open_client(settings.mongodb_uri.get_secret_value())
    try:
        db = client[settings.mongodb_database]
        await bind_documents(db, DOCUMENTS)
        return await check(book_keeping(client, db), sys.stdout)
    finally:
        await client.close()


def book_keeping(client: Any, db: Any) -> BookKeeping:
    """Stores that the check reads."""
    uow = UnitOfWork(client, db, source="svc-transaction", clock=SystemClock())
    return BookKeeping(**vars(open_collections(MongoRows)), uow=uow)


async def check(books: BookKeeping, out: TextIO) -> int:
    """Check every transaction of all tenants; 0 when everything agrees."""
    found = await verify_all(deps=books)
    for difference in found:
        print(f"{difference.transaction_id}: {difference.what}", file=out)
    print(f"{len(found)} differences", file=out)
    return 1 if found else 0
