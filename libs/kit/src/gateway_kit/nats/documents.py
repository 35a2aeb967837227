"""The document store: rendered files by name, each encrypted under a content key of its own.

What lies in the store tells nothing; the content keys lie in their owner's database, encrypted under the tenant's data
key. So a new data key needs no document to be written again, and a shredded one makes them unreadable. The services
know it by ports, so that an S3-compatible store can take its place.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nats.js import JetStreamContext
from nats.js.errors import ObjectNotFoundError
from nats.js.object_store import ObjectStore

from gateway_contracts.errors import NotFound, TooLarge
from gateway_contracts.topology import DOCUMENTS_BUCKET
from gateway_kit.crypto.additional_data import length_prefixed
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.kms import NONCE_BYTES

# No invoice comes near it; it bounds what a reader holds in memory.
DOCUMENT_BYTES_MAX = 16 * 1024 * 1024

CONTENT_KEY_BYTES: Final = 32


def new_content_key() -> bytes:
    """A fresh key for one document."""
    return AESGCM.generate_key(CONTENT_KEY_BYTES * 8)


class NatsDocumentStore:
    """Documents in a JetStream object store."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js
        self._opened: ObjectStore | None = None

    async def put(self, name: str, data: bytes, key: bytes) -> None:
        """Store under the name, replacing what was there; only the same content key opens it again.

        Raises:
            TooLarge: over `DOCUMENT_BYTES_MAX`.
        """
        if len(data) > DOCUMENT_BYTES_MAX:
            raise TooLarge("the document is too large", code="DOCUMENT_TOO_LARGE")
        store = await self._open()
        await store.put(name, seal_document(name, data, key))

    async def get(self, name: str, key: bytes) -> bytes:
        """
        Raises:
            NotFound: no such document.
            DecryptionFailed: another document's key, changed bytes, or bytes that belong to another name.
        """
        store = await self._open()
        try:
            found = await store.get(name)
        except ObjectNotFoundError as exc:
            raise NotFound("no such document", code="DOCUMENT_NOT_FOUND") from exc
        return open_document(name, found.data or b"", key)

    async def has(self, name: str) -> bool:
        """Whether there is a document of that name."""
        store = await self._open()
        try:
            await store.get_info(name)
        except ObjectNotFoundError:
            return False
        return True

    async def _open(self) -> ObjectStore:
        """The bucket, looked up once: what is known of it is its name."""
        if self._opened is None:
            self._opened = await self._js.object_store(DOCUMENTS_BUCKET)
        return self._opened


def seal_document(name: str, data: bytes, key: bytes) -> bytes:
    """Nonce, ciphertext and tag, bound to the document's name."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, _bound_to(name))


def open_document(name: str, blob: bytes, key: bytes) -> bytes:
    """
    Raises:
        DecryptionFailed: another document's key, changed bytes, or bytes that belong to another name.
    """
    try:
        return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _bound_to(name))
    except (InvalidTag, ValueError) as exc:
        raise DecryptionFailed("a document does not decrypt") from exc


def _bound_to(name: str) -> bytes:
    return length_prefixed("document v1", name)
