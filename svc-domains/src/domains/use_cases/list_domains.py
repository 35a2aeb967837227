"""A merchant looks at their domains."""

from dataclasses import replace
from typing import Final

from domains.domain.domain import Domain
from domains.ports import DomainStore, TenantScope
from gateway_contracts.errors import Invalid
from gateway_contracts.requests.domains import DomainQuery

LIMIT_MAX: Final = 100
WINDOW_MAX: Final = 10_000


async def list_domains(query: DomainQuery, *, scope: TenantScope, store: DomainStore) -> tuple[list[Domain], int]:
    """A page, newest first, and how many there are.

    Raises:
        Invalid: page or limit is out of range.
    """
    if not 1 <= query.limit <= LIMIT_MAX:
        raise Invalid.field("limit", f"must be from 1 to {LIMIT_MAX}")
    if query.page < 1 or query.page * query.limit > WINDOW_MAX:
        raise Invalid.field("page", f"page × limit must be from 1 to {WINDOW_MAX}")
    if query.site_id is not None:
        if scope.site_id not in (None, query.site_id):
            return [], 0
        scope = replace(scope, site_id=query.site_id)
    return await store.select(scope, skip=(query.page - 1) * query.limit, limit=query.limit)
