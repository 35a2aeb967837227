"""``/auth``: sign in with a passkey, stay signed in, sign out."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from admin_api.edge.dependencies import DepsIn
from admin_api.edge.routing import new_router
from admin_api.edge.session import SessionIn
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.authenticate_session import find_session, is_access_token
from admin_api.people.use_cases.end_session import end_own_session, end_session
from admin_api.people.use_cases.list_sessions import list_sessions
from admin_api.people.use_cases.refresh_session import find_session_of, refresh_session
from admin_api.people.use_cases.register_passkey import Applicant, begin_registration, finish_registration
from admin_api.people.use_cases.sign_in_with_passkey import begin_sign_in, finish_sign_in
from admin_api.people.web.schemas.sessions import (
    AuthenticateIn,
    CeremonyView,
    LoginCheckView,
    LogoutIn,
    OpenSessionListView,
    OpenSessionView,
    RegisterCompleteIn,
    RegisterIn,
    SessionView,
)
from admin_api.people.web.session_dependencies import (
    REFRESH_COOKIE,
    AccessIn,
    clear_refresh_cookie,
    client_of,
    own_page,
    person_view,
    refreshing_page,
    session_view,
)
from admin_api.shared.domain.refusal import SIGN_IN, Refusal
from admin_api.shared.errors import not_found
from gateway_contracts.errors import Unauthenticated
from gateway_contracts.ids import is_object_id

router = new_router(prefix="/auth", tags=["sessions"])
SessionId = Annotated[str, Path(description="24 hex digits.")]
_open = [Depends(own_page)]


@router.post("", response_model=CeremonyView, dependencies=_open)
async def begin(access: AccessIn) -> CeremonyView:
    """Start a sign-in: a challenge for any passkey of this installation."""
    ceremony, options = await begin_sign_in(access=access)
    return CeremonyView(ceremony_id=ceremony.id, public_key=options)


@router.post("/authenticate-complete", response_model=SessionView, dependencies=_open)
async def complete(body: AuthenticateIn, response: Response, access: AccessIn, deps: DepsIn) -> SessionView:
    """Complete the sign-in: an access token, and a refresh token in a cookie."""
    try:
        signed_in = await finish_sign_in(body.ceremony_id, body.credential, access=access)
    except Unauthenticated:
        deps.refusals.note(Refusal(SIGN_IN))
        raise
    return await session_view(signed_in, response, access)


@router.post("/register", response_model=CeremonyView, dependencies=_open)
async def register(body: RegisterIn, access: AccessIn) -> CeremonyView:
    """Start the registration of the first passkey with a bootstrap token or an invitation."""
    applicant = Applicant(token=body.token, email=body.email, name=body.name)
    ceremony, options = await begin_registration(applicant, access=access)
    return CeremonyView(ceremony_id=ceremony.id, public_key=options)


@router.post("/register-complete", status_code=201, response_model=SessionView, dependencies=_open)
async def register_complete(body: RegisterCompleteIn, response: Response, access: AccessIn) -> SessionView:
    """Register the passkey and sign in; the token is used up."""
    made = await finish_registration(body.ceremony_id, body.token, body.credential, body.label, access=access)
    return await session_view(made, response, access)


@router.post("/refresh-token", response_model=SessionView, dependencies=[Depends(refreshing_page)])
async def refresh(request: Request, response: Response, access: AccessIn) -> SessionView:
    """Exchange the refresh token of the cookie for a new access token; the cookie is replaced.

    Requests of one browser within ten seconds get the same refresh token, so tabs may refresh at once. Any other second
    use of a refresh token ends its session.
    """
    text = request.cookies.get(REFRESH_COOKIE)
    signed_in = await refresh_session(text, client=client_of(request), access=access)
    return await session_view(signed_in, response, access)


@router.post("/logout", status_code=204, dependencies=_open)
async def logout(request: Request, access: AccessIn, body: LogoutIn | None = None) -> Response:
    """End this session, or all sessions of the user. Succeeds without a session too."""
    whose = await _whose(request, access)
    if whose is not None:
        await end_session(*whose, is_everywhere=(body or LogoutIn(everywhere=False)).everywhere, access=access)
    response = Response(status_code=204)
    clear_refresh_cookie(response)
    return response


@router.get("/login/check", response_model=LoginCheckView)
async def check(session: SessionIn, access: AccessIn) -> LoginCheckView:
    """Check the access token and return its user."""
    person = await person_view(session, access)
    return LoginCheckView(valid=True, session_expires_at=session.expires_at, person=person)


@router.get("/sessions", response_model=OpenSessionListView)
async def list_own(session: SessionIn, access: AccessIn) -> OpenSessionListView:
    """Open sessions of the user, including this one."""
    found = await list_sessions(session.person_id, access=access)
    return OpenSessionListView(
        sessions=[
            OpenSessionView(**vars(item), is_current=item.id == session.id, last_used_at=item.used_at) for item in found
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204)
async def end_one(session_id: SessionId, session: SessionIn, access: AccessIn) -> Response:
    """End one session of the user; its access token is refused from the next request on."""
    if not is_object_id(session_id):
        raise not_found("session")
    await end_own_session(session.person_id, session_id, access=access)
    response = Response(status_code=204)
    if session_id == session.id:
        clear_refresh_cookie(response)
    return response


async def _whose(request: Request, access: SessionAccess) -> tuple[str, str] | None:
    """Person and session, by the access token or by the cookie; a stale one of either still may sign out."""
    authorization = request.headers.get("authorization")
    try:
        if is_access_token(authorization):
            session = await find_session(authorization, access=access)
        else:
            token, session = await find_session_of(request.cookies.get(REFRESH_COOKIE), access=access)
            if token.sequence != session.sequence or not session.is_alive(access.tenancy.clock.now()):
                return None
    except Unauthenticated:
        return None
    return session.person_id, session.id
