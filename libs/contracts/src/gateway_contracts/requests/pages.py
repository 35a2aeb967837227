"""Fields that the replies of all lists have; `list_filters` has those of the requests."""

from gateway_contracts.base import Contract


class PageReply(Contract):
    """One page; ``total_capped``: more rows match than ``total`` says."""

    total: int
    total_capped: bool = False
    page: int
    limit: int
    next_cursor: str | None = None
