"""Rows that cannot be read as deliveries, as far as they can be read."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_kit.mongo.leases import LeasedRow
from ipn.domain.delivery import Stuck

COUNT_MAX: Final = 10**6


def stuck_of_row(row: LeasedRow) -> Stuck:
    """The same row, given up for now."""
    raw = row.raw
    return Stuck(
        id=raw["_id"],
        organization_id=str(raw.get("organization_id", "")),
        checkout_id=str(raw.get("lane", "")),
        claim=raw.get("claim"),
        tries=count_of(raw, "made") + count_of(raw, "unrecorded") + 1,
        size=row.size,
    )


def count_of(raw: Mapping[str, Any], name: str) -> int:
    """A counter of a row that may hold anything."""
    value = raw.get(name)
    return value if isinstance(value, int) and 0 <= value < COUNT_MAX else 0
