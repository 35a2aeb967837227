"""Collections that every service has, and indexes that every list needs."""

from typing import Final

from gateway_contracts.collection_specs import CollectionSpec, IndexSpec

OUTBOX_KEPT_S: Final = 7 * 86_400
"""A published event stays this long in the outbox of its service: it can be published again while it does."""


def messaging(database: str) -> tuple[CollectionSpec, ...]:
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


TENANT: Final = (("organization_id", 1), ("livemode", 1))
TEXT: Final = {"$type": "string"}


def list_indexes(
    tenant: tuple[tuple[str, int], ...], always: tuple[str, ...], texts: tuple[str, ...]
) -> tuple[IndexSpec, ...]:
    """One index per filter of a list, in the list's order, so that a page costs its rows and nothing else; ``texts``
    are filters on fields that many rows lack."""
    return (
        IndexSpec((*tenant, ("_id", -1))),
        IndexSpec((*tenant, ("created_at", -1), ("_id", -1))),
        *(IndexSpec((*tenant, (field, 1), ("_id", -1))) for field in always),
        *(IndexSpec((*tenant, (field, 1), ("_id", -1)), partial={field: TEXT}) for field in texts),
    )


# What a list never shows comes before its filters: an index alone tells how many there are.
