"""Collections and their indexes, per database: plain data, applied by the topology job.

A service's own MongoDB user may read and write its database; only the job creates indexes, so a service that starts
against a database without them is a deployment error, not a slow query.
"""

from typing import Final

from gateway_contracts import invoice_lists
from gateway_contracts.collection_specs import CollectionSpec, IndexSpec
from gateway_contracts.payment_search import SEARCH_KEYS
from gateway_contracts.services import SERVICES

OUTBOX_KEPT_S: Final = 7 * 86_400
"""A published event stays this long in the outbox of its service: it can be published again while it does."""


def _messaging(database: str) -> tuple[CollectionSpec, ...]:
    """Collections of the unit of work, in every service with a database."""
    return (
        CollectionSpec(database, "inbox", (IndexSpec((("handled_at", 1),), expire_after_s=90 * 86_400),)),
        CollectionSpec(
            database,
            "outbox",
            (
                # Each row is in one of these at a time: writing and marking it costs one entry each. What waits is
                # read per organization, so that the backlog of one does not stand before the rows of another.
                IndexSpec((("state", 1), ("organization_id", 1), ("_id", 1)), partial={"state": "pending"}),
                IndexSpec((("set_aside_at", 1),), partial={"set_aside_at": {"$type": "date"}}),
                IndexSpec((("sent_at", 1),), partial={"sent_at": {"$type": "date"}}, expire_after_s=OUTBOX_KEPT_S),
                # What was published of a data key is found when the key is destroyed.
                IndexSpec((("entity_id", 1),), partial={"kind": "config"}),
            ),
        ),
        # Messages that left their consumer's queue: they wait per consumer and organization.
        CollectionSpec(database, "backlog", (IndexSpec((("consumer", 1), ("organization_id", 1), ("due_at", 1))),)),
        CollectionSpec(database, "operations"),
        # How far the encryption of stored values under a new data key is, one row per job.
        CollectionSpec(database, "reencryption", (IndexSpec((("finished_at", 1),), expire_after_s=30 * 86_400),)),
    )


DATABASES: Final[dict[str, str]] = {service.name: service.database for service in SERVICES if service.database}
"""The database of each service that has one; its MongoDB user has the service's name and no other rights."""

ADMIN: Final[tuple[CollectionSpec, ...]] = (
    *_messaging("gw_admin"),
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

_TENANT: Final = (("organization_id", 1), ("livemode", 1))
_TEXT: Final = {"$type": "string"}
_OF_TEMPLATE: Final = (("kind", 1), ("channel", 1), ("language", 1))


def _lists(
    tenant: tuple[tuple[str, int], ...], always: tuple[str, ...], texts: tuple[str, ...]
) -> tuple[IndexSpec, ...]:
    """One index per filter of a list, in the list's order, so that a page costs its rows and nothing else; ``texts``
    are filters on fields that many rows lack."""
    return (
        IndexSpec((*tenant, ("_id", -1))),
        IndexSpec((*tenant, ("created_at", -1), ("_id", -1))),
        *(IndexSpec((*tenant, (field, 1), ("_id", -1))) for field in always),
        *(IndexSpec((*tenant, (field, 1), ("_id", -1)), partial={field: _TEXT}) for field in texts),
    )


# What a list never shows comes before its filters: an index alone tells how many there are.
_SHOWN: Final = (*_TENANT, ("hidden_at", 1))

TRANSACTION: Final[tuple[CollectionSpec, ...]] = (
    *_messaging("gw_transaction"),
    CollectionSpec(
        "gw_transaction",
        "checkouts",
        (
            IndexSpec((("session_hash", 1),), unique=True),
            IndexSpec((("short_code_hash", 1),), unique=True),
            # Passes take turns over the organizations with due rows: an index leads from one to the next.
            IndexSpec((("status", 1), ("organization_id", 1), ("due_at", 1)), partial={"status": "pending"}),
            *_lists(
                _TENANT,
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
            *_lists(
                _SHOWN,
                ("site_id", "provider_id", "status", "currency"),
                ("external_reference", "email_hash", "client_id", "invoice_number", "provider_payment_id"),
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
        (IndexSpec((("transaction_id", 1), ("posted_at", 1))), IndexSpec((*_TENANT, ("posted_at", 1)))),
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
            IndexSpec((*_TENANT, ("_id", -1))),
        ),
        retired=("due_at_1", "state_1_due_at_1"),
    ),
    CollectionSpec("gw_transaction", "receipts", (IndexSpec((*_TENANT, ("bank_reference", 1)), unique=True),)),
    CollectionSpec(
        "gw_transaction",
        "cases",
        (
            IndexSpec((*_TENANT, ("key", 1)), unique=True),
            *_lists(_TENANT, ("status", "provider_id"), ("provider_payment_id", "transaction_id")),
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
            IndexSpec((*_TENANT, ("email_hash", 1)), partial={"open": True}),
            IndexSpec((*_TENANT, ("other_email_hashes", 1)), partial={"open": True}),
        ),
    ),
    CollectionSpec(
        "gw_transaction",
        "customer_holds",
        (
            IndexSpec((*_TENANT, ("email_hash", 1)), partial={"active": True}),
            IndexSpec((*_TENANT, ("other_email_hashes", 1)), partial={"active": True}),
            IndexSpec((*_TENANT, ("_id", -1))),
            IndexSpec((("dispute_id", 1),), unique=True),
        ),
    ),
)

INVOICE: Final[tuple[CollectionSpec, ...]] = (
    *_messaging("gw_invoice"),
    CollectionSpec(
        "gw_invoice",
        "invoices",
        (
            IndexSpec(
                (("organization_id", 1), ("livemode", 1), ("kind", 1), ("numbering.number", 1)),
                unique=True,
                partial={"numbering.number": {"$exists": True}},
            ),
            # A payment settles one invoice. An empty list is in no such index.
            IndexSpec(
                (("transaction_ids", 1), ("kind", 1)),
                unique=True,
                partial={"kind": "invoice", "transaction_ids": {"$gt": ""}},
            ),
            # The highest sequence that a number's text was printed with.
            IndexSpec(
                (
                    ("organization_id", 1),
                    ("livemode", 1),
                    ("kind", 1),
                    ("numbering.stem", 1),
                    ("numbering.sequence", -1),
                ),
                partial={"numbering.stem": {"$exists": True}},
            ),
            IndexSpec((*_TENANT, ("kind", 1), ("created_at", -1), ("_id", -1))),
            *(
                IndexSpec((*_TENANT, ("kind", 1), (field, 1), ("created_at", -1), ("_id", -1)))
                for field in ("site_id", "listed_state", "totals.currency", "external_reference", "search_words")
            ),
            IndexSpec(
                (*_TENANT, ("client_id", 1), ("created_at", -1), ("_id", -1)),
                partial={"client_id": {"$gt": ""}},
            ),
            # Drafts that are issued by themselves.
            IndexSpec((("organization_id", 1), ("finalize_at", 1)), partial={"finalize_at": {"$type": "date"}}),
            # What has a credit note of its own: a refund, a lost dispute, a reversal.
            IndexSpec(
                (("correction.invoice_id", 1), ("correction.origin_id", 1)),
                unique=True,
                partial={"kind": "credit_note"},
            ),
            IndexSpec((("transaction_ids", 1),), partial={"kind": "credit_note"}),
            IndexSpec((("session_hashes", 1), ("issued_at", 1))),
            # Documents are made in turns of the organizations.
            IndexSpec(
                (("render_state", 1), ("organization_id", 1), ("render_at", 1)),
                partial={"render_state": {"$in": ["pending", "set_aside"]}},
            ),
        ),
        retired=(
            "payment.transaction_id_1_kind_1",
            "payment.transaction_id_1",
            "payment.session_hash_1_issued_at_1",
        ),
        computed={
            "transaction_ids": invoice_lists.TRANSACTION_IDS,
            "session_hashes": invoice_lists.SESSION_HASHES,
            "listed_state": invoice_lists.LISTED_STATE,
            "search_words": invoice_lists.SEARCH_WORDS,
        },
    ),
    # Payments that never get an invoice of ours: what goes back of them needs no credit note.
    CollectionSpec("gw_invoice", "uninvoiced", (IndexSpec((("created_at", 1),), expire_after_s=3 * 365 * 86_400),)),
    CollectionSpec("gw_invoice", "invoice_sequences", (IndexSpec((("register", 1),)),)),
    CollectionSpec(
        "gw_invoice", "register", (IndexSpec((("register", 1), ("position", 1)), unique=True),), append_only=True
    ),
    CollectionSpec("gw_invoice", "register_heads"),
    CollectionSpec(
        "gw_invoice",
        "templates",
        # One for each kind of document of a site, or of all sites (an empty id).
        (IndexSpec((*_TENANT, ("kind", 1), ("site_id", 1)), unique=True), IndexSpec((*_TENANT, ("_id", -1)))),
    ),
    # Documents name the version that they were printed with.
    CollectionSpec("gw_invoice", "template_versions", append_only=True),
)

IPN: Final[tuple[CollectionSpec, ...]] = (
    *_messaging("gw_ipn"),
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
            IndexSpec((*_TENANT, ("created_at", -1), ("_id", -1))),
            *(
                IndexSpec((*_TENANT, (field, 1), ("created_at", -1), ("_id", -1)))
                for field in ("state", "site_id", "target")
            ),
            IndexSpec((*_TENANT, ("transaction_id", 1), ("created_at", -1))),
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
    *_messaging("gw_domains"),
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
    *_messaging("gw_reporting"),
    # What was counted of each object, found by its id alone: one entry of an index per fact.
    CollectionSpec("gw_reporting", "facts"),
    CollectionSpec("gw_reporting", "buckets", (IndexSpec((*_TENANT, ("generation", 1), ("day", 1))),)),
    CollectionSpec("gw_reporting", "projections"),
)

NOTIFY: Final[tuple[CollectionSpec, ...]] = (
    *_messaging("gw_notify"),
    CollectionSpec(
        "gw_notify",
        "messages",
        (
            # One fact is announced once to each recipient.
            IndexSpec((*_TENANT, ("key", 1)), unique=True),
            IndexSpec((("state", 1), ("organization_id", 1), ("due_at", 1)), partial={"state": "waiting"}),
            *_lists(_TENANT, ("state", "kind", "channel"), ("site_id", "object_id", "recipient_hash")),
            IndexSpec((("kept_until", 1),), expire_after_s=0),
        ),
    ),
    CollectionSpec("gw_notify", "settings", (IndexSpec((*_TENANT, ("_id", -1))),)),
    CollectionSpec(
        "gw_notify",
        "templates",
        (
            IndexSpec((*_TENANT, ("_id", -1))),
            IndexSpec((*_TENANT, *_OF_TEMPLATE, ("revision", -1)), unique=True),
            # One draft and one published revision of each.
            IndexSpec(
                (*_TENANT, *_OF_TEMPLATE, ("state", 1)),
                unique=True,
                partial={"state": {"$in": ["draft", "published"]}},
            ),
        ),
    ),
)

COLLECTIONS: Final = ADMIN + TRANSACTION + INVOICE + IPN + DOMAINS + REPORTING + NOTIFY


def collection_of(database: str, name: str) -> CollectionSpec:
    """The declared collection with this name.

    Raises:
        KeyError: it is not declared, so the topology job would not create it.
    """
    return _BY_NAME[database, name]


_BY_NAME: Final = {(spec.database, spec.name): spec for spec in COLLECTIONS}
