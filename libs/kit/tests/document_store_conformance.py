"""The contract of a document store; a test class per implementation inherits it and gives ``store``."""

import pytest

from gateway_contracts.errors import NotFound, TooLarge
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.document_stores import DocumentStore
from gateway_kit.nats.documents import DOCUMENT_BYTES_MAX, new_content_key

PDF = b"%PDF-1.7 Erika Muster" * 10_000
NAME = "invoices/65a5000000000000000000aa/0f3c.pdf"


class DocumentStoreConformance:
    """Behavior that services rely on."""

    @pytest.mark.parametrize("name", [NAME, "a b/\u00fc+%2F?.pdf", "x"])
    async def test_a_document_comes_back_as_it_was(self, store: DocumentStore, name: str) -> None:
        key = new_content_key()

        await store.put(name, PDF, key)

        assert await store.get(name, key) == PDF
        assert await store.has(name)

    async def test_the_last_one_under_a_name_counts(self, store: DocumentStore) -> None:
        key = new_content_key()

        await store.put(NAME, PDF, key)
        await store.put(NAME, b"", key)

        assert await store.get(NAME, key) == b""

    async def test_a_name_without_a_document_is_not_found(self, store: DocumentStore) -> None:
        assert not await store.has("invoices/none.pdf")
        with pytest.raises(NotFound) as unknown:
            await store.get("invoices/none.pdf", new_content_key())
        assert unknown.value.code == "DOCUMENT_NOT_FOUND"

    async def test_another_key_opens_nothing(self, store: DocumentStore) -> None:
        await store.put(NAME, PDF, new_content_key())

        with pytest.raises(DecryptionFailed):
            await store.get(NAME, new_content_key())

    async def test_a_document_has_a_largest_size(self, store: DocumentStore) -> None:
        key, largest = new_content_key(), bytes(DOCUMENT_BYTES_MAX)

        await store.put("largest", largest, key)
        assert await store.get("largest", key) == largest
        with pytest.raises(TooLarge):
            await store.put("larger", largest + b"x", key)
        assert not await store.has("larger")
