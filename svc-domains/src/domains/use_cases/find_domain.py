"""A domain by its id."""

from domains.domain.domain import Domain
from domains.errors import DomainNotFound
from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.store import Store


async def find_domain(domain_id: str, *, scope: Scope, store: Store[Domain]) -> Domain:
    """The domain, also a removed one: a repeated removal answers with it.

    Raises:
        DomainNotFound: the scope has no such domain.
    """
    domain = await store.get(None, scope, domain_id)
    if domain is None:
        raise DomainNotFound
    return domain


async def find_registered(domain_id: str, *, scope: Scope, store: Store[Domain]) -> Domain:
    """The domain, unless it was removed.

    Raises:
        DomainNotFound: the scope has no such domain.
    """
    domain = await find_domain(domain_id, scope=scope, store=store)
    if domain.removed:
        raise DomainNotFound
    return domain
