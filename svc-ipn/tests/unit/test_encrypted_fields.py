"""Every encrypted field of a delivery is declared, so that no rotation forgets it."""

from dataclasses import fields

from ipn.domain.delivery import Delivery
from ipn.store.encrypted_fields import ENCRYPTED


def test_all_encrypted_fields_are_declared() -> None:
    present = {field.name for field in fields(Delivery) if "EncryptedValue" in str(field.type)}
    assert present
    assert present <= {field.path for collection in ENCRYPTED for field in collection.fields}
