"""The first work on books that were restored from a backup: ``gateway restore``. It needs no keys and no bus."""

from gateway_kit.mongo.client import MongoClient
from transaction.use_cases.doubt_calls import doubt_calls
from transaction.verify import open_books


async def prepare_restored(client: MongoClient, database: str) -> int:
    """Let no call to a provider be repeated without a look at its records; the number of such calls."""
    return await doubt_calls(deps=await open_books(client, database))
