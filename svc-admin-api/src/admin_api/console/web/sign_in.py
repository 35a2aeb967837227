"""Sign in with a passkey, register with a one-time link, sign out."""

import re
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from starlette.responses import JSONResponse, Response

from admin_api.console.api import Answer, Api, Refused, Verb
from admin_api.console.rendering import Page, render
from admin_api.console.routing import SIGN_IN, VisitorIn, page_router, require_own_page, see_other
from admin_api.console.translations import N_
from admin_api.console.visitor import SESSION_COOKIE, Tokens, forget_visitor, keep_tokens
from admin_api.edge.routing import new_router
from admin_api.people.web.schemas.sessions import AuthenticateIn, RegisterCompleteIn, RegisterIn
from admin_api.people.web.session_dependencies import REFRESH_COOKIE
from gateway_kit.http.routing import Router

router = page_router()
# What the page's script sends is JSON. The API behind it counts attempts by address.
ceremonies: Router = new_router(include_in_schema=False, dependencies=[Depends(require_own_page)])
_ADDRESS_CHARS: Final = 2_000
_OWN_ADDRESS: Final = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9/_-]*)?(?:\?[A-Za-z0-9._~!$'()*+,;:@/?%=&-]*)?")
Next = Annotated[str, Query(alias="next")]


@router.get(SIGN_IN)
async def show_sign_in(request: Request, back: Next = "/") -> Response:
    """The page with one button."""
    return render(Page("sign_in.html", N_("Sign in"), values={"next": own_address(back)}), request)


@router.get("/register")
async def show_registration(request: Request) -> Response:
    """The page behind a one-time link: of the first operator, or an invitation.

    The link has its token in the fragment, which browsers do not send: no log on the way has it.
    """
    return render(Page("register.html", N_("Create your passkey")), request)


@router.post("/sign-out")
async def sign_out(request: Request, visitor: VisitorIn) -> Response:
    """End the session and forget its cookies."""
    cookies = {REFRESH_COOKIE: request.cookies.get(SESSION_COOKIE, "")}
    answer = await visitor.api.ask("POST", "/auth/logout", body={}, cookies=cookies)
    if not answer.is_ok:
        raise Refused(answer)
    response = see_other(SIGN_IN)
    forget_visitor(request, response)
    return response


@ceremonies.post("/sign-in/complete")
async def complete(request: Request, body: AuthenticateIn) -> Response:
    """The authenticator's answer: a session in cookies that no script sees."""
    return await _begun(request, "POST", "/auth/authenticate-complete", body.model_dump(by_alias=True))


@ceremonies.post("/register/begin")
async def begin_registration(request: Request, body: RegisterIn) -> Response:
    """Options for a new passkey."""
    sent = body.model_dump(by_alias=True, exclude_none=True)
    answer = await Api(request).ask("POST", "/auth/register", body=sent)
    return JSONResponse(answer.data, status_code=answer.status)


@ceremonies.post("/register/complete")
async def complete_registration(request: Request, body: RegisterCompleteIn) -> Response:
    """The new passkey, and a session."""
    sent = body.model_dump(by_alias=True, exclude_none=True)
    return await _begun(request, "POST", "/auth/register-complete", sent)


def own_address(text: str) -> str:
    """A page of the console to go back to, with its query; anything else leads to the first page."""
    return text if len(text) <= _ADDRESS_CHARS and _OWN_ADDRESS.fullmatch(text) else "/"


async def _begun(request: Request, verb: Verb, path: str, body: dict[str, Any]) -> Response:
    answer: Answer = await Api(request).ask(verb, path, body=body)
    if not answer.is_ok:
        return JSONResponse(answer.data, status_code=answer.status)
    response = JSONResponse({"next": "/"})
    keep_tokens(response, Tokens.of(answer))
    return response
