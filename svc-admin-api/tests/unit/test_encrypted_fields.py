"""Every encrypted field that this service stores is found by its annotation, so that no rotation forgets it."""

from typing import Any

import pytest

from admin_api.app import DOCUMENTS
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.encrypted_annotations import encrypted_collections

FOUND = {
    "clients": ("organization", {"party": "", "tax": ""}),
    "organizations": (
        "organization",
        {
            "record.invoicing.*.encrypted": "invoicing.{0}",
            "record.invoicingTest.*.encrypted": "invoicing_test.{0}",
        },
    ),
    "providers": ("system", {"record.secrets.*.[]": "secrets.{0}"}),
    "sites": ("system", {"record.ipnSecrets.*.[]": "ipn_secrets.{0}"}),
    "persons": ("system", {"email": "", "name": ""}),
    "members": ("system", {"given_email": "", "given_name": ""}),
    "passkeys": ("system", {"label": ""}),
    "audit_addresses": ("system", {"address": ""}),
    "idempotency": ("system", {"body": ""}),
}
"""Scope, and what the ciphertexts of each path are bound to. Stored values stay readable only while this stays."""
WITHOUT = {"auth_ceremonies", "audit_log"}
"""A ceremony ends within minutes; the address of an entry lies beside it."""


def test_what_a_new_data_key_encrypts_again() -> None:
    found = encrypted_collections(DOCUMENTS)

    assert {each.name: (each.scope, {field.path: field.name for field in each.fields}) for each in found} == FOUND
    assert [each.name for each in found if each.walk == "tenant"] == ["clients"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.__name__)
def test_no_other_document_stores_encrypted_values(document: type[StoredDocument]) -> None:
    """By another way than the annotations: the schema of each aggregate names every part."""
    schema: dict[str, Any] = document.aggregate_class().model_json_schema()

    assert ("EncryptedValue" in schema.get("$defs", {})) <= (document.collection.name in FOUND.keys() | WITHOUT)
