"""The person in front of the console: cookies of the browser, and the session behind them."""

from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from admin_api.console.api import PREFIX, Answer, Api, Refused
from admin_api.edge.dependencies import MODE_COOKIE, SELECTED_ORGANIZATION
from admin_api.edge.needs import Needs
from admin_api.people.web.session_dependencies import REFRESH_COOKIE
from gateway_contracts.actor import Role
from gateway_contracts.ids import is_object_id

ACCESS_COOKIE: Final = "__Host-gw_console_access"
SESSION_COOKIE: Final = "__Host-gw_console_session"
"""The refresh token. Both are for the server alone: no script of the console sees a token."""
MODES: Final = ("live", "test")
_KEPT_S: Final = 365 * 24 * 3600
_VISITOR: Final = "console.visitor"


class SignInNeeded(Exception):
    """No living session."""


@dataclass(frozen=True)
class Tokens:
    """Tokens of a session as the API answered them."""

    access: str
    refresh: str
    max_age_s: int

    @classmethod
    def of(cls, answer: Answer) -> "Tokens":
        """From the answer to a sign-in, a registration or a refresh."""
        jar = SimpleCookie()
        for line in answer.headers.get_list("set-cookie"):
            jar.load(line)
        cookie = jar[REFRESH_COOKIE]
        return cls(answer.data["accessToken"], cookie.value, int(cookie["max-age"]))


@dataclass(frozen=True)
class Visitor:
    """A signed-in person and what they look at.

    Attributes:
        person: as ``/auth/login/check`` answers it.
        organization_id: the selected organization, if it is one of theirs.
        role: theirs there; ``global`` for operators of the installation.
        renewed: tokens that the browser does not have yet.
        organization_name: None where it cannot be read at the moment.
    """

    person: dict[str, Any]
    organization_id: str | None
    mode: str
    role: Role | None
    api: Api
    renewed: Tokens | None = None
    organization_name: str | None = None

    @property
    def is_operator(self) -> bool:
        """Whether they run the installation."""
        return self.role == "global"

    def may(self, verb: str, path: str) -> bool:
        """Whether the role allows an operation of the API; what it does not allow is not shown.

        Args:
            path: as the API declares it, below ``/api/v1``: ``/transactions/{transaction_id}/refunds``.

        Raises:
            KeyError: there is no such operation.
        """
        needs: Needs = self.api.request.app.state.needs
        return needs[PREFIX + path, verb.lower()].is_met_by(self.role)


async def visitor_of(request: Request) -> Visitor:
    """The visitor, found once for each request.

    Raises:
        SignInNeeded: no session, or it is over.
    """
    found = known_visitor(request)
    if found is None:
        found = request.scope[_VISITOR] = await _find(request)
    return found


def known_visitor(request: Request) -> Visitor | None:
    """The visitor, if `visitor_of` has found one for this request."""
    found: Visitor | None = request.scope.get(_VISITOR)
    return found


def forget_visitor(request: Request, response: Response) -> None:
    """End the visit: the browser keeps no token, and gets none that was renewed meanwhile."""
    request.scope.pop(_VISITOR, None)
    forget_tokens(response)


def renewed_tokens(request: Request) -> Tokens | None:
    """Tokens that the answer to this request has to bring to the browser."""
    found = known_visitor(request)
    return None if found is None else found.renewed


def keep_tokens(response: Response, tokens: Tokens) -> None:
    """Write the session's cookies."""
    for name, value in ((ACCESS_COOKIE, tokens.access), (SESSION_COOKIE, tokens.refresh)):
        response.set_cookie(name, value, max_age=tokens.max_age_s, path="/", secure=True, httponly=True, samesite="lax")


def forget_tokens(response: Response) -> None:
    """Delete the session's cookies."""
    for name in (ACCESS_COOKIE, SESSION_COOKIE):
        response.set_cookie(name, "", max_age=0, path="/", secure=True, httponly=True, samesite="lax")


def remember(response: Response, name: str, value: str) -> None:
    """A choice of the visitor that is no secret."""
    response.set_cookie(name, value, max_age=_KEPT_S, path="/", secure=True, httponly=True, samesite="lax")


async def _find(request: Request) -> Visitor:
    mode = request.cookies.get(MODE_COOKIE, "live")
    mode = mode if mode in MODES else "live"
    access, renewed = request.cookies.get(ACCESS_COOKIE), None
    checked = await _checked(request, access) if access else None
    if checked is None:
        renewed = await _refreshed(request)
        access = renewed.access
        checked = await _checked(request, access)
    if checked is None:
        raise SignInNeeded
    person = checked["person"]
    organization_id, role = _selected(person["memberships"], request.cookies.get(SELECTED_ORGANIZATION))
    visitor = Visitor(person, organization_id, mode, role, Api(request, access, organization_id, mode), renewed)
    return visitor if organization_id is None else await _named(visitor)


async def _named(visitor: Visitor) -> Visitor:
    """With the name of the organization; without the organization where it does not exist any more."""
    answer = await visitor.api.ask("GET", f"/organizations/{visitor.organization_id}")
    if answer.status == 404:
        return replace(visitor, organization_id=None, api=replace(visitor.api, organization_id=None))
    return replace(visitor, organization_name=answer.data.get("name"))


async def _checked(request: Request, access_token: str) -> dict[str, Any] | None:
    """The person and their memberships; None without a living session.

    Raises:
        Refused: the session cannot be checked at the moment. It is not over because of that.
    """
    answer = await Api(request, access_token).ask("GET", "/auth/login/check")
    if answer.status == 401:
        return None
    if not answer.is_ok:
        raise Refused(answer)
    return answer.data


async def _refreshed(request: Request) -> Tokens:
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise SignInNeeded
    answer = await Api(request).ask("POST", "/auth/refresh-token", cookies={REFRESH_COOKIE: token})
    if answer.status == 401:
        raise SignInNeeded
    if not answer.is_ok:
        raise Refused(answer)
    return Tokens.of(answer)


def _selected(memberships: list[dict[str, Any]], wanted: str | None) -> tuple[str | None, Role | None]:
    """The selected organization and the role there."""
    if any(item["organizationId"] is None for item in memberships):
        return (wanted if wanted and is_object_id(wanted) else None), "global"
    chosen = next((item for item in memberships if item["organizationId"] == wanted), None)
    if chosen is None and len(memberships) == 1:
        [chosen] = memberships
    return (chosen["organizationId"], chosen["role"]) if chosen else (None, None)
