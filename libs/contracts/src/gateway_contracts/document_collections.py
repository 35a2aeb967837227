"""Collections of svc-invoice and svc-notify."""

from typing import Final

from gateway_contracts import invoice_lists
from gateway_contracts.collection_parts import TENANT, list_indexes, messaging
from gateway_contracts.collection_specs import CollectionSpec, IndexSpec

_OF_TEMPLATE: Final = (("kind", 1), ("channel", 1), ("language", 1))

INVOICE: Final[tuple[CollectionSpec, ...]] = (
    *messaging("gw_invoice"),
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
            IndexSpec((*TENANT, ("kind", 1), ("created_at", -1), ("_id", -1))),
            *(
                IndexSpec((*TENANT, ("kind", 1), (field, 1), ("created_at", -1), ("_id", -1)))
                for field in ("site_id", "listed_state", "totals.currency", "external_reference", "search_words")
            ),
            IndexSpec(
                (*TENANT, ("client_id", 1), ("created_at", -1), ("_id", -1)),
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
        "gw_invoice",
        "register",
        (
            IndexSpec((("register", 1), ("position", 1)), unique=True),
            # What the register says of one document.
            IndexSpec((("register", 1), ("document_id", 1), ("position", 1))),
        ),
        append_only=True,
    ),
    CollectionSpec("gw_invoice", "register_heads"),
    CollectionSpec(
        "gw_invoice",
        "templates",
        # One for each kind of document of a site, or of all sites (an empty id).
        (IndexSpec((*TENANT, ("kind", 1), ("site_id", 1)), unique=True), IndexSpec((*TENANT, ("_id", -1)))),
    ),
    # Documents name the version that they were printed with.
    CollectionSpec("gw_invoice", "template_versions", append_only=True),
)

NOTIFY: Final[tuple[CollectionSpec, ...]] = (
    *messaging("gw_notify"),
    CollectionSpec(
        "gw_notify",
        "messages",
        (
            # One fact is announced once to each recipient.
            IndexSpec((*TENANT, ("key", 1)), unique=True),
            IndexSpec((("state", 1), ("organization_id", 1), ("due_at", 1)), partial={"state": "waiting"}),
            *list_indexes(TENANT, ("state", "kind", "channel"), ("site_id", "object_id", "recipient_hash")),
            IndexSpec((("kept_until", 1),), expire_after_s=0),
        ),
    ),
    CollectionSpec(
        "gw_notify",
        "operator_messages",
        (
            IndexSpec((*TENANT, ("key", 1)), unique=True),
            IndexSpec((("state", 1), ("organization_id", 1), ("due_at", 1)), partial={"state": "waiting"}),
            IndexSpec((("kept_until", 1),), expire_after_s=0),
        ),
    ),
    CollectionSpec("gw_notify", "settings", (IndexSpec((*TENANT, ("_id", -1))),)),
    CollectionSpec(
        "gw_notify",
        "templates",
        (
            IndexSpec((*TENANT, ("_id", -1))),
            IndexSpec((*TENANT, *_OF_TEMPLATE, ("revision", -1)), unique=True),
            # One draft and one published revision of each.
            IndexSpec(
                (*TENANT, *_OF_TEMPLATE, ("state", 1)),
                unique=True,
                partial={"state": {"$in": ["draft", "published"]}},
            ),
        ),
    ),
)
