"""The composition root of svc-reporting."""

from typing import Final

from gateway_contracts.requests.reporting import SUMMARY
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.service import Runtime
from reporting.consumers import events
from reporting.rpc.handlers import Handlers
from reporting.store.documents import DOCUMENTS, open_figures

SERVICE: Final = "svc-reporting"


async def build(runtime: Runtime) -> None:
    """Register what the service answers and consumes."""
    await bind_documents(runtime.db, DOCUMENTS)
    figures = open_figures(MongoRows, runtime.uow)
    runtime.serve(SUMMARY, Handlers(clock=runtime.clock, figures=figures).summary)
    runtime.consume(events.router(figures))
