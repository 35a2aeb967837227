"""Routes of pages: the session's cookies, requests of other sites, and refusals as pages."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from admin_api.console.admission import ChoiceNeeded
from admin_api.console.api import Refused
from admin_api.console.rendering import ASSETS_PATH, Page, address_of, render
from admin_api.console.translations import N_
from admin_api.console.visitor import (
    SignInNeeded,
    Visitor,
    forget_tokens,
    keep_tokens,
    known_visitor,
    renewed_tokens,
    visitor_of,
)
from admin_api.edge.dependencies import deps_of
from admin_api.shared.errors import foreign_origin, not_found
from gateway_contracts.ids import is_object_id
from gateway_kit.context import request_id
from gateway_kit.http.media_types import FORM, has_media_type
from gateway_kit.http.problems import Problem
from gateway_kit.http.routing import FormRoute, Router

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
SIGN_IN: Final = "/sign-in"
CHOOSE: Final = "/organizations"
_SAFE: Final = frozenset({"GET", "HEAD"})
_API: Final = "/api/"
_NO_PAGES: Final = (_API, "/internal/", "/health", ASSETS_PATH)


class PageRoute(FormRoute):
    """A page or a form of one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """None for a path of the API: an unknown one is 404, not a page that takes another method."""
        if scope["path"].startswith(_API):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Handler:
        """The handler behind the checks that all pages share."""
        handle = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                require_own_page(request)
                response = await handle(request)
            except SignInNeeded:
                response = _sign_in(request)
            except ChoiceNeeded:
                response = see_other(CHOOSE)
            except Refused as exc:
                response = _refused_page(request, exc.answer.status, exc.answer.data)
            if tokens := renewed_tokens(request):
                keep_tokens(response, tokens)
            return response

        return page


def page_problem(request: Request, problem: Problem) -> Response | None:
    """Errors of pages as pages; the API and the ceremonies of passkeys keep their JSON."""
    is_form = has_media_type(request.headers, FORM)
    if request.url.path.startswith(_NO_PAGES) or (request.method not in _SAFE and not is_form):
        return None
    response = _refused_page(request, problem.status, problem.body())
    if tokens := renewed_tokens(request):
        keep_tokens(response, tokens)
    return response


def page_router() -> Router:
    """A router of pages; they are no part of the public API."""
    return Router(route_class=PageRoute, include_in_schema=False)


VisitorIn = Annotated[Visitor, Depends(visitor_of)]


def object_id(object_id: str) -> str:
    """The id in the path.

    Raises:
        NotFound: not the form of an id.
    """
    if not is_object_id(object_id):
        raise not_found("object")
    return object_id


ObjectIdIn = Annotated[str, Depends(object_id)]


def see_other(path: str, **query: str) -> RedirectResponse:
    """Lead the browser to a page after a form; ``path`` may have a query of its own."""
    more = ("&" if "?" in path else "?") + urlencode(query) if query else ""
    return RedirectResponse(path + more, status_code=303)


def require_own_page(request: Request) -> None:
    """Refuse forms of other sites.

    Raises:
        Forbidden: the browser names another origin, or none.
    """
    if request.method not in _SAFE and request.headers.get("origin") != deps_of(request).origins.admin_frontend:
        raise foreign_origin()


def _sign_in(request: Request) -> Response:
    back = address_of(request) if request.method in _SAFE else "/"
    response = see_other(SIGN_IN, **({"next": back} if back != "/" else {}))
    forget_tokens(response)
    return response


def _refused_page(request: Request, status: int, problem: dict[str, Any]) -> Response:
    visitor = known_visitor(request)
    may_pass = status in _PASSING and request.method in _SAFE
    values = {
        "problem": problem,
        "request_id": problem.get("requestId") or request_id.get(),
        "again": address_of(request) if may_pass else None,
    }
    return render(Page("refused.html", _TITLES.get(status, N_("Not possible")), visitor, values, status), request)


_PASSING: Final = frozenset({429, 503, 504})
"""What may be gone at the next try."""
_TITLES: Final = {
    401: N_("Sign in again"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    503: N_("Not available at the moment"),
}
