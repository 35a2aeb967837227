"""What routes get handed: who calls, which page, and the ports."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import HTTPBearer

from admin_api.domain.paging import LIMIT_DEFAULT, LIMIT_MAX, PageWish
from admin_api.errors import not_found, organization_key_required, system_key_required
from admin_api.ports import Documents, IdempotencyStore, KeyCache, Rpc, Tenancy
from admin_api.use_cases.authenticate import authenticate
from gateway_contracts.actor import Actor
from gateway_contracts.config import DomainConfig
from gateway_contracts.ids import is_object_id
from gateway_kit.health import Health


@dataclass(frozen=True)
class Origins:
    """Public addresses, for links in answers."""

    main_frontend: str
    main_backend: str


@dataclass(frozen=True)
class Deps:
    """Everything that routes use; made once, in the composition root."""

    tenancy: Tenancy
    rpc: Rpc
    documents: Documents
    idempotency: IdempotencyStore
    key_cache: KeyCache
    domain_config: Callable[[str], DomainConfig | None]
    health: Health
    origins: Origins
    is_development: bool
    pause: Callable[[float], Awaitable[None]]


def deps_of(request: Request) -> Deps:
    """The ports of this application."""
    deps: Deps = request.app.state.deps
    return deps


DepsIn = Annotated[Deps, Depends(deps_of)]

_bearer = HTTPBearer(
    auto_error=False, scheme_name="API key", description="`sk_test_…`, `sk_live_…` of an organization, or `sk_sys_…`."
)


async def current_actor(request: Request, _documented: Annotated[object, Security(_bearer)]) -> Actor:
    """Who calls.

    Raises:
        Unauthenticated: no valid key.
    """
    deps = deps_of(request)
    return await authenticate(
        request.headers.get("authorization"),
        keys=deps.tenancy.api_keys,
        cache=deps.key_cache,
        keyring=deps.tenancy.keyring,
        clock=deps.tenancy.clock,
    )


Check = TypeVar("Check", bound=Callable[..., Awaitable[Actor]])
ActorIn = Annotated[Actor, Depends(current_actor)]


def requires(scope: str) -> Callable[[Actor], Awaitable[Actor]]:
    """A key of an organization with that scope."""

    async def check(actor: ActorIn) -> Actor:
        if actor.kind == "system_key":
            raise organization_key_required()
        actor.require(scope)
        return actor

    return _documented(check, scope)


async def system_actor(actor: ActorIn) -> Actor:
    """A system key.

    Raises:
        Forbidden: the key belongs to an organization.
    """
    if actor.kind != "system_key":
        raise system_key_required()
    return actor


def of_organization(scope: str) -> Callable[[str, Actor], Awaitable[Actor]]:
    """Whoever may act on the organization of the path: its own keys with that scope, or a system key."""

    async def check(organization_id: str, actor: ActorIn) -> Actor:
        if not is_object_id(organization_id):
            raise not_found("organization")
        if actor.kind != "system_key" and actor.organization_id != organization_id:
            raise not_found("organization")
        actor.require(scope)
        return actor

    return _documented(check, scope)


def _documented(check: Check, scope: str) -> Check:
    """Leave the scope where the OpenAPI document finds it."""
    check.scope = scope  # type: ignore[attr-defined]  # functions take attributes; nothing else carries one so plainly
    return check


def known_id(kind: str) -> Callable[[str], str]:
    """The id of that kind in the path; a malformed one cannot exist."""
    parameter = Path(alias=f"{kind.replace(' ', '_')}_id", description="24 hex digits.")

    def check(text: Annotated[str, parameter]) -> str:
        if not is_object_id(text):
            raise not_found(kind)
        return text

    return check


def page_wish(
    page: Annotated[int, Query(ge=1, description="From 1.")] = 1,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
) -> PageWish:
    """
    Raises:
        Unreadable: deeper than pages go.
    """
    return PageWish(page, limit)


PageIn = Annotated[PageWish, Depends(page_wish)]
