"""Documents of the database and the domain's objects, one in terms of the other."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from gateway_contracts.encrypted import EncryptedValue
from ipn.domain.delivery import Delivery
from ipn.domain.lane import Entry, Lane
from ipn.domain.outcome import Outcome

Row = dict[str, Any]

SCHEMA_VERSION = 1


def row_of_delivery(delivery: Delivery) -> Row:
    """The document of a new delivery."""
    row = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__ if name not in ("id", "attempts")}
    if delivery.opens is None:
        del row["opens"]  # absent, so that the unique key counts first deliveries only
    row |= {
        "_id": delivery.id,
        "schema_version": SCHEMA_VERSION,
        "body": delivery.body.model_dump(),
        "url": delivery.url.model_dump(),
        "attempts": [row_of_attempt(attempt) for attempt in delivery.attempts],
    }
    return row


def delivery_of(row: Row) -> Delivery:
    """The delivery of a document."""
    fields = {name: row[name] for name in Delivery.__dataclass_fields__ if name in row}
    fields |= {
        "id": row["_id"],
        "body": EncryptedValue.model_validate(row["body"]),
        "url": EncryptedValue.model_validate(row["url"]),
        "attempts": tuple(_attempt_of(attempt) for attempt in row.get("attempts", ())),
    }
    return Delivery(**fields)


def row_of_attempt(outcome: Outcome) -> Row:
    """One attempt as it is kept in its delivery."""
    return {
        "at": outcome.at,
        "duration_ms": outcome.duration_ms,
        "http_status": outcome.http_status,
        "error": outcome.error,
        "retry_after": None if outcome.retry_after is None else outcome.retry_after.total_seconds(),
    }


def _attempt_of(row: Row) -> Outcome:
    wish = row.get("retry_after")
    return Outcome(**{**row, "retry_after": None if wish is None else timedelta(seconds=wish)})


def row_of_lane(lane: Lane) -> Row:
    """The fields of a lane's document, without its id."""
    return {
        "open": [asdict(entry) for entry in lane.open],
        "paid_by": lane.paid_by,
        "versions": dict(lane.versions),
        "schema_version": SCHEMA_VERSION,
    }


def lane_of(row: Row) -> Lane:
    """The lane of a document."""
    return Lane(
        id=row["_id"],
        open=tuple(Entry(**entry) for entry in row["open"]),
        paid_by=row["paid_by"],
        versions=row["versions"],
    )
