"""Points in time as they are sent to us."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from admin_api.web.schemas.base import custom


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


Moment = Annotated[AwareDatetime, BeforeValidator(_moment), Field(examples=["2030-01-31T12:00:00Z"])]
