"""Documents as earlier versions wrote them are read, and written again in the same form."""

from datetime import timedelta
from typing import Any

import bson
import pytest
from bson import Binary

from admin_api.app import DOCUMENTS
from admin_api.shared.domain.audit import Entry
from gateway_kit.mongo.documents import StoredDocument
from gateway_testkit.clock import START
from gateway_testkit.memory.database import decoded

ID, ORGANIZATION = "65f0c0ffee65f0c0ffee65f0", "65f0c0ffee65f0c0ffee65f1"
SEALED = {"v": 1, "p": "system", "c": "AAAA"}
LATER = START + timedelta(hours=1)
DEK = {
    "version": 1, "scope": "organization", "organizationId": ORGANIZATION, "purpose": "operational", "kms": "local",
    "kmsGeneration": 0, "wrapped": "AAAA", "active": True, "revision": 2,
}  # fmt: skip
SITE = {
    "id": ID, "organizationId": ORGANIZATION, "version": 3, "name": "Shop", "branding": {}, "providerIds": [],
    "ipnVersion": 1, "ipnSecrets": {"live": [SEALED]}, "settings": {"latePayment": "accept"}, "deleted": False,
}  # fmt: skip
ORGANIZATION_RECORD = {
    "id": ID, "version": 3, "name": "Shop GmbH", "country": "DE", "deleted": False, "invoicingTest": {},
    "invoicing": {"companyEmail": {"encrypted": SEALED}},
}  # fmt: skip
PROVIDER = {
    "id": ID, "organizationId": ORGANIZATION, "version": 3, "type": "stripe", "label": "Stripe", "livemode": True,
    "enabled": True, "public": {}, "secrets": {"secretKey": [SEALED]}, "missing": [], "deleted": False,
}  # fmt: skip
PROGRESS = {
    "service": "svc-ipn", "state": "running", "scanned": 2, "total": 3, "changed": 1, "failed": 0, "passes": 1,
    "busy_s": 0.5, "reported_at": START,
}  # fmt: skip


def kept(record: dict[str, Any], **fields: Any) -> dict[str, Any]:
    row = {
        "_id": ID, "organization_id": ORGANIZATION, "livemode": None, "version": 3, "deleted": False,
        "record": record, "created_at": START, "updated_at": LATER, "schema_version": 1,
    }  # fmt: skip
    return row | fields


ROWS: dict[str, dict[str, Any]] = {
    "organizations": kept(ORGANIZATION_RECORD, organization_id=ID),
    "sites": kept(SITE),
    "providers": kept(PROVIDER, livemode=True),
    "api_keys": {
        "_id": ID, "kind": "organization", "organization_id": ORGANIZATION, "livemode": True, "label": "shop",
        "scopes": ["site:*"], "secret_hash": "h", "created_at": START, "version": 4, "previous_hash": "p",
        "previous_until": LATER, "last_used_at": LATER, "revoked_at": None, "expires_at": None,
        "ip_allow_list": ["10.0.0.0/8"], "role": "support", "schema_version": 1,
    },
    "deks": {
        "_id": f"dek.org.{ORGANIZATION}.operational.1", "record": DEK, "created_at": START, "retired_at": LATER,
        "rewrapped_by": ID, "published_at": LATER, "touched_at": LATER, "schema_version": 1,
    },
    "destroyed_deks": {"_id": "dek.system.1", "destroyed_at": START, "schema_version": 1},
    "kms_settings": {
        "_id": ORGANIZATION, "organization_id": ORGANIZATION, "current": 2, "last": 2, "revision": 5,
        "generations": {"2": {
            "organizationId": ORGANIZATION, "generation": 2, "version": 1, "kms": "aws", "keyId": "k", "endpoint": "e",
            "settings": {"region": "r"}, "credentials": "AAAA",
        }},
        "schema_version": 1,
    },
    "rotation_jobs": {
        "_id": ID, "organization_id": ORGANIZATION, "mode": "full", "created_at": START, "created_by": "k",
        "state": "running", "targets": {"operational": 2}, "generation": 0, "keys": 2, "rewrapped": 0,
        "services": [PROGRESS], "problem": None, "finished_at": None, "version": 7, "schema_version": 1,
    },
    "clients": {
        "_id": ID, "organization_id": ORGANIZATION, "livemode": True, "party": SEALED, "tax": SEALED,
        "email_hash": "e", "country": "DE", "payments": 2, "transaction_ids": [ID], "created_at": START,
        "updated_at": LATER, "version": 2, "schema_version": 1,
    },
    "idempotency": {
        "_id": "op_1", "organization_id": ORGANIZATION, "fingerprint": "f", "field_hashes": {"name": "h"},
        "object_id": ID, "owner": "r:1", "lease_until": LATER, "request_id": "r", "created_at": START,
        "expires_at": LATER, "state": "done", "status": 201, "body": SEALED, "schema_version": 1,
    },
    "audit_log": {
        "_id": ID, "organization_id": ORGANIZATION, "sequence": 3, "at": START, "created_at": START,
        "actor_kind": "api_key", "actor_id": "k", "actor_role": "admin", "action": "site.update",
        "object_type": "site", "object_id": ID, "livemode": False, "request_id": "r", "address_hash": "a",
        "changes": {"enabled": {"from": True, "to": False}}, "previous_hash": "0" * 64, "hash": "1" * 64,
        "schema_version": 3,
    },
    "audit_heads": {"_id": "", "sequence": 3, "hash": "1" * 64, "schema_version": 1},
    "audit_addresses": {"_id": ID, "organization_id": ORGANIZATION, "address": SEALED, "schema_version": 1},
    "persons": {
        "_id": ID, "email": SEALED, "email_hash": "e", "name": None, "created_at": START, "version": 1,
        "schema_version": 1,
    },
    "members": {
        "_id": ID, "organization_id": "", "person_id": ID, "role": "global", "state": "invited", "created_at": START,
        "updated_at": LATER, "invite_hash": "i", "invite_until": LATER, "given_email": SEALED, "given_name": None,
        "version": 2, "schema_version": 1,
    },
    "passkeys": {
        "_id": "abc", "person_id": ID, "public_key": Binary(b"\x00\xff"), "sign_count": 0, "label": SEALED,
        "is_synced": True, "created_at": START, "last_used_at": None, "schema_version": 1,
    },
    "auth_ceremonies": {
        "_id": ID, "kind": "bootstrap", "challenge": Binary(b"\x01"), "expires_at": LATER, "token_hash": "t",
        "person_id": ID, "newcomer": {"person_id": ID, "email": SEALED, "email_hash": "e", "name": None},
        "schema_version": 1,
    },
    "bootstrap_tokens": {
        "_id": "first-operator", "token_hash": "t", "created_at": START, "expires_at": LATER, "spent_at": LATER,
        "schema_version": 1,
    },
    "operator_sessions": {
        "_id": ID, "person_id": ID, "passkey_id": "abc", "refresh_hash": "r", "created_at": START, "used_at": LATER,
        "expires_at": LATER, "sequence": 4, "ended_at": LATER, "end_reason": "logout", "closed_to": [ORGANIZATION],
        "replacements": [{"at": LATER, "client": "c"}], "schema_version": 1,
    },
    "session_keys": {"_id": "abcd", "created_at": START, "schema_version": 1},
}  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.collection.name)
def test_documents_keep_their_form(document: type[StoredDocument]) -> None:
    stored = ROWS[document.collection.name]

    entity = document.aggregate_class().model_validate({**decoded(bson.encode(stored)), "id": stored["_id"]})

    assert decoded(bson.encode(document.row_of(entity))) == decoded(bson.encode(stored))


@pytest.mark.parametrize(
    ("collection", "absent"),
    [
        ("api_keys", {"previous_hash", "previous_until", "last_used_at", "expires_at", "ip_allow_list", "role"}),
        ("operator_sessions", {"closed_to", "replacements"}),
        ("deks", {"retired_at", "rewrapped_by", "published_at", "touched_at"}),
        ("rotation_jobs", {"version"}),
        ("idempotency", {"status", "body"}),
    ],
)
def test_older_documents_lack_fields_that_came_later(collection: str, absent: set[str]) -> None:
    document = next(each for each in DOCUMENTS if each.collection.name == collection)
    row = {name: value for name, value in ROWS[collection].items() if name not in absent}

    document.aggregate_class().model_validate({**row, "id": row["_id"]})


def test_the_hash_of_an_entry_survives_its_storage() -> None:
    row = ROWS["audit_log"]
    entry = Entry.model_validate({**row, "id": row["_id"]})

    assert (
        Entry.model_validate({**decoded(bson.encode(row)), "id": row["_id"]}).computed_hash() == entry.computed_hash()
    )
