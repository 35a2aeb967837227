"""The rebuild as operators run it: ``gateway reporting rebuild``. It needs no keys and no bus."""

from collections.abc import AsyncIterator, Sequence

from gateway_contracts.clock import SystemClock
from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import UnitOfWork
from reporting.domain.figures import Fact
from reporting.store.documents import DOCUMENTS, open_figures
from reporting.use_cases.rebuild import rebuild


async def rebuild_figures(client: MongoClient, database: str, history: AsyncIterator[Sequence[Fact]]) -> int:
    """Count the figures of all tenants anew; how many facts were counted.

    Raises:
        ChangedMeanwhile: another rebuild runs.
    """
    await bind_documents(client[database], DOCUMENTS)
    uow = UnitOfWork(client, client[database], source="svc-reporting", clock=SystemClock())
    return await rebuild(history, figures=open_figures(MongoRows, uow))
