"""API keys of an organization."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from admin_api.domain.api_key import ApiKey
from admin_api.domain.idempotency import Attempt
from admin_api.errors import not_found
from admin_api.use_cases.create_api_key import NewApiKey, create_api_key
from admin_api.use_cases.revoke_api_key import revoke_api_key
from admin_api.use_cases.rotate_api_key import rotate_api_key
from admin_api.web.dependencies import DepsIn, PageIn, known_id, of_organization
from admin_api.web.mutation import MutationIn
from admin_api.web.schemas.tenancy import ApiKeyCreatedView, ApiKeyIn, ApiKeyListView, ApiKeyView, RotateIn
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden

router = APIRouter(prefix="/organizations/{organization_id}/api-keys", tags=["API keys"])
KeyId = Annotated[str, Depends(known_id("api key"))]
Reader = Annotated[Actor, Depends(of_organization("api_key:read"))]
Creator = Annotated[Actor, Depends(of_organization("api_key:create"))]
Executor = Annotated[Actor, Depends(of_organization("api_key:execute"))]


@router.get("", response_model=ApiKeyListView)
async def list_keys(organization_id: str, _actor: Reader, deps: DepsIn, wish: PageIn) -> ApiKeyListView:
    """Keys of both modes, revoked ones too, newest first."""
    page = await deps.tenancy.api_keys.page(organization_id, wish)
    return ApiKeyListView(
        api_keys=[ApiKeyView.of(key) for key in page.rows], total=page.total, page=wish.page, limit=wish.limit
    )


@router.get("/{api_key_id}", response_model=ApiKeyView)
async def read(organization_id: str, api_key_id: KeyId, _actor: Reader, deps: DepsIn) -> ApiKeyView:
    """One key, without its text."""
    key = await deps.tenancy.api_keys.find_of(organization_id, api_key_id)
    if key is None:
        raise not_found("api key")
    return ApiKeyView.of(key)


@router.post("", status_code=201, response_model=ApiKeyCreatedView)
async def create(organization_id: str, body: ApiKeyIn, actor: Creator, mutation: MutationIn) -> Response:
    """Make a key; its text is in this answer only."""
    livemode = actor.livemode if body.livemode is None else body.livemode
    if actor.kind != "system_key" and livemode != actor.livemode:
        raise Forbidden("a key makes keys of its own mode only", code="LIVEMODE_MISMATCH")

    async def execute(attempt: Attempt) -> ApiKeyCreatedView:
        command = NewApiKey(
            organization_id=organization_id, label=body.label, scopes=tuple(body.scopes), livemode=livemode
        )
        return _with_text(*await create_api_key(command, actor=actor, attempt=attempt, tenancy=mutation.deps.tenancy))

    return await mutation.run(actor, execute, has_secret=True)


@router.post("/{api_key_id}/rotate", response_model=ApiKeyCreatedView)
async def rotate(
    organization_id: str, api_key_id: KeyId, actor: Executor, mutation: MutationIn, body: RotateIn | None = None
) -> Response:
    """A new text for the same key; the old one stays valid for the overlap."""

    async def execute(attempt: Attempt) -> ApiKeyCreatedView:
        rotated = await rotate_api_key(
            organization_id,
            api_key_id,
            overlap=timedelta(hours=(body or RotateIn()).overlap_hours),
            actor=actor,
            attempt=attempt,
            tenancy=mutation.deps.tenancy,
        )
        mutation.deps.key_cache.drop(api_key_id)
        return _with_text(*rotated)

    return await mutation.run(actor, execute, status=200, has_secret=True)


@router.post("/{api_key_id}/revoke", response_model=ApiKeyView)
async def revoke(organization_id: str, api_key_id: KeyId, actor: Executor, mutation: MutationIn) -> Response:
    """End a key at once. Revoking again changes nothing."""

    async def execute(_attempt: Attempt) -> ApiKeyView:
        deps = mutation.deps
        return ApiKeyView.of(
            await revoke_api_key(organization_id, api_key_id, actor=actor, tenancy=deps.tenancy, cache=deps.key_cache)
        )

    return await mutation.run(actor, execute, status=200)


def _with_text(key: ApiKey, text: str) -> ApiKeyCreatedView:
    return ApiKeyCreatedView(**ApiKeyView.of(key).model_dump(), key=text)
