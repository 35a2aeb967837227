"""Notifications that were given up, for figures that are counted anew: ``gateway reporting rebuild``."""

from collections.abc import AsyncIterator

from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.store import Store
from ipn.domain.delivery import Delivery
from ipn.store.documents import DOCUMENTS, DeliveryDocument


async def failed_notifications(client: MongoClient, database: str) -> AsyncIterator[Delivery]:
    """Those of all tenants, also while one is sent again by hand. It needs no keys and no bus."""
    await bind_documents(client[database], DOCUMENTS)
    deliveries: Store[Delivery] = Store(DeliveryDocument, MongoRows(DeliveryDocument))
    async for delivery in deliveries.across_tenants.each({"$or": [{"state": "exhausted"}, {"resend_of": "exhausted"}]}):
        yield delivery
