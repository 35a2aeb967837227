"""Annotated types of what people and shops send, the same in both public APIs and for the owners of the data."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from gateway_contracts.countries import COUNTRY_MESSAGE, is_country
from gateway_contracts.ids import is_object_id
from gateway_contracts.limits import (
    BANK_REFERENCE_CHARACTERS_MAX,
    LINE_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    SHORT_CHARACTERS_MAX,
    URL_BYTES_MAX,
)
from gateway_contracts.rules import broken, broken_form
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX, is_email_address
from gateway_contracts.time_zones import is_time_zone
from gateway_contracts.urls import url_problem
from gateway_contracts.web_hosts import HOST_CHARACTERS_MAX

T = TypeVar("T", bound=str)

_A_TIME = "must be an ISO 8601 time, such as 2026-01-31T12:00:00Z"


def _country(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    code = value.strip().upper()
    if not value.isascii() or not is_country(code):
        raise broken_form(COUNTRY_MESSAGE)
    return code


def _email(text: str) -> str:
    trimmed = text.strip()
    if not is_email_address(trimmed):
        raise broken("email_invalid", "must be an e-mail address")
    return trimmed


def _time_zone(name: str) -> str:
    if not is_time_zone(name):
        raise broken_form("must be a time zone of the IANA database, such as Europe/Berlin")
    return name


def _object_id(text: str) -> str:
    if not is_object_id(text):
        raise broken_form("must be an id: 24 hex digits, lower case")
    return text


def _url(text: str) -> str:
    # Whether plain http is fine depends on the installation: the API that takes the URL asks that.
    if problem := url_problem(text, is_http_allowed=True):
        raise broken("url_invalid", problem)
    return text


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise broken("date_invalid", _A_TIME) from None


def _no_number(value: Any) -> Any:
    """Pydantic would read a number as seconds since 1970."""
    if isinstance(value, str) and value.strip().lstrip("+-").replace(".", "", 1).isdecimal():
        raise broken_form(_A_TIME)
    return value


def _in_utc(value: datetime) -> datetime:
    """In UTC; the first and last hours of the calendar lie outside of it in some offsets."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise broken("date_invalid", "must be between the years 1 and 9999") from None


ObjectId = Annotated[
    str,
    AfterValidator(_object_id),
    Field(
        min_length=24,
        max_length=24,
        description="Id of an object: 24 hex digits, lower case.",
        examples=["65f0c0ffee65f0c0ffee65f0"],
        json_schema_extra={"pattern": "^[0-9a-f]{24}$"},
    ),
]
Country = Annotated[
    str,
    StringConstraints(min_length=2, max_length=2, pattern=r"^[A-Za-z]{2}$"),
    BeforeValidator(_country),
    Field(
        description="Country code of ISO 3166-1 (alpha-2), in either case.",
        examples=["DE"],
        json_schema_extra={"format": "iso-3166-alpha-2"},
    ),
]
Email = Annotated[
    str,
    AfterValidator(_email),
    Field(
        description="The buyer's e-mail address.",
        examples=["jane@example.com"],
        max_length=EMAIL_CHARACTERS_MAX,
        json_schema_extra={"format": "email"},
    ),
]
TimeZone = Annotated[
    str,
    StringConstraints(max_length=SHORT_CHARACTERS_MAX, strip_whitespace=True),
    AfterValidator(_time_zone),
    Field(
        description="A name of the IANA time zone database.",
        examples=["Europe/Berlin"],
        json_schema_extra={"format": "iana-time-zone"},
    ),
]
Url = Annotated[
    str,
    AfterValidator(_url),
    Field(
        max_length=URL_BYTES_MAX,
        description=f"Absolute https URL of at most {URL_BYTES_MAX:,} bytes.",
        json_schema_extra={"format": "uri"},
    ),
]
Moment = Annotated[
    AwareDatetime, BeforeValidator(_moment), AfterValidator(_in_utc), Field(examples=["2030-01-31T12:00:00Z"])
]
"""A point in time with a time zone, kept in UTC."""
QueryMoment = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_in_utc)]
"""The same in a query."""
Open = Annotated[T | str, Field(union_mode="left_to_right")]
"""One of the known values, or one of a later version: an object that has it, and a list with the object, stay readable.
"""
Line = Annotated[str, StringConstraints(max_length=LINE_CHARACTERS_MAX, strip_whitespace=True)]
"""A name, or one line of an address."""
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LINE_CHARACTERS_MAX, strip_whitespace=True),
    Field(json_schema_extra={"pattern": r"\S"}),
]
"""The name of something, which is never empty."""
Short = Annotated[str, StringConstraints(max_length=SHORT_CHARACTERS_MAX, strip_whitespace=True)]
"""A phone number or tax id."""
DomainName = Annotated[
    str, StringConstraints(min_length=4, max_length=HOST_CHARACTERS_MAX, strip_whitespace=True, to_lower=True)
]
BankReference = Annotated[
    str, StringConstraints(min_length=1, max_length=BANK_REFERENCE_CHARACTERS_MAX, strip_whitespace=True)
]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON_CHARACTERS_MAX, strip_whitespace=True)]
