"""The documents around payments in MongoDB."""

from typing import ClassVar

from admin_api.payments.domain.client import Client
from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument


class ClientDocument(Client, StoredDocument):
    """A merchant's customer."""

    collection: ClassVar = collection_of("gw_admin", "clients")


DOCUMENTS = (ClientDocument,)
