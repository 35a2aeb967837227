"""Every sealed or encrypted field of an invoice is declared, so that no rotation forgets it."""

from dataclasses import fields

from invoice.domain.invoice import Invoice
from invoice.store.encrypted_fields import ENCRYPTED


def test_all_sealed_fields_are_declared() -> None:
    present = {f"{field.name}.value" for field in fields(Invoice) if "Sealed" in str(field.type)}
    present |= {field.name for field in fields(Invoice) if "EncryptedValue" in str(field.type)}
    assert present
    assert present <= {field.path for collection in ENCRYPTED for field in collection.fields}
