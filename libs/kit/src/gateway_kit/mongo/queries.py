"""Conditions for partial indexes, which the server uses only for a query that repeats the condition of the index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any


def is_text(value: str) -> dict[str, Any]:
    """Equal to it, for indexes that hold texts alone."""
    return {"$eq": value, "$type": "string"}


def are_texts(values: Sequence[str]) -> dict[str, Any]:
    """One of them, for indexes that hold texts alone."""
    return {"$in": list(values), "$type": "string"}


def is_due(now: datetime) -> dict[str, Any]:
    """A moment that has come, for indexes that hold moments alone."""
    return {"$lte": now, "$type": "date"}
