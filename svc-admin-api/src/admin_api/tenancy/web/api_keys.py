"""API keys of an organization."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, PageIn, known_id, of_organization
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.use_cases.create_api_key import NewApiKey, create_api_key
from admin_api.tenancy.use_cases.delete_api_key import delete_api_key
from admin_api.tenancy.use_cases.find_api_key import find_api_key
from admin_api.tenancy.use_cases.revoke_api_key import revoke_api_key
from admin_api.tenancy.use_cases.rotate_api_key import rotate_api_key
from admin_api.tenancy.use_cases.update_api_key import update_api_key
from admin_api.tenancy.web.schemas.api_keys import (
    ApiKeyCreatedView,
    ApiKeyIn,
    ApiKeyListView,
    ApiKeyPatch,
    ApiKeyPut,
    ApiKeyView,
    RotateKeyIn,
)
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope

router = new_router(prefix="/organizations/{organization_id}/api-keys", tags=["API keys"])
KeyId = Annotated[str, Depends(known_id("api key"))]
Reader = Annotated[Actor, Depends(of_organization("api_key:read"))]
Creator = Annotated[Actor, Depends(of_organization("api_key:create", effect=Effect.OWN_MODE))]
Updater = Annotated[Actor, Depends(of_organization("api_key:update", effect=Effect.OWN_MODE))]
Deleter = Annotated[Actor, Depends(of_organization("api_key:delete", effect=Effect.OWN_MODE))]
Executor = Annotated[Actor, Depends(of_organization("api_key:execute", effect=Effect.OWN_MODE))]


@router.get("", response_model=ApiKeyListView)
async def list_keys(
    organization_id: str,
    actor: Reader,
    deps: DepsIn,
    request: PageIn,
    revoked: Annotated[bool | None, Query(description="true: only revoked keys. false: only others.")] = None,
) -> ApiKeyListView:
    """API keys, newest first. A key sees the keys of its own mode, members see all."""
    livemode = actor.livemode if actor.kind == "api_key" else None
    page = await deps.tenancy.api_keys.listed(Scope(organization_id, livemode), request, is_revoked=revoked)
    return ApiKeyListView(api_keys=[ApiKeyView.of(key) for key in page.rows], **page.facts(request))


@router.get("/{api_key_id}", response_model=ApiKeyView)
async def read(organization_id: str, api_key_id: KeyId, actor: Reader, deps: DepsIn) -> ApiKeyView:
    """One key, without its text."""
    return ApiKeyView.of(await find_api_key(organization_id, api_key_id, actor=actor, tenancy=deps.tenancy))


@router.post("", status_code=201, response_model=ApiKeyCreatedView)
async def create(organization_id: str, body: ApiKeyIn, actor: Creator, mutation: MutationIn) -> Response:
    """Create a key. Only this answer holds its text."""
    livemode = actor.livemode if body.livemode is None else body.livemode

    async def execute(attempt: Attempt) -> ApiKeyCreatedView:
        facts = body.model_dump() | {"livemode": livemode}
        command = NewApiKey(organization_id=organization_id, **facts)
        key, text = await create_api_key(command, actor=actor, attempt=attempt, tenancy=mutation.deps.tenancy)
        return ApiKeyCreatedView.of(key, key=text)

    return await mutation.run(actor, execute, has_secret=True)


@router.put("/{api_key_id}", response_model=ApiKeyView)
async def replace(organization_id: str, api_key_id: KeyId, body: ApiKeyPut, actor: Updater, deps: DepsIn) -> ApiKeyView:
    """Replace rights, addresses and expiry of a key; fields that are not given get their defaults."""
    key = await update_api_key(organization_id, api_key_id, body.changes(), actor=actor, tenancy=deps.tenancy)
    return ApiKeyView.of(key)


@router.patch("/{api_key_id}", response_model=ApiKeyView)
async def update(
    organization_id: str, api_key_id: KeyId, body: ApiKeyPatch, actor: Updater, deps: DepsIn
) -> ApiKeyView:
    """Change rights, addresses and expiry of a key; fields that are not given stay."""
    key = await update_api_key(organization_id, api_key_id, body.changes(), actor=actor, tenancy=deps.tenancy)
    return ApiKeyView.of(key)


@router.delete("/{api_key_id}", status_code=204)
async def delete(organization_id: str, api_key_id: KeyId, actor: Deleter, deps: DepsIn) -> Response:
    """Delete a key; it is refused from the next request on."""
    await delete_api_key(organization_id, api_key_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.post("/{api_key_id}/rotate", response_model=ApiKeyCreatedView)
async def rotate(
    organization_id: str, api_key_id: KeyId, actor: Executor, mutation: MutationIn, body: RotateKeyIn | None = None
) -> Response:
    """Create a new text for the same key; the old text stays valid for `overlapHours`. Needs all scopes of the key."""

    async def execute(attempt: Attempt) -> ApiKeyCreatedView:
        key, text = await rotate_api_key(
            organization_id,
            api_key_id,
            overlap=timedelta(hours=(body or RotateKeyIn()).overlap_hours),
            actor=actor,
            attempt=attempt,
            tenancy=mutation.deps.tenancy,
        )
        return ApiKeyCreatedView.of(key, key=text)

    return await mutation.run(actor, execute, status=200, has_secret=True)


@router.post("/{api_key_id}/revoke", response_model=ApiKeyView)
async def revoke(organization_id: str, api_key_id: KeyId, actor: Executor, mutation: MutationIn) -> Response:
    """Revoke a key at once: the next request with it is refused everywhere. Revoking again changes nothing."""

    async def execute(_attempt: Attempt) -> ApiKeyView:
        key = await revoke_api_key(organization_id, api_key_id, actor=actor, tenancy=mutation.deps.tenancy)
        return ApiKeyView.of(key)

    return await mutation.run(actor, execute, status=200)
