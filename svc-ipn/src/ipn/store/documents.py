"""The documents of svc-ipn in MongoDB."""

from typing import Any, ClassVar, Final

from gateway_contracts.aggregates import Entity
from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument
from ipn.domain.delivery import Delivery
from ipn.domain.delivery_queue import DeliveryQueue
from ipn.domain.orders import Order

# Absent where they are empty, so that an index of them holds the few rows for which they count.
_ABSENT_IF_EMPTY: Final = ("opens", "orders", "pays")


class DeliveryDocument(Delivery, StoredDocument):
    """Notifications with their attempts."""

    collection: ClassVar = collection_of("gw_ipn", "deliveries")

    @classmethod
    def row_of(cls, aggregate: Entity) -> dict[str, Any]:
        """The stored form of a new delivery."""
        row = super().row_of(aggregate)
        for name in _ABSENT_IF_EMPTY:
            if not row[name]:
                del row[name]
        return row


class DeliveryQueueDocument(DeliveryQueue, StoredDocument):
    """The delivery queues of checkouts."""

    collection: ClassVar = collection_of("gw_ipn", "lanes")
    guard: ClassVar = ("revision",)


class OrderDocument(Order, StoredDocument):
    """Orders that were paid without a delivery that says so."""

    collection: ClassVar = collection_of("gw_ipn", "orders")
    guard: ClassVar = ("paid_by",)


DOCUMENTS: Final = (DeliveryDocument, DeliveryQueueDocument, OrderDocument)
