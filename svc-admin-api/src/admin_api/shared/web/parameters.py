"""Parameters that many routes have, with their limits."""

from typing import Annotated, Final

from fastapi import Header, Query

from gateway_contracts.limits import PAGE_MAX

ID_FILTER_MAX: Final = 64
"""Of ids that lists are filtered by; what is no id matches nothing."""
PageNumber = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Number of the page, from 1.")]
IfNoneMatch = Annotated[
    str | None, Header(max_length=1_000, description="ETag of your copy: 304 if the document is the same.")
]
