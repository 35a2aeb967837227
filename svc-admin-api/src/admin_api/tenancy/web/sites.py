"""Storefronts."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import Deps, DepsIn, PageIn, known_id, requires
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.shared.web.schemas.urls import check_https
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.create_site import NewSite, create_site
from admin_api.tenancy.use_cases.delete_site import delete_site
from admin_api.tenancy.use_cases.regenerate_webhook_secret import regenerate_webhook_secret
from admin_api.tenancy.use_cases.update_site import update_site
from admin_api.tenancy.web.schemas.tenancy import (
    RegenerateIn,
    SiteCreatedView,
    SiteIn,
    SiteListView,
    SitePatch,
    SitePut,
    SiteView,
    WebhookSecretView,
)
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.config import SiteConfig
from gateway_contracts.list_filters import IdFilter
from gateway_kit.crypto.config_secrets import ipn_secrets

router = new_router(tags=["sites"])
SiteId = Annotated[str, Depends(known_id("site"))]
Reader = Annotated[Actor, Depends(requires("site:read"))]
Creator = Annotated[Actor, Depends(requires("site:create", effect=Effect.TEST_PART))]
Updater = Annotated[Actor, Depends(requires("site:update", effect=Effect.TEST_PART))]
Regenerator = Annotated[Actor, Depends(requires("site:update", effect=Effect.OWN_MODE))]
Deleter = Annotated[Actor, Depends(requires("site:delete", effect=Effect.BOTH_MODES))]


@router.get("/sites", response_model=SiteListView)
async def list_sites(
    actor: Reader,
    deps: DepsIn,
    request: PageIn,
    name: Annotated[str | None, Query(max_length=200, description="Only rows with this name.")] = None,
    provider_id: Annotated[
        IdFilter | None,
        Query(alias="providerId", description="Only sites that offer this provider."),
    ] = None,
) -> SiteListView:
    """The organization's sites, newest first."""
    given = {"name": name, "providerIds": provider_id}
    fields = {field: value for field, value in given.items() if value is not None}
    page = await deps.tenancy.sites.listed(Scope(actor.organization_id), request, fields)
    return SiteListView(sites=[SiteView.of(kept) for kept in page.rows], **page.facts(request))


@router.get("/sites/{site_id}", response_model=SiteView)
async def read(site_id: SiteId, actor: Reader, deps: DepsIn) -> SiteView:
    """One site."""
    kept = await deps.tenancy.sites.existing(actor.organization_id, site_id)
    if kept is None:
        raise not_found("site")
    return SiteView.of(kept)


@router.post("/sites", status_code=201, response_model=SiteCreatedView)
async def create(body: SiteIn, actor: Creator, mutation: MutationIn) -> Response:
    """Create a site. Only this answer holds the notification secret of this key's mode."""
    check_https({"branding.logo": body.branding.logo}, is_http_allowed=mutation.deps.is_development)

    async def execute(attempt: Attempt) -> SiteCreatedView:
        command = NewSite(
            name=body.name,
            branding=body.branding.model_dump(by_alias=True, exclude_none=True),
            provider_ids=tuple(body.provider_ids),
            default_provider_id=body.default_provider_id,
            ipn_version=body.ipn_version,
            settings=body.settings.model_dump(by_alias=True, exclude_none=True),
        )
        tenancy = mutation.deps.tenancy
        kept = await create_site(command, actor=actor, attempt=attempt, tenancy=tenancy)
        return _with_secret(kept, actor, tenancy)

    return await mutation.run(actor, execute, has_secret=True)


@router.put("/sites/{site_id}", response_model=SiteView)
async def replace(site_id: SiteId, body: SitePut, actor: Updater, deps: DepsIn) -> SiteView:
    """Replace all fields of a site; fields that are not given get their defaults."""
    return await _update(site_id, body, actor, deps)


@router.patch("/sites/{site_id}", response_model=SiteView)
async def update(site_id: SiteId, body: SitePatch, actor: Updater, deps: DepsIn) -> SiteView:
    """Change a site; fields that are not given stay."""
    return await _update(site_id, body, actor, deps)


async def _update(site_id: str, body: SitePut | SitePatch, actor: Actor, deps: Deps) -> SiteView:
    if body.branding is not None:
        check_https({"branding.logo": body.branding.logo}, is_http_allowed=deps.is_development)
    kept = await update_site(site_id, body.changes(), merges=body.MERGES, actor=actor, tenancy=deps.tenancy)
    return SiteView.of(kept)


@router.delete("/sites/{site_id}", status_code=204)
async def delete(site_id: SiteId, actor: Deleter, deps: DepsIn) -> Response:
    """Close a site: new checkouts are refused."""
    await delete_site(site_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.post("/sites/{site_id}/webhook-secret/regenerate", response_model=WebhookSecretView)
async def regenerate(
    site_id: SiteId, actor: Regenerator, mutation: MutationIn, body: RegenerateIn | None = None
) -> Response:
    """Create a new notification secret for this key's mode. Only this answer holds it."""

    async def execute(attempt: Attempt) -> WebhookSecretView:
        secret = await regenerate_webhook_secret(
            site_id,
            keep_previous=(body or RegenerateIn()).keep_previous,
            actor=actor,
            attempt=attempt,
            tenancy=mutation.deps.tenancy,
        )
        return WebhookSecretView(webhook_secret=secret)

    return await mutation.run(actor, execute, status=200, has_secret=True)


def _with_secret(kept: Kept[SiteConfig], actor: Actor, tenancy: Tenancy) -> SiteCreatedView:
    secret = ipn_secrets(tenancy.keyring, kept.record, livemode=actor.livemode)[0]
    return SiteCreatedView.of(kept, webhook_secret=secret)
