"""Documents of the database and the domain's objects, one in terms of the other."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

import bson

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.untrusted import bounded_seconds
from ipn.domain.delivery import Delivery, Stuck
from ipn.domain.lane import Entry, Lane
from ipn.domain.outcome import Outcome
from ipn.domain.schedule import RETRY_AFTER_MAX
from ipn.ports import Chargeback

Row = dict[str, Any]

SCHEMA_VERSION = 1

# No value of an attempt may keep it from being written: what does not fit is cut.
_STATUS_MAX: Final = 999
_DURATION_MS_MAX: Final = 24 * 3600 * 1000
_ERROR_MAX: Final = 80
COUNT_MAX: Final = 10**6


def row_of_delivery(delivery: Delivery) -> Row:
    """The document of a new delivery."""
    row = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__ if name not in ("id", "attempts")}
    if delivery.opens is None:
        del row["opens"]  # absent, so that the unique key counts first deliveries only
    for name in ("orders", "pays"):
        if not row[name]:
            del row[name]  # absent, so that its index holds the few for which it counts
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
        "orders": tuple(row.get("orders", ())),
        "pays": tuple(row.get("pays", ())),
    }
    return Delivery(**fields)


def chargeback_of(row: Row) -> Chargeback:
    """What a delivery with status 4 says about its dispute."""
    return Chargeback(
        delivery_id=row["_id"],
        transaction_id=row["transaction_id"],
        dispute_id=row.get("dispute_id"),
        is_tried=bool(row.get("attempts")),
        is_open=row["state"] not in ("superseded", "set_aside"),
    )


def stuck_of_row(row: Row) -> Stuck:
    """What can be said of a row that cannot be read as a delivery."""
    return Stuck(
        id=row["_id"],
        organization_id=str(row.get("organization_id", "")),
        lane=str(row.get("lane", "")),
        claim=row.get("claim"),
        tries=count_of(row, "made") + count_of(row, "unrecorded") + 1,
        size=row["size"] if "size" in row else len(bson.encode(row)),
    )


def count_of(row: Row, name: str) -> int:
    """A counter of a row that may hold anything."""
    value = row.get(name)
    return value if isinstance(value, int) and 0 <= value < COUNT_MAX else 0


def row_of_attempt(outcome: Outcome) -> Row:
    """One attempt as it is kept in its delivery."""
    return {
        "at": outcome.at,
        "duration_ms": max(0, min(outcome.duration_ms, _DURATION_MS_MAX)),
        "http_status": None if outcome.http_status is None else max(0, min(outcome.http_status, _STATUS_MAX)),
        "error": None if outcome.error is None else outcome.error[:_ERROR_MAX],
        **({} if outcome.body_fault is None else {"body_fault": outcome.body_fault[:_ERROR_MAX]}),
        "retry_after": None if outcome.retry_after is None else outcome.retry_after.total_seconds(),
    }


def _attempt_of(row: Row) -> Outcome:
    seconds = bounded_seconds(row.get("retry_after"), at_most=RETRY_AFTER_MAX.total_seconds())
    return Outcome(**{**row, "retry_after": None if seconds is None else timedelta(seconds=seconds)})


def row_of_lane(lane: Lane) -> Row:
    """The fields of a lane's document, without its id."""
    return {
        "open": [_row_of_entry(entry) for entry in lane.open],
        "paid_by": lane.paid_by,
        "versions": dict(lane.versions),
        "schema_version": SCHEMA_VERSION,
    }


def _row_of_entry(entry: Entry) -> Row:
    return {name: value for name, value in asdict(entry).items() if value is not None}


def lane_of(row: Row) -> Lane:
    """The lane of a document."""
    return Lane(
        id=row["_id"],
        open=tuple(Entry(**entry) for entry in row["open"]),
        paid_by=row["paid_by"],
        versions=row["versions"],
    )
