"""The documents of svc-domains in MongoDB."""

from typing import ClassVar

from domains.domain.domain import Domain
from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument


class DomainDocument(Domain, StoredDocument):
    """One registration of a name. A removed one stays as a row, so that the versions of a name go on growing."""

    collection: ClassVar = collection_of("gw_domains", "domains")


DOCUMENTS = (DomainDocument,)
