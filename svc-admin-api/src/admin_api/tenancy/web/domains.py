"""Merchants' own checkout domains, and the answer to Caddy's question about certificates."""

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from admin_api.edge.dependencies import ActorIn, DepsIn, known_id, requires
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.shared.web.parameters import ListParameters
from admin_api.tenancy.web.schemas.domains import DomainIn
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Unreadable
from gateway_contracts.limits import PAGE_LIMIT_MAX
from gateway_contracts.list_filters import IdFilter
from gateway_contracts.requests.domains import (
    GET_DOMAIN,
    LIST_DOMAINS,
    REGISTER_DOMAIN,
    REMOVE_DOMAIN,
    VERIFY_DOMAIN,
    DomainQuery,
    DomainRecord,
    DomainRef,
    RegisterDomain,
)

router = new_router(tags=["domains"])
DomainId = Annotated[str, Depends(known_id("domain"))]
Executor = Annotated[Actor, Depends(requires("domain:execute"))]

CERTIFIED_STATES = frozenset({"active", "failing"})
"""A domain whose DNS fails just now keeps its certificate until it is suspended."""


@router.get("/domains/verify", include_in_schema=False)
async def tls_permission(request: Request, deps: DepsIn, domain: str = "") -> Response:
    """May a certificate be issued for this name? Bare 200 or 403, from memory; for Caddy on the inside only."""
    # Caddy's own question carries no forwarding headers; a stranger's that came through a proxy does.
    if "x-forwarded-for" in request.headers or "x-forwarded-host" in request.headers:
        raise not_found("page")
    known = deps.domain_config(domain.strip().rstrip(".").lower())
    return Response(status_code=200 if known is not None and known.state in CERTIFIED_STATES else 403)


@router.get("/domains/verify-cname", response_model=DomainRecord)
async def verify(
    actor: Executor,
    deps: DepsIn,
    domain_id: Annotated[IdFilter | None, Query(alias="id")] = None,
    domain: Annotated[
        str | None, Query(max_length=253, description="Host name of the domain, instead of its id.")
    ] = None,
) -> DomainRecord:
    """Look up the domain's DNS now and report missing records."""
    if domain_id is None and domain is None:
        raise Unreadable("id or domain is required")
    if domain_id is None:
        known = deps.domain_config((domain or "").strip().rstrip(".").lower())
        owned = [] if known is None else await _owned(actor, deps, known.site_id, known.name)
        domain_id = next(iter(owned), None)
    if domain_id is None:
        raise not_found("domain")
    return await deps.rpc.call(VERIFY_DOMAIN, DomainRef(domain_id=domain_id), actor=actor)


async def _owned(actor: Actor, deps: DepsIn, site_id: str, name: str) -> list[str]:
    query = DomainQuery(site_id=site_id, limit=PAGE_LIMIT_MAX)
    while True:
        page = await deps.rpc.call(LIST_DOMAINS, query, actor=actor)
        found = [record.id for record in page.domains if record.name == name]
        if found or page.next_cursor is None:
            return found
        query = query.model_copy(update={"cursor": page.next_cursor})


@forwarded(router, "GET", "/domains", LIST_DOMAINS, scope="domain:read")
def list_domains(query: Annotated[ListParameters, Query()]) -> DomainQuery:
    """The organization's domains, newest first."""
    return query.to(DomainQuery)


@forwarded(router, "GET", "/domains/{domain_id}", GET_DOMAIN, scope="domain:read")
def read(domain_id: DomainId) -> DomainRef:
    """One domain with its state and the remaining problem, as of its last check."""
    return DomainRef(domain_id=domain_id)


@forwarded(
    router,
    "POST",
    "/domains",
    REGISTER_DOMAIN,
    scope="domain:create",
    effect=Effect.BOTH_MODES,
    action="domain.register",
    status=201,
)
async def register(body: DomainIn, attempt: Attempt, actor: ActorIn, deps: DepsIn) -> RegisterDomain:
    """Register a domain for a site; point its CNAME to ``cnameTarget``, then verify it."""
    if await deps.tenancy.sites.existing(actor.organization_id, body.site_id) is None:
        raise not_found("site")
    return RegisterDomain(domain_id=attempt.object_id, site_id=body.site_id, name=body.name)


@forwarded(
    router,
    "DELETE",
    "/domains/{domain_id}",
    REMOVE_DOMAIN,
    scope="domain:delete",
    effect=Effect.BOTH_MODES,
    action="domain.remove",
    status=204,
)
def remove(domain_id: DomainId) -> DomainRef:
    """Remove a domain; its certificate is not renewed."""
    return DomainRef(domain_id=domain_id)
