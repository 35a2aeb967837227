"""Dependencies of routes: the caller, the page and the ports."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import HTTPBearer

from admin_api.edge.key_look_ups import BucketLookUps
from admin_api.edge.ports import AllPorts
from admin_api.events.ports import Events
from admin_api.operations.ports import Operations
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.authenticate_session import Selection, actor_of_session, find_session, is_access_token
from admin_api.shared.domain.audit import client_address
from admin_api.shared.domain.effects import Effect, require_mode
from admin_api.shared.domain.idempotency import Record
from admin_api.shared.domain.refusal import Refusals
from admin_api.shared.domain.roles import lowest_role, require_role
from admin_api.shared.errors import credential_changed, not_found, organization_key_required, system_key_required
from admin_api.shared.use_cases.verify_audit import ChainChecks
from admin_api.tenancy.domain.key_memory import KeyMemory
from admin_api.tenancy.use_cases.authenticate import authenticate
from gateway_contracts.actor import Actor, Role
from gateway_contracts.config import DomainConfig
from gateway_contracts.documents import Documents
from gateway_contracts.fields import QueryMoment
from gateway_contracts.ids import is_object_id
from gateway_contracts.limits import PAGE_LIMIT_DEFAULT
from gateway_contracts.list_filters import PageLimit, PageNumber
from gateway_contracts.rpc import Rpc
from gateway_kit.health import Health
from gateway_kit.http.bodies import CALLER_KEY
from gateway_kit.http.rate_limit import KEY_POLICY, admit
from gateway_kit.limits.buckets import Buckets
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.pages import PageRequest


@dataclass(frozen=True)
class Origins:
    """Public addresses, for links in answers."""

    main_frontend: str
    main_backend: str
    admin_frontend: str


@dataclass(frozen=True)
class Deps:
    """Everything that routes use; made once, in the composition root."""

    tenancy: AllPorts
    rpc: Rpc
    documents: Documents
    idempotency: GlobalStore[Record]
    domain_config: Callable[[str], DomainConfig | None]
    health: Health
    origins: Origins
    is_development: bool
    pause: Callable[[float], Awaitable[None]]
    sessions: SessionAccess
    limits: Buckets
    look_ups: BucketLookUps
    events: Events
    operations: Operations
    trace_viewer: str | None = None
    """Address of a trace in the installation's own viewer, with ``{traceId}``."""
    refusals: Refusals = field(default_factory=Refusals)
    key_memory: KeyMemory = field(default_factory=KeyMemory)
    chain_checks: ChainChecks = field(default_factory=ChainChecks)


def deps_of(request: Request) -> Deps:
    """The ports of this application."""
    deps: Deps = request.app.state.deps
    return deps


DepsIn = Annotated[Deps, Depends(deps_of)]

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="`sk_test_…`, `sk_live_…` of an organization, `sk_sys_…`, or a person's access token.",
)
SELECTED_ORGANIZATION = "selectedOrganization"
"""The cookie that names a person's organization where the path does not."""
MODE = "gateway-mode"
"""The header that says which data a person means, ``live`` (the default) or ``test``; keys have their own mode."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ACTOR = "gateway.actor"
MODE_COOKIE = "selectedMode"
"""The same as a cookie."""


async def current_actor(request: Request, _documented: Annotated[object, Security(bearer)]) -> Actor:
    """The authenticated caller of the request.

    Raises:
        Unauthenticated: no valid key, no valid access token.
        Forbidden: a key that may not be used from this address.
        RateLimited: too many requests of this key or person.
    """
    return await identified_actor(request)


async def identified_actor(request: Request) -> Actor:
    """As `current_actor`, found once for each request; the body counts for their organization from now on."""
    found: Actor | None = request.scope.get(_ACTOR)
    if found is None:
        found = request.scope[_ACTOR] = await _actor(request)
        request.scope[CALLER_KEY] = found.organization_id or found.subject_id
    return found


async def recheck_actor(request: Request, actor: Actor, scope: str) -> None:
    """Authenticate the caller of a request that takes long once more; that counts for no limit.

    Raises:
        Unauthenticated: the key or the session is over.
        Forbidden: its scopes have changed, or it acts for another organization, mode or site.
    """
    authorization = request.headers.get("authorization")
    if is_access_token(authorization):
        session = await find_session(authorization, access=deps_of(request).sessions)
        again = await actor_of_session(session, _selection(request), access=deps_of(request).sessions)
    else:
        again = await _actor_of_key(request)
    again.require(scope)
    if _reach(again) != _reach(actor):
        raise credential_changed()


def _reach(actor: Actor) -> tuple[str, bool, str | None, frozenset[str]]:
    return actor.organization_id, actor.livemode, actor.site_id, frozenset(actor.scopes)


async def _actor(request: Request) -> Actor:
    deps = deps_of(request)
    client_address.set(_address(request))
    authorization = request.headers.get("authorization")
    if is_access_token(authorization):
        session = await find_session(authorization, access=deps.sessions)
        admit(deps.limits, KEY_POLICY, session.person_id, request.scope)
        return await actor_of_session(session, _selection(request), access=deps.sessions)
    actor = await _actor_of_key(request)
    admit(deps.limits, KEY_POLICY, actor.subject_id, request.scope)
    return actor


def _address(request: Request) -> str:
    """The trusted proxy's word, or the peer itself: put there by the edge."""
    return request.client.host if request.client else ""


async def _actor_of_key(request: Request) -> Actor:
    deps = deps_of(request)
    return await authenticate(
        request.headers.get("authorization"),
        address=_address(request),
        keys=deps.tenancy.api_keys,
        keyring=deps.tenancy.keyring,
        clock=deps.tenancy.clock,
        refusals=deps.refusals,
        memory=deps.key_memory,
        look_ups=deps.look_ups,
    )


def _selection(request: Request) -> Selection:
    named = request.path_params.get("organization_id") or request.cookies.get(SELECTED_ORGANIZATION, "")
    mode = request.headers.get(MODE) or request.cookies.get(MODE_COOKIE)
    return Selection(organization_id=named if is_object_id(named) else None, livemode=mode != "test")


Check = TypeVar("Check", bound=Callable[..., Awaitable[Actor]])
ActorIn = Annotated[Actor, Depends(current_actor)]


def requires(
    scope: str, *, role: Role | None = None, effect: Effect | None = None
) -> Callable[[Actor, Request], Awaitable[Actor]]:
    """A caller within an organization, with that scope and at least that role.

    ``effect`` is what mutating routes change; one that declares none is refused to test keys.
    """

    async def check(actor: ActorIn, request: Request) -> Actor:
        if not actor.organization_id:
            raise organization_key_required()
        return _checked(actor, scope, role, effect, request)

    return _documented(check, scope, role, effect)


def of_system(scope: str) -> Callable[[Actor, Request], Awaitable[Actor]]:
    """Require a system key or an operator, with that scope."""

    async def check(actor: ActorIn, request: Request) -> Actor:
        if actor.role != "global":
            raise system_key_required()
        return _checked(actor, scope, None, None, request)

    return _documented(check, scope, "global", None)


def of_organization(
    scope: str, *, role: Role | None = None, effect: Effect | None = None
) -> Callable[[str, Actor, Request], Awaitable[Actor]]:
    """A caller who may act on the organization of the path: its own keys and people, or who runs the installation."""

    async def check(organization_id: str, actor: ActorIn, request: Request) -> Actor:
        if not is_object_id(organization_id):
            raise not_found("organization")
        if actor.role != "global" and actor.organization_id != organization_id:
            raise not_found("organization")
        return _checked(actor, scope, role, effect, request)

    return _documented(check, scope, role, effect)


def _checked(actor: Actor, scope: str, role: Role | None, effect: Effect | None, request: Request) -> Actor:
    actor.require(scope)
    if role is not None:
        require_role(actor, role)
    if request.method not in _SAFE_METHODS:
        require_mode(actor, effect or Effect.BOTH_MODES)
    return actor


def _documented(check: Check, scope: str, role: Role | None, effect: Effect | None) -> Check:
    """Leave the scope, the least role and the effect where the OpenAPI document finds them."""
    check.effect = effect  # type: ignore[attr-defined]  # functions take attributes; nothing else carries one so plainly
    check.scope = scope  # type: ignore[attr-defined]  # the same
    check.role = role or lowest_role(scope)  # type: ignore[attr-defined]  # the same
    return check


def known_id(kind: str) -> Callable[[str, Actor], str]:
    """The id of that kind in the path; a malformed one cannot exist. Who asks is known first."""
    parameter = Path(alias=f"{kind.replace(' ', '_')}_id", description="24 hex digits.")

    def check(text: Annotated[str, parameter], _actor: ActorIn) -> str:
        if not is_object_id(text):
            raise not_found(kind)
        return text

    return check


def page_request(
    *,
    page: Annotated[PageNumber, Query()] = 1,
    limit: Annotated[PageLimit, Query()] = PAGE_LIMIT_DEFAULT,
    cursor: Annotated[
        str | None, Query(max_length=500, description="`nextCursor` of the previous page. Use it instead of `page`.")
    ] = None,
    from_: Annotated[QueryMoment | None, Query(alias="from", description="Created at or after.")] = None,
    to: Annotated[QueryMoment | None, Query(description="Created before.")] = None,
) -> PageRequest:
    """
    Raises:
        Unreadable: deeper than pages go, or a cursor that is not ours.
    """
    return PageRequest(page, limit, cursor, from_, to)


PageIn = Annotated[PageRequest, Depends(page_request)]
