"""Rules of single fields: how one is declared, and what is answered when it is broken.

A rule stands in the type of its field (`gateway_contracts.fields` and its neighbours). The body of a public API and
the request on the bus use the same type, so both refuse the same values.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, ValidationError, create_model
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from gateway_contracts.base import Contract
from gateway_contracts.errors import FieldProblem, Invalid
from gateway_contracts.values import field_name

DETAILS_MAX: Final = 50
"""Broken fields that an answer names."""
_PREFIX: Final = "gw_"
_A_TIME: Final = "must be an ISO 8601 time, such as 2026-01-31T12:00:00Z"
# Pydantic's rules in the words of our documentation; the others keep its own.
_WORDS: Final = {
    "missing": "is required",
    "extra_forbidden": "unknown field",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_unicode": "must be text",
    "int_type": "must be an integer",
    "int_parsing_size": "is out of range",
    "finite_number": "is out of range",
    "int_parsing": "must be an integer",
    "int_from_float": "must be an integer",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "literal_error": "must be one of {expected}",
    "datetime_type": _A_TIME,
    "datetime_parsing": _A_TIME,
    "datetime_from_date_parsing": _A_TIME,
    "timezone_aware": "needs a time zone, such as 2026-01-31T12:00:00Z",
}


class FieldRules(BaseModel):
    """Fields with their rules, declared once. The body of an API and the request on the bus inherit them."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class ReadBy:
    """Reads a message part by stricter rules than its own; stands in ``Annotated``.

    Parts of events have no rules, since stored events must stay readable. A request that carries such a part names the
    rules here.
    """

    def __init__(self, rules: type[FieldRules]) -> None:
        self._rules: type[BaseModel] = create_model(rules.__name__, __base__=(rules, Contract))

    def __get_pydantic_core_schema__(self, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        def values(given: Any) -> Any:
            return given.model_dump() if isinstance(given, source) else given

        def part(read: BaseModel) -> BaseModel:
            return source.model_construct(**dict(read))

        read = core_schema.no_info_before_validator_function(values, handler.generate_schema(self._rules))
        checked = core_schema.no_info_after_validator_function(part, read)
        # The last step passes the part on; it is what the part is written by.
        return core_schema.chain_schema([checked, handler(source)])


def shaped(pattern: str, message: str) -> BeforeValidator:
    """Says in words what a pattern asks for, before the constraint beside it would quote the pattern."""
    compiled = re.compile(pattern)

    def check(value: Any) -> Any:
        if isinstance(value, str) and not compiled.search(value):
            raise broken_form(message)
        return value

    return BeforeValidator(check)


def broken_form(message: str) -> PydanticCustomError:
    """A value whose form is not that of its type; it has no code of its own."""
    return PydanticCustomError("malformed", message)


def broken(code: str, message: str, **context: Any) -> PydanticCustomError:
    """A broken rule with its own code: ``currency_unknown`` is answered as ``CURRENCY_UNKNOWN``."""
    return PydanticCustomError(_PREFIX + code, message, context or None)


def code_of(errors: Sequence[Any]) -> str | None:
    """The code of the first broken rule that has one; None if all are Pydantic's own rules."""
    for error in errors:
        if error["type"] == "extra_forbidden":
            return "UNKNOWN_FIELD"
        if error["type"].startswith(_PREFIX):
            return str(error["type"]).removeprefix(_PREFIX).upper()
    return None


def sentence(error: Any) -> str:
    """The broken rule in our words, else Pydantic's message without the prefix that it puts before our own."""
    words = _WORDS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    facts = error.get("ctx") or {}
    return words.format(**{**facts, "expected": str(facts.get("expected", "")).replace(" or ", ", ")})


def refusal(exc: ValidationError, *within: str) -> Invalid:
    """The same as an error of an owner: one problem per broken field; ``within`` leads to the value that was read."""
    errors = exc.errors(include_url=False, include_input=False)[:DETAILS_MAX]
    problems = [FieldProblem(field_name((*within, *error["loc"])), sentence(error)) for error in errors]
    summary = "; ".join(f"{item.field}: {item.message}" for item in problems[:3])
    return Invalid(summary, code=code_of(errors), details=problems)
