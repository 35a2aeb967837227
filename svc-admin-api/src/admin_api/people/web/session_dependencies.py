"""Dependencies of the routes of sessions, and the answer and cookies of a session."""

from typing import Annotated, Final

from fastapi import Depends, Request, Response

from admin_api.edge.dependencies import Deps, DepsIn, deps_of
from admin_api.edge.session import SessionIn
from admin_api.people.domain.session import ACCESS_LIFETIME, SESSION_LIFETIME, Session
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.invite_member import person_in_clear
from admin_api.people.use_cases.open_session import SignedIn
from admin_api.people.web.schemas.sessions import MembershipView, PersonView, SessionView
from admin_api.shared.domain.audit import client_address
from admin_api.shared.errors import foreign_origin, fresh_sign_in_required, sign_in_again
from gateway_kit.http.rate_limit import admit, subject_of
from gateway_kit.limits.buckets import Policy

REFRESH_COOKIE: Final = "__Secure-gw_refresh"
COOKIE_PATH: Final = "/api/v1/auth"
LOGIN_POLICY: Final = Policy.per_minute("login", 30)
"""Per address, for everything that needs no access token here."""
REFRESH_POLICY: Final = Policy.per_minute("refresh", 120)
"""Per address, for refreshes: each of a browser's tabs asks, and an office shares one address."""


def access_of(request: Request) -> SessionAccess:
    """The ports around sessions."""
    return deps_of(request).sessions


AccessIn = Annotated[SessionAccess, Depends(access_of)]


def own_page(request: Request, deps: DepsIn) -> None:
    """A request without an access token: counted by address, and refused from other sites' pages.

    Raises:
        RateLimited: too many from this address.
        Forbidden: a browser says that a page of another origin asks.
    """
    _check_page(request, deps, LOGIN_POLICY)


def refreshing_page(request: Request, deps: DepsIn) -> None:
    """The same for a refresh, with a limit of its own.

    Raises:
        RateLimited: too many from this address.
        Forbidden: a browser says that a page of another origin asks.
    """
    _check_page(request, deps, REFRESH_POLICY)


def _check_page(request: Request, deps: Deps, policy: Policy) -> None:
    address = request.client.host if request.client else ""
    client_address.set(address)
    admit(deps.limits, policy, subject_of(address), request.scope)
    origin = request.headers.get("origin")
    if origin is not None and origin != deps.origins.admin_frontend:
        raise foreign_origin()


def client_of(request: Request) -> str:
    """The browser as it names itself. Its address is no part of it: two tabs may come by IPv4 and IPv6."""
    return request.headers.get("user-agent", "")


async def open_session(session: SessionIn) -> Session:
    """A session that no organization's admin ended.

    Raises:
        Unauthenticated: one did.
    """
    if session.closed_to:
        raise sign_in_again()
    return session


OpenIn = Annotated[Session, Depends(open_session)]


async def fresh_session(session: OpenIn, deps: DepsIn) -> Session:
    """A session that may change how the person signs in.

    Raises:
        Unauthenticated: it began too long ago.
    """
    if not session.is_fresh(deps.tenancy.clock.now()):
        raise fresh_sign_in_required()
    return session


FreshIn = Annotated[Session, Depends(fresh_session)]


def set_refresh_cookie(response: Response, text: str) -> None:
    """The refresh token, where scripts, other sites and other paths never see it."""
    response.set_cookie(
        REFRESH_COOKIE,
        text,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path=COOKIE_PATH,
        secure=True,
        httponly=True,
        samesite="strict",
    )


def clear_refresh_cookie(response: Response) -> None:
    """Forget it.

    Without an ``Expires`` that counts from now, as `Response.delete_cookie` writes it: two refusals are equal to the
    byte, so that a forged session cannot be distinguished from a real one.
    """
    response.set_cookie(REFRESH_COOKIE, "", max_age=0, path=COOKIE_PATH, secure=True, httponly=True, samesite="strict")


async def session_view(signed_in: SignedIn, response: Response, access: SessionAccess) -> SessionView:
    """The tokens: one in the answer, one in the cookie."""
    set_refresh_cookie(response, signed_in.refresh_token)
    return SessionView(
        access_token=signed_in.access_token,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        person=await person_view(signed_in.session, access),
    )


async def person_view(session: Session, access: SessionAccess) -> PersonView:
    """The person in clear, and where they may act."""
    tenancy, person_id = access.tenancy, session.person_id
    person = await tenancy.persons.get(None, person_id)
    members = await tenancy.members.of_person(person_id)
    return PersonView(
        id=person_id,
        **person_in_clear(person, tenancy.keyring),
        memberships=[
            MembershipView(
                organization_id=member.organization_id or None,
                role=member.role,
                sign_in_again=member.organization_id in session.closed_to,
            )
            for member in members
            if member.state == "active"
        ],
    )
