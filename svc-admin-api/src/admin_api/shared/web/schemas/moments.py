"""Points in time as they are sent to us."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from admin_api.shared.web.schemas.base import custom


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise custom("date_invalid", "must be an ISO 8601 time, such as 2026-01-31T12:00:00Z")
    return datetime.fromisoformat(value) if _is_iso(value) else value


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise custom("date_invalid", "must be an ISO 8601 time, such as 2026-01-31T12:00:00Z") from None
    return True


def _in_utc(value: datetime) -> datetime:
    """In UTC; the first and last hours of the calendar lie outside of it in some offsets."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise custom("date_invalid", "must be between the years 1 and 9999") from None


Moment = Annotated[
    AwareDatetime, BeforeValidator(_moment), AfterValidator(_in_utc), Field(examples=["2030-01-31T12:00:00Z"])
]
QueryMoment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""The same in a query."""
