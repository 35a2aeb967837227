"""The document store that the settings name."""

from typing import Protocol

from nats.js import JetStreamContext

from gateway_contracts.documents import Documents
from gateway_kit.closing import Closing
from gateway_kit.nats.documents import NatsDocumentStore
from gateway_kit.s3_bucket import S3Access
from gateway_kit.s3_documents import S3DocumentStore
from gateway_kit.settings import KitSettings


class DocumentStore(Documents, Protocol):
    """Reads and writes documents, each encrypted under its own key before it leaves the process."""

    async def put(self, name: str, data: bytes, key: bytes) -> None:
        """Store under the name, replacing what was there; only the same content key opens it again.

        Raises:
            TooLarge: over `gateway_kit.nats.documents.DOCUMENT_BYTES_MAX`.
        """
        ...

    async def has(self, name: str) -> bool:
        """Whether there is a document of that name."""
        ...


def open_documents(stack: Closing, settings: KitSettings, js: JetStreamContext) -> DocumentStore:
    """The store; nothing is connected before its first document."""
    if settings.document_store == "nats":
        return NatsDocumentStore(js)
    store = S3DocumentStore(
        S3Access(
            endpoint=settings.s3_endpoint,
            bucket=settings.s3_bucket,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key_id,
            secret_access_key=settings.s3_secret_access_key.get_secret_value(),
        )
    )
    stack.step("documents", store.aclose)
    return store
