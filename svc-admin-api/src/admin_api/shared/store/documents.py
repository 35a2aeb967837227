"""The documents that every context has."""

from typing import ClassVar

from admin_api.shared.domain.audit import Entry, EntryAddress, Head
from admin_api.shared.domain.idempotency import Record
from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument


class EntryDocument(Entry, StoredDocument):
    """An entry of the audit log. The database lets its service insert and read, never change or remove."""

    collection: ClassVar = collection_of("gw_admin", "audit_log")
    has_modes: ClassVar = False
    schema_version: int = 3


class HeadDocument(Head, StoredDocument):
    """The end of an organization's chain; its id is the organization's."""

    collection: ClassVar = collection_of("gw_admin", "audit_heads")
    guard: ClassVar = ("sequence", "hash")


class EntryAddressDocument(EntryAddress, StoredDocument):
    """The encrypted address of an entry, which a new data key changes."""

    collection: ClassVar = collection_of("gw_admin", "audit_addresses")


class IdempotencyDocument(Record, StoredDocument):
    """The state of an idempotency key; a TTL index collects expired ones."""

    collection: ClassVar = collection_of("gw_admin", "idempotency")


DOCUMENTS = (EntryDocument, HeadDocument, EntryAddressDocument, IdempotencyDocument)
