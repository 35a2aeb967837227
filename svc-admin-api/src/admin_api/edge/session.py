"""The session behind an access token, for routes about the person rather than an organization."""

from typing import Annotated, Final

from fastapi import Depends, Request, Security

from admin_api.edge.dependencies import bearer, deps_of
from admin_api.people.domain.session import Session
from admin_api.people.use_cases.authenticate_session import find_session
from admin_api.shared.domain.audit import client_address
from gateway_kit.http.bodies import CALLER_KEY
from gateway_kit.http.rate_limit import KEY_POLICY, admit

_SESSION: Final = "gateway.session"


async def current_session(request: Request, _documented: Annotated[object, Security(bearer)]) -> Session:
    """The session of the access token.

    Raises:
        Unauthenticated: no valid access token.
        RateLimited: too many requests of this person.
    """
    return await identified_session(request)


async def identified_session(request: Request) -> Session:
    """As `current_session`, found once for each request; the body counts for the person from now on."""
    found: Session | None = request.scope.get(_SESSION)
    if found is None:
        deps = deps_of(request)
        client_address.set(request.client.host if request.client else "")
        found = request.scope[_SESSION] = await find_session(request.headers.get("authorization"), access=deps.sessions)
        admit(deps.limits, KEY_POLICY, found.person_id, request.scope)
        request.scope[CALLER_KEY] = found.person_id
    return found


SessionIn = Annotated[Session, Depends(current_session)]
