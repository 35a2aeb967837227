"""The encrypted fields of a delivery are found, so that no rotation forgets one."""

from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from ipn.store.documents import DOCUMENTS


def test_what_a_new_data_key_encrypts_again() -> None:
    [deliveries] = encrypted_collections(DOCUMENTS)

    assert (deliveries.name, deliveries.scope) == ("deliveries", "organization")
    assert {field.path for field in deliveries.fields} == {"body", "url"}
