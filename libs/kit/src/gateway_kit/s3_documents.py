"""The document store on an S3-compatible server: the same encrypted objects as in the broker."""

from typing import Final

from gateway_contracts.errors import NotFound, TooLarge
from gateway_kit.nats.documents import DOCUMENT_BYTES_MAX, open_document, seal_document
from gateway_kit.s3_bucket import S3Access, S3Bucket

_SEAL_BYTES: Final = 64
"""Of an encrypted object beyond its document: nonce and tag."""
OBJECT_BYTES_MAX: Final = DOCUMENT_BYTES_MAX + _SEAL_BYTES


class S3DocumentStore:
    """Documents in one bucket, which exists. Close it with `aclose`."""

    def __init__(self, access: S3Access) -> None:
        self._bucket = S3Bucket(access, object_bytes_max=OBJECT_BYTES_MAX)

    async def put(self, name: str, data: bytes, key: bytes) -> None:
        """Store under the name, replacing what was there; only the same content key opens it again.

        Raises:
            TooLarge: over `DOCUMENT_BYTES_MAX`.
            Transient: the server does not store it now.
        """
        if len(data) > DOCUMENT_BYTES_MAX:
            raise TooLarge("the document is too large", code="DOCUMENT_TOO_LARGE")
        await self._bucket.put(name, seal_document(name, data, key))

    async def get(self, name: str, key: bytes) -> bytes:
        """
        Raises:
            NotFound: no such document.
            DecryptionFailed: another document's key, changed bytes, or bytes that belong to another name.
            Transient: the server does not answer now.
        """
        found = await self._bucket.get(name)
        if found is None:
            raise NotFound("no such document", code="DOCUMENT_NOT_FOUND")
        return open_document(name, found, key)

    async def has(self, name: str) -> bool:
        """Whether there is a document of that name.

        Raises:
            Transient: the server does not answer now.
        """
        return await self._bucket.has(name)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._bucket.aclose()
