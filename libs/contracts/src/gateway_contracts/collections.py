"""Collections and their indexes, per database: plain data, applied by the topology job.

A service's own MongoDB user may read and write its database; only the job creates indexes, so a service that starts
against a database without them is a deployment error, not a slow query.
"""

from typing import Final

from gateway_contracts.collection_parts import OUTBOX_KEPT_S as OUTBOX_KEPT_S
from gateway_contracts.collection_parts import TENANT, list_indexes, messaging
from gateway_contracts.collection_specs import CollectionSpec, IndexSpec
from gateway_contracts.document_collections import INVOICE, NOTIFY
from gateway_contracts.payment_search import SEARCH_KEYS
from gateway_contracts.services import SERVICES

DATABASES: Final[dict[str, str]] = {service.name: service.database for service in SERVICES if service.database}
"""The database of each service that has one; its MongoDB user has the service's name and no other rights."""

ADMIN: Final[tuple[CollectionSpec, ...]] = (
    *messaging("gw_admin"),
    CollectionSpec("gw_admin", "organizations"),
    CollectionSpec("gw_admin", "sites", (IndexSpec((("organization_id", 1), ("_id", -1))),)),
    CollectionSpec("gw_admin", "providers", (IndexSpec((("organization_id", 1), ("_id", -1))),)),
    CollectionSpec("gw_admin", "api_keys", (IndexSpec((("organization_id", 1), ("_id", -1))),)),
    CollectionSpec("gw_admin", "deks", (IndexSpec((("record.organizationId", 1),)),)),
    CollectionSpec("gw_admin", "destroyed_deks"),
    CollectionSpec("gw_admin", "kms_settings"),
    CollectionSpec(
        "gw_admin",
        "rotation_jobs",
        (
            # One running job per tenant.
            IndexSpec((("organization_id", 1),), unique=True, partial={"state": "running"}),
            IndexSpec((("organization_id", 1), ("_id", -1))),
        ),
    ),
    CollectionSpec(
        "gw_admin",
        "clients",
        (
            IndexSpec((("organization_id", 1), ("livemode", 1), ("_id", -1))),
            IndexSpec(
                (("organization_id", 1), ("livemode", 1), ("email_hash", 1)),
                unique=True,
                partial={"email_hash": {"$type": "string"}},
            ),
        ),
    ),
    CollectionSpec("gw_admin", "idempotency", (IndexSpec((("expires_at", 1),), expire_after_s=0),)),
    CollectionSpec(
        "gw_admin",
        "audit_log",
        (
            # One row per place in an organization's chain.
            IndexSpec(
                (("organization_id", 1), ("sequence", -1)), unique=True, partial={"sequence": {"$type": "number"}}
            ),
            IndexSpec((("organization_id", 1), ("object_id", 1), ("sequence", -1))),
            IndexSpec((("organization_id", 1), ("actor_id", 1), ("sequence", -1))),
        ),
        append_only=True,
    ),
    CollectionSpec("gw_admin", "audit_heads"),
    # From where each entry's request came: encrypted, so that a new data key changes it. The entry holds its hash.
    CollectionSpec("gw_admin", "audit_addresses"),
    CollectionSpec("gw_admin", "persons", (IndexSpec((("email_hash", 1),), unique=True),)),
    CollectionSpec(
        "gw_admin",
        "members",
        (
            IndexSpec((("organization_id", 1), ("person_id", 1)), unique=True),
            IndexSpec((("organization_id", 1), ("_id", -1))),
            IndexSpec((("person_id", 1),)),
            IndexSpec((("invite_hash", 1),), unique=True, partial={"invite_hash": {"$type": "string"}}),
        ),
    ),
    CollectionSpec("gw_admin", "passkeys", (IndexSpec((("person_id", 1),)),)),
    CollectionSpec(
        "gw_admin",
        "operator_sessions",
        (IndexSpec((("person_id", 1),)), IndexSpec((("expires_at", 1),), expire_after_s=0)),
    ),
    CollectionSpec("gw_admin", "session_keys"),
    CollectionSpec("gw_admin", "auth_ceremonies", (IndexSpec((("expires_at", 1),), expire_after_s=0),)),
    CollectionSpec("gw_admin", "bootstrap_tokens"),
)


_SHOWN: Final = (*TENANT, ("hidden_at", 1))

TRANSACTION: Final[tuple[CollectionSpec, ...]] = (
    *messaging("gw_transaction"),
    CollectionSpec(
        "gw_transaction",
        "checkouts",
        (
            IndexSpec((("session_hash", 1),), unique=True),
            IndexSpec((("short_code_hash", 1),), unique=True),
            # Passes take turns over the organizations with due rows: an index leads from one to the next.
            IndexSpec((("status", 1), ("organization_id", 1), ("due_at", 1)), partial={"status": "pending"}),
            *list_indexes(
                TENANT,
                ("site_id", "status", "currency"),
                ("external_reference", "email_hash", "client_id", "invoice_number"),
            ),
        ),
        retired=("status_1_due_at_1",),
    ),
    CollectionSpec(
        "gw_transaction",
        "transactions",
        (
            IndexSpec(
                (("provider_id", 1), ("provider_payment_id", 1)),
                unique=True,
                partial={"provider_payment_id": {"$type": "string"}},
            ),
            IndexSpec((("checkout_id", 1),)),
            IndexSpec((("organization_id", 1), ("resolve_at", 1)), partial={"resolve_at": {"$type": "date"}}),
            IndexSpec((("organization_id", 1), ("deadline_at", 1)), partial={"deadline_at": {"$type": "date"}}),
            *list_indexes(
                _SHOWN,
                ("site_id", "provider_id", "status", "currency"),
                ("external_reference", "email_hash", "client_id", "invoice_number", "provider_payment_id", "trace_id"),
            ),
            IndexSpec((("session_hash", 1), ("_id", -1))),
            # Few rows of many: they cost a write only where money goes back.
            IndexSpec((*_SHOWN, ("contested", 1), ("_id", -1)), partial={"contested": True}),
            IndexSpec((*_SHOWN, ("_id", -1), ("refunded", 1)), partial={"refunded": {"$gt": 0}}),
            # The end of an id, or an amount: one index with a few short keys for each row.
            IndexSpec((*_SHOWN, ("search_keys", 1), ("_id", -1))),
        ),
        retired=("resolve_at_1", "deadline_at_1"),
        computed={"search_keys": SEARCH_KEYS},
    ),
    CollectionSpec(
        "gw_transaction",
        "ledger_entries",
        (IndexSpec((("transaction_id", 1), ("posted_at", 1))), IndexSpec((*TENANT, ("posted_at", 1)))),
        # A wrong entry is corrected by a reversing one.
        append_only=True,
    ),
    CollectionSpec(
        "gw_transaction",
        "provider_calls",
        (
            # The server takes a partial index for a query with the very same list of states only.
            IndexSpec((("organization_id", 1), ("due_at", 1)), partial={"state": {"$in": ["intent", "unknown"]}}),
            IndexSpec((("state", 1), ("organization_id", 1), ("due_at", 1)), partial={"state": "waiting"}),
            IndexSpec((("transaction_id", 1), ("kind", 1))),
            # What a new data key makes the service encrypt again is found per tenant.
            IndexSpec((*TENANT, ("_id", -1))),
        ),
        retired=("due_at_1", "state_1_due_at_1"),
    ),
    CollectionSpec("gw_transaction", "receipts", (IndexSpec((*TENANT, ("bank_reference", 1)), unique=True),)),
    CollectionSpec(
        "gw_transaction",
        "cases",
        (
            IndexSpec((*TENANT, ("key", 1)), unique=True),
            *list_indexes(TENANT, ("status", "provider_id"), ("provider_payment_id", "transaction_id")),
            IndexSpec((("transaction_id", 1), ("status", 1))),
        ),
    ),
    CollectionSpec(
        "gw_transaction",
        "parked_events",
        (
            IndexSpec((("transaction_id", 1), ("state", 1))),
            IndexSpec((("state", 1), ("organization_id", 1), ("due_at", 1)), partial={"state": "parked"}),
        ),
        retired=("state_1__id_1",),
    ),
    CollectionSpec("gw_transaction", "paid_references"),
    CollectionSpec("gw_transaction", "webhook_notes", (IndexSpec((("transaction_id", 1), ("received_at", -1))),)),
    CollectionSpec(
        "gw_transaction",
        "refunds",
        (
            IndexSpec((("transaction_id", 1), ("_id", 1))),
            IndexSpec(
                (("provider_id", 1), ("provider_refund_id", 1)),
                unique=True,
                partial={"provider_refund_id": {"$type": "string"}},
            ),
        ),
    ),
    CollectionSpec(
        "gw_transaction",
        "disputes",
        (
            IndexSpec((("transaction_id", 1), ("_id", 1))),
            IndexSpec((("provider_id", 1), ("provider_dispute_id", 1)), unique=True),
            # Whether a customer contests a payment right now.
            IndexSpec((*TENANT, ("email_hash", 1)), partial={"open": True}),
            IndexSpec((*TENANT, ("other_email_hashes", 1)), partial={"open": True}),
        ),
    ),
    CollectionSpec(
        "gw_transaction",
        "customer_holds",
        (
            IndexSpec((*TENANT, ("email_hash", 1)), partial={"active": True}),
            IndexSpec((*TENANT, ("other_email_hashes", 1)), partial={"active": True}),
            IndexSpec((*TENANT, ("_id", -1))),
            IndexSpec((("dispute_id", 1),), unique=True),
        ),
    ),
)

IPN: Final[tuple[CollectionSpec, ...]] = (
    *messaging("gw_ipn"),
    CollectionSpec(
        "gw_ipn",
        "deliveries",
        (
            IndexSpec((("next_attempt_at", 1),), partial={"state": "waiting"}),
            # Which organizations have something due is read from one key of each: a backlog of one costs the others
            # nothing. The state comes first so that the index alone answers; the target, so that full receivers are
            # passed over in it.
            IndexSpec(
                (("state", 1), ("organization_id", 1), ("next_attempt_at", 1), ("target", 1)),
                partial={"state": "waiting"},
            ),
            IndexSpec((("lease_until", 1),), partial={"state": "sending"}),
            # One delivery of a checkout is tried at a time: its delivery queue decides which, this index enforces it.
            IndexSpec((("lane", 1),), unique=True, partial={"state": "sending"}),
            # The first delivery of a checkout: its insert starts the delivery queue, without reading it before.
            IndexSpec((("opens", 1),), unique=True, partial={"opens": {"$exists": True}}),
            # The merchant's list, and one index per filter of it, in the list's order.
            IndexSpec((*TENANT, ("created_at", -1), ("_id", -1))),
            *(
                IndexSpec((*TENANT, (field, 1), ("created_at", -1), ("_id", -1)))
                for field in ("state", "site_id", "target")
            ),
            IndexSpec((*TENANT, ("transaction_id", 1), ("created_at", -1))),
            # What a payment of the same order makes pointless; a success, the most frequent one, is not in it.
            IndexSpec((("orders", 1), ("state", 1)), partial={"orders": {"$exists": True}}),
            # Which orders are paid. No state in it: a success finishes without a change of this index.
            IndexSpec((("pays", 1),), partial={"pays": {"$exists": True}}),
            IndexSpec((("finished_at", 1),), expire_after_s=400 * 86_400),
        ),
    ),
    # Orders of merchants that were paid without a delivery that says so.
    CollectionSpec("gw_ipn", "orders", (IndexSpec((("updated_at", 1),), expire_after_s=400 * 86_400),)),
    CollectionSpec("gw_ipn", "lanes", (IndexSpec((("updated_at", 1),), expire_after_s=400 * 86_400),)),
)

DOMAINS: Final[tuple[CollectionSpec, ...]] = (
    *messaging("gw_domains"),
    CollectionSpec(
        "gw_domains",
        "domains",
        (
            # A name has one holder among all organizations; removed rows only remember the version.
            IndexSpec((("name", 1),), unique=True, partial={"removed": False}),
            IndexSpec((("name", 1), ("version", -1))),
            IndexSpec((("organization_id", 1), ("site_id", 1), ("_id", -1))),
            IndexSpec(
                (("state", 1), ("organization_id", 1), ("certificate_due_at", 1)),
                partial={"state": "active", "removed": False},
            ),
        ),
    ),
)

REPORTING: Final[tuple[CollectionSpec, ...]] = (
    *messaging("gw_reporting"),
    # What was counted of each object, found by its id alone: one entry of an index per fact.
    CollectionSpec("gw_reporting", "facts"),
    CollectionSpec("gw_reporting", "buckets", (IndexSpec((*TENANT, ("generation", 1), ("day", 1))),)),
    CollectionSpec("gw_reporting", "projections"),
)

COLLECTIONS: Final = ADMIN + TRANSACTION + INVOICE + IPN + DOMAINS + REPORTING + NOTIFY


def collection_of(database: str, name: str) -> CollectionSpec:
    """The declared collection with this name.

    Raises:
        KeyError: it is not declared, so the topology job would not create it.
    """
    return _BY_NAME[database, name]


_BY_NAME: Final = {(spec.database, spec.name): spec for spec in COLLECTIONS}
