"""Keys of the installation."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, PageIn, known_id, of_system
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.domain.roles import INSTALLATION
from admin_api.tenancy.use_cases.create_api_key import NewApiKey, create_api_key
from admin_api.tenancy.use_cases.delete_api_key import delete_api_key
from admin_api.tenancy.use_cases.find_api_key import find_api_key
from admin_api.tenancy.use_cases.revoke_api_key import revoke_api_key
from admin_api.tenancy.use_cases.rotate_api_key import rotate_api_key
from admin_api.tenancy.use_cases.update_api_key import update_api_key
from admin_api.tenancy.web.schemas.api_keys import (
    ApiKeyCreatedView,
    ApiKeyListView,
    ApiKeyPatch,
    ApiKeyPut,
    ApiKeyView,
    RotateKeyIn,
    SystemKeyIn,
)
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope

router = new_router(prefix="/system", tags=["installation"])
KeyId = Annotated[str, Depends(known_id("api key"))]
KeyReader = Annotated[Actor, Depends(of_system("api_key:read"))]
KeyCreator = Annotated[Actor, Depends(of_system("api_key:create"))]
KeyUpdater = Annotated[Actor, Depends(of_system("api_key:update"))]
KeyDeleter = Annotated[Actor, Depends(of_system("api_key:delete"))]
KeyExecutor = Annotated[Actor, Depends(of_system("api_key:execute"))]


@router.get("/api-keys", response_model=ApiKeyListView)
async def list_keys(_actor: KeyReader, deps: DepsIn, request: PageIn) -> ApiKeyListView:
    """System keys, including revoked ones, newest first."""
    page = await deps.tenancy.api_keys.listed(Scope.installation(), request)
    return ApiKeyListView(api_keys=[ApiKeyView.of(key) for key in page.rows], **page.facts(request))


@router.get("/api-keys/{api_key_id}", response_model=ApiKeyView)
async def read_key(api_key_id: KeyId, actor: KeyReader, deps: DepsIn) -> ApiKeyView:
    """One system key, without its text."""
    return ApiKeyView.of(await find_api_key(INSTALLATION, api_key_id, actor=actor, tenancy=deps.tenancy))


@router.post("/api-keys", status_code=201, response_model=ApiKeyCreatedView)
async def create_key(body: SystemKeyIn, actor: KeyCreator, mutation: MutationIn) -> Response:
    """Create a system key with at most the caller's scopes. Only this answer holds its text."""

    async def execute(attempt: Attempt) -> ApiKeyCreatedView:
        command = NewApiKey(organization_id=INSTALLATION, livemode=False, **body.model_dump())
        key, text = await create_api_key(command, actor=actor, attempt=attempt, tenancy=mutation.deps.tenancy)
        return ApiKeyCreatedView.of(key, key=text)

    return await mutation.run(actor, execute, has_secret=True)


@router.put("/api-keys/{api_key_id}", response_model=ApiKeyView)
async def replace_key(api_key_id: KeyId, body: ApiKeyPut, actor: KeyUpdater, deps: DepsIn) -> ApiKeyView:
    """Replace rights, addresses and expiry of a system key."""
    key = await update_api_key(INSTALLATION, api_key_id, body.changes(), actor=actor, tenancy=deps.tenancy)
    return ApiKeyView.of(key)


@router.patch("/api-keys/{api_key_id}", response_model=ApiKeyView)
async def update_key(api_key_id: KeyId, body: ApiKeyPatch, actor: KeyUpdater, deps: DepsIn) -> ApiKeyView:
    """Change rights, addresses and expiry of a system key."""
    key = await update_api_key(INSTALLATION, api_key_id, body.changes(), actor=actor, tenancy=deps.tenancy)
    return ApiKeyView.of(key)


@router.delete("/api-keys/{api_key_id}", status_code=204)
async def delete_key(api_key_id: KeyId, actor: KeyDeleter, deps: DepsIn) -> Response:
    """Delete a system key; it is refused from the next request on."""
    await delete_api_key(INSTALLATION, api_key_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.post("/api-keys/{api_key_id}/rotate", response_model=ApiKeyCreatedView)
async def rotate_key(
    api_key_id: KeyId, actor: KeyExecutor, mutation: MutationIn, body: RotateKeyIn | None = None
) -> Response:
    """Create a new text for the same system key; the old text stays valid for `overlapHours`."""

    async def execute(attempt: Attempt) -> ApiKeyCreatedView:
        overlap = timedelta(hours=(body or RotateKeyIn()).overlap_hours)
        tenancy = mutation.deps.tenancy
        key, text = await rotate_api_key(
            INSTALLATION, api_key_id, overlap=overlap, actor=actor, attempt=attempt, tenancy=tenancy
        )
        return ApiKeyCreatedView.of(key, key=text)

    return await mutation.run(actor, execute, status=200, has_secret=True)


@router.post("/api-keys/{api_key_id}/revoke", response_model=ApiKeyView)
async def revoke_key(api_key_id: KeyId, actor: KeyExecutor, mutation: MutationIn) -> Response:
    """Revoke a system key at once. Revoking again changes nothing."""

    async def execute(_attempt: Attempt) -> ApiKeyView:
        tenancy = mutation.deps.tenancy
        return ApiKeyView.of(await revoke_api_key(INSTALLATION, api_key_id, actor=actor, tenancy=tenancy))

    return await mutation.run(actor, execute, status=200)
