"""Annotated types of what people and shops type, the same in both public APIs."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from gateway_contracts.countries import COUNTRY_MESSAGE, is_country
from gateway_contracts.limits import LINE_CHARACTERS_MAX, SHORT_CHARACTERS_MAX
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX, is_email_address
from gateway_contracts.time_zones import is_time_zone


def _country(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    code = value.strip().upper()
    if not value.isascii() or not is_country(code):
        raise PydanticCustomError("malformed", COUNTRY_MESSAGE)
    return code


def _email(text: str) -> str:
    trimmed = text.strip()
    if not is_email_address(trimmed):
        raise PydanticCustomError("gw_email_invalid", "must be an e-mail address")
    return trimmed


Country = Annotated[
    str,
    StringConstraints(min_length=2, max_length=2, pattern=r"^[A-Za-z]{2}$"),
    BeforeValidator(_country),
    Field(description="ISO 3166 alpha-2.", examples=["DE"]),
]
Email = Annotated[
    str,
    AfterValidator(_email),
    Field(description="The buyer's e-mail address.", examples=["jane@example.com"], max_length=EMAIL_CHARACTERS_MAX),
]


def _time_zone(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError("malformed", "must be a time zone of the IANA database, such as Europe/Berlin")
    return name


TimeZone = Annotated[
    str,
    StringConstraints(max_length=SHORT_CHARACTERS_MAX, strip_whitespace=True),
    AfterValidator(_time_zone),
    Field(description="A name of the IANA time zone database.", examples=["Europe/Berlin"]),
]
Line = Annotated[str, StringConstraints(max_length=LINE_CHARACTERS_MAX, strip_whitespace=True)]
Short = Annotated[str, StringConstraints(max_length=SHORT_CHARACTERS_MAX, strip_whitespace=True)]
