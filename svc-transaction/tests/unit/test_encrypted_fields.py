"""Every encrypted field of a document is declared, so that no rotation forgets it."""

from gateway_contracts.encrypted import EncryptedValue
from transaction.store.documents import DOCUMENTS
from transaction.store.encrypted_fields import ENCRYPTED


def test_all_encrypted_fields_are_declared() -> None:
    declared = {(collection.name, field.path) for collection in ENCRYPTED for field in collection.fields}
    present = {
        (document.Settings.name, name)
        for document in DOCUMENTS
        for name, info in document.model_fields.items()
        if "EncryptedValue" in repr(info.annotation)
    }
    assert present, EncryptedValue
    assert present <= declared
