"""Every encrypted field that this service stores is declared, so that no rotation forgets it."""

from typing import Any

from admin_api.encryption.store.encrypted_fields import ENCRYPTED
from admin_api.payments.domain.client import Client
from admin_api.people.domain.member import Person
from admin_api.shared.domain.audit import EntryAddress
from admin_api.shared.domain.idempotency import Record
from gateway_contracts.config import ProviderConfig, SiteConfig

STORED: dict[str, Any] = {"clients": Client, "persons": Person, "audit_addresses": EntryAddress, "idempotency": Record}
PUBLISHED: dict[str, Any] = {"providers": ProviderConfig, "sites": SiteConfig}


def declared(collection: str) -> set[str]:
    return {field.path for item in ENCRYPTED if item.name == collection for field in item.fields}


def test_fields_of_documents() -> None:
    for collection, kind in STORED.items():
        present = {name for name, field in kind.model_fields.items() if "EncryptedValue" in repr(field.annotation)}
        assert present, collection
        assert present <= declared(collection), collection


def test_fields_of_configuration_records() -> None:
    for collection, kind in PUBLISHED.items():
        present = {
            f"record.{info.alias}.*.[]"
            for info in kind.model_fields.values()
            if "EncryptedValue" in repr(info.annotation)
        }
        assert present, collection
        assert present <= declared(collection), collection
