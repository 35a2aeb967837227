"""Filters and pages of lists, declared once: the query of the API and the request on the bus inherit them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from gateway_contracts.fields import QueryMoment
from gateway_contracts.limits import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, PAGE_MAX
from gateway_contracts.rules import FieldRules, broken

_SPELLINGS: Final = {"cancelled": "canceled"}


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def one_of(known: Sequence[str]) -> BeforeValidator:
    """Accept these values, in either spelling; an empty text is no filter.

    Any other value is refused: an empty list would look like an answer.
    """

    def check(value: Any) -> Any:
        text = _SPELLINGS.get(value, value) if isinstance(value, str) else value
        if isinstance(text, str) and text and text not in known:
            raise broken("status_unknown", f"must be one of {', '.join(known)}")
        return _none_if_empty(text)

    return BeforeValidator(check)


NONE_IF_EMPTY: Final = BeforeValidator(_none_if_empty)
PageNumber = Annotated[int, Field(ge=1, le=PAGE_MAX, description="Number of the page, from 1.")]
PageLimit = Annotated[int, Field(ge=1, le=PAGE_LIMIT_MAX, description="Rows per page.")]
IdFilter = Annotated[str, Field(max_length=64)]
"""A text that is not an id matches nothing."""


class PageFields(FieldRules):
    """A page: by its number, or by the cursor of the page before."""

    page: PageNumber = 1
    limit: PageLimit = PAGE_LIMIT_DEFAULT
    cursor: str | None = Field(
        None, max_length=500, description="`nextCursor` of the previous page. Use it instead of `page`."
    )


class PeriodFields(PageFields):
    """A page of what one site, or all, created in a period."""

    created_from: QueryMoment | None = Field(None, description="Created at or after.")
    created_to: QueryMoment | None = Field(None, description="Created before.")
    site_id: IdFilter | None = None
