"""Invoices that cannot be issued, for figures that are counted anew: ``gateway reporting rebuild``."""

from collections.abc import AsyncIterator

from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.documents import bind_documents
from invoice.domain.invoice import Invoice
from invoice.store.documents import DOCUMENTS, stores_over


async def drafted_invoices(client: MongoClient, database: str) -> AsyncIterator[Invoice]:
    """Those of all tenants. It needs no keys and no bus."""
    await bind_documents(client[database], DOCUMENTS)
    async for invoice in stores_over().invoices.across_tenants.each({"kind": "invoice", "status": "draft"}):
        yield invoice
