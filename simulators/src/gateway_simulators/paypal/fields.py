"""Objects and texts of a body, each in the form that PayPal documents."""

from typing import Any

from gateway_simulators.paypal.errors import invalid
from gateway_simulators.store import Json


def part(given: Json, name: str, field: str | None = None) -> Json:
    """An object of the body; empty when it is absent.

    Raises:
        ApiError: it is something else.
    """
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise invalid(field or f"/{name}", "The value of a field is no object.", "INVALID_PARAMETER_SYNTAX")
    return value or {}


def text(given: Json, name: str, field: str, most: int, *, required: bool = False) -> str | None:
    """A text of the body; None when it is absent.

    Raises:
        ApiError: it is missing although required, is something else, or too long.
    """
    value = given.get(name)
    if value is None and not required:
        return None
    if value is None:
        raise invalid(field, "A required field / parameter is missing.", "MISSING_REQUIRED_PARAMETER")
    if not isinstance(value, str):
        raise invalid(field, "The value of a field is not a text.", "INVALID_PARAMETER_SYNTAX")
    if len(value) > most:
        raise invalid(field, "The value of a field is too long.", "INVALID_STRING_MAX_LENGTH")
    if required and not value:
        raise invalid(field, "The value of a field is too short.", "INVALID_STRING_MIN_LENGTH")
    return value


def objects(given: Json, name: str, field: str) -> list[Json]:
    """A list of objects; empty when it is absent.

    Raises:
        ApiError: it is something else.
    """
    values: Any = given.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise invalid(field, "The value of a field is no list of objects.", "INVALID_PARAMETER_SYNTAX")
    return values
