"""A merchant looks at their domains."""

from domains.domain.domain import Domain
from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.domains import DomainQuery
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.store import Store


async def list_domains(query: DomainQuery, *, scope: Scope, store: Store[Domain]) -> Page[Domain]:
    """One page, newest first.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: invalid cursor.
    """
    request = PageRequest(query.page, query.limit, query.cursor, query.created_from, query.created_to)
    of_site = {} if query.site_id is None else {"site_id": query.site_id}
    return await store.page(scope, request, {"removed": False} | of_site)
