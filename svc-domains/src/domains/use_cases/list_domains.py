"""A merchant looks at their domains."""

from dataclasses import dataclass, replace
from typing import Final

from domains.domain.domain import Domain
from domains.domain.paging import TOTAL_MAX, Window, read_cursor, write_cursor
from domains.ports import DomainStore, TenantScope
from gateway_contracts.errors import Invalid
from gateway_contracts.requests.domains import DomainQuery

LIMIT_MAX: Final = 100


@dataclass(frozen=True)
class Page:
    """``total`` counts to `TOTAL_MAX`; beyond, ``total_capped`` is set and the cursor goes on."""

    domains: tuple[Domain, ...] = ()
    total: int = 0
    total_capped: bool = False
    next_cursor: str | None = None


async def list_domains(query: DomainQuery, *, scope: TenantScope, store: DomainStore) -> Page:
    """A page, newest first.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: a cursor that is not ours.
    """
    window = _window(query)
    if query.site_id is not None:
        if scope.site_id not in (None, query.site_id):
            return Page()
        scope = replace(scope, site_id=query.site_id)
    found, total = await store.select(scope, window, count_to=TOTAL_MAX + 1)
    shown = tuple(found[: query.limit])
    following = write_cursor(shown[-1].id) if len(found) > query.limit else None
    return Page(shown, min(total, TOTAL_MAX), total > TOTAL_MAX, following)


def _window(query: DomainQuery) -> Window:
    """One row more than wanted tells whether there is a next page."""
    if not 1 <= query.limit <= LIMIT_MAX:
        raise Invalid.field("limit", f"must be from 1 to {LIMIT_MAX}")
    window = Window(query.limit + 1, created_from=query.created_from, created_to=query.created_to)
    if query.cursor is not None:
        return replace(window, after=read_cursor(query.cursor))
    if query.page < 1 or query.page * query.limit > TOTAL_MAX:
        raise Invalid.field("page", f"page × limit must be from 1 to {TOTAL_MAX}")
    return replace(window, skip=(query.page - 1) * query.limit)
