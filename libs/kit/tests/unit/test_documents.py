"""Documents are unreadable where they lie, and open only with their own key under their own name."""

import pytest

from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.nats.documents import new_content_key, open_document, seal_document

PDF = b"%PDF-1.7 Erika Muster"


def test_a_document_opens_with_its_key_under_its_name() -> None:
    key = new_content_key()
    sealed = seal_document("invoices/a/1.pdf", PDF, key)

    assert b"Erika" not in sealed
    assert open_document("invoices/a/1.pdf", sealed, key) == PDF
    assert seal_document("invoices/a/1.pdf", PDF, key) != sealed


@pytest.mark.parametrize("name", ["invoices/b/1.pdf", "invoices/a/2.pdf", ""])
def test_a_document_that_was_moved_does_not_open(name: str) -> None:
    key = new_content_key()

    with pytest.raises(DecryptionFailed):
        open_document(name, seal_document("invoices/a/1.pdf", PDF, key), key)


def test_neither_another_key_nor_changed_bytes_open() -> None:
    key = new_content_key()
    sealed = seal_document("n", PDF, key)

    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for blob, tried in ((sealed, new_content_key()), (changed, key), (b"", key), (PDF, key)):
        with pytest.raises(DecryptionFailed):
            open_document("n", blob, tried)
