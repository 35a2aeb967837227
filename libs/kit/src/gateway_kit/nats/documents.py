"""The document store: rendered files by name. Behind a port, so that an S3-compatible store can take its place."""

from typing import Protocol

from nats.js import JetStreamContext
from nats.js.errors import ObjectNotFoundError

from gateway_contracts.errors import NotFound, TooLarge
from gateway_contracts.topology import DOCUMENTS_BUCKET

# No invoice comes near it; it bounds what a reader holds in memory.
DOCUMENT_BYTES_MAX = 16 * 1024 * 1024


class DocumentStore(Protocol):
    """Keeps whole documents."""

    async def put(self, name: str, data: bytes) -> None:
        """Store under the name, replacing what was there.

        Raises:
            TooLarge: over `DOCUMENT_BYTES_MAX`.
        """

    async def get(self, name: str) -> bytes:
        """
        Raises:
            NotFound: no such document.
        """
        ...


class NatsDocumentStore:
    """Documents in a JetStream object store."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def put(self, name: str, data: bytes) -> None:
        if len(data) > DOCUMENT_BYTES_MAX:
            raise TooLarge("the document is too large", code="DOCUMENT_TOO_LARGE")
        store = await self._js.object_store(DOCUMENTS_BUCKET)
        await store.put(name, data)

    async def get(self, name: str) -> bytes:
        store = await self._js.object_store(DOCUMENTS_BUCKET)
        try:
            found = await store.get(name)
        except ObjectNotFoundError as exc:
            raise NotFound("no such document", code="DOCUMENT_NOT_FOUND") from exc
        return found.data or b""
