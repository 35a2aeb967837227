"""What all request and answer shapes have in common."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from admin_api.shared.domain.paging import Page
from gateway_contracts.ids import is_object_id
from gateway_contracts.limits import LINE_CHARACTERS_MAX


class View(BaseModel):
    """An answer: camelCase; every field is always there, absent values are null."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def wire_json(self) -> bytes:
        """The answer's body."""
        return self.model_dump_json(by_alias=True).encode()


class ListView(View):
    """One page of a list."""

    total: int = Field(description="Rows that match, exact up to 10,000.")
    total_capped: bool = Field(description="Whether there are more than total says.")
    page: int = Field(description="The page that was asked for.")
    limit: int = Field(description="Rows per page.")
    next_cursor: str | None = Field(description="Send it as cursor to get the next page; null on the last.")


def page_facts(page: Page[Any]) -> dict[str, Any]:
    """What every list says about itself."""
    return {
        "total": page.total,
        "total_capped": page.is_total_capped,
        "page": page.wish.page,
        "limit": page.wish.limit,
        "next_cursor": page.next_cursor,
    }


def _object_id(text: str) -> str:
    if not is_object_id(text):
        raise PydanticCustomError("malformed_id", "must be an id: 24 hex digits, lower case")
    return text


ObjectId = Annotated[
    str,
    AfterValidator(_object_id),
    Field(min_length=24, max_length=24, description="24 hex digits.", examples=["65f0c0ffee65f0c0ffee65f0"]),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LINE_CHARACTERS_MAX, strip_whitespace=True)]


def shaped(pattern: str, message: str) -> BeforeValidator:
    """Says in words what a pattern asks for, before the constraint beside it would quote the pattern."""
    compiled = re.compile(pattern)

    def check(value: Any) -> Any:
        if isinstance(value, str) and not compiled.search(value):
            raise PydanticCustomError("malformed", message)
        return value

    return BeforeValidator(check)


def custom(code: str, message: str, **context: Any) -> PydanticCustomError:
    """A broken rule with its own code: ``currency_unknown`` is answered as ``CURRENCY_UNKNOWN``."""
    return PydanticCustomError("gw_" + code, message, context or None)


def code_of(error_type: str) -> str | None:
    """The code of a broken rule of ours, None for Pydantic's own rules."""
    return error_type.removeprefix("gw_").upper() if error_type.startswith("gw_") else None
