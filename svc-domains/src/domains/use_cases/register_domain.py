"""A merchant registers a domain of their own for a site."""

from domains.domain.domain import Domain
from domains.domain.names import check_name
from domains.errors import DomainNameInvalid, DomainTaken, SiteNotFound
from domains.ports import Names, Sites
from domains.use_cases.events import emit_domain_event, publish_record
from domains.use_cases.find_domain import find_domain
from gateway_contracts.aggregates import Scope
from gateway_contracts.events.domain import DomainRegisteredV1
from gateway_contracts.requests.domains import RegisterDomain
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx, UnitOfWork


async def register_domain(
    command: RegisterDomain,
    *,
    scope: Scope,
    operation_id: str,
    reserved: tuple[str, ...],
    names: Names,
    sites: Sites,
    uow: UnitOfWork,
    store: Store[Domain],
) -> Domain:
    """The domain, pending until DNS points to us. Idempotent on the operation id.

    Raises:
        DomainNameInvalid: the name cannot be registered.
        SiteNotFound: the caller has no such site.
        DomainTaken: the name is registered, by whomever.
    """
    name = registrable_name(command.name, names=names, reserved=reserved)
    may_use = scope.site_id in (None, command.site_id)
    site = await sites.fetch_site(command.site_id) if may_use else None
    if site is None or site.organization_id != scope.organization_id:
        raise SiteNotFound

    async def work(tx: Tx) -> Domain:
        last = await store.across_tenants.first(tx, {"name": name}, sort=[("version", -1)])
        domain = Domain(
            id=command.domain_id,
            organization_id=scope.organization_id,
            site_id=command.site_id,
            name=name,
            state="pending",
            version=1 if last is None else last.version + 1,
            created_at=tx.now,
        )
        store.insert(tx, domain, otherwise=DomainTaken(name))
        publish_record(tx, domain)
        emit_domain_event(tx, DomainRegisteredV1, domain)
        return domain

    try:
        return await uow.run(work, operation=Operation(operation_id, command.domain_id))
    except OperationReplayed as replayed:
        return await find_domain(replayed.entity_id, scope=scope, store=store)


def registrable_name(text: str, *, names: Names, reserved: tuple[str, ...]) -> str:
    """The name as DNS spells it.

    Raises:
        DomainNameInvalid: it cannot be a merchant's domain.
    """
    try:
        name = names.to_ascii(text.strip().removesuffix("."))
    except ValueError as exc:
        raise DomainNameInvalid("not a host name; give it without scheme, port, path and wildcard") from exc
    check_name(name, is_public_suffix=names.is_public_suffix(name), reserved=reserved)
    return name
