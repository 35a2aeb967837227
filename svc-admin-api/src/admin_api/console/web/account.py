"""A person's own account: passkeys, sessions, invitations."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import JSONResponse, Response

from admin_api.console.admission import FormIn
from admin_api.console.api import Refused
from admin_api.console.forms.account import OWN_FORMS, PASSKEY_FORMS, SESSION_FORMS
from admin_api.console.forms.fields import Unfit, place_errors, texts_of
from admin_api.console.forms.form import INPUTS_MAX, Form, carry_out
from admin_api.console.rendering import Page, render
from admin_api.console.routing import SIGN_IN, VisitorIn, page_router, require_own_page, see_other
from admin_api.console.translations import N_
from admin_api.console.visitor import (
    SESSION_COOKIE,
    SignInNeeded,
    Visitor,
    forget_visitor,
    keep_tokens,
    renewed_tokens,
    visitor_of,
)
from admin_api.console.web.objects import SegmentIn
from admin_api.edge.routing import new_router
from admin_api.people.web.session_dependencies import REFRESH_COOKIE
from gateway_kit.http.routing import Router
from gateway_kit.pages.forms import form_fields

router = page_router()
ceremonies: Router = new_router(include_in_schema=False, dependencies=[Depends(require_own_page)])
_ADDRESS: Final = "/account"
OwnFormIn = Annotated[Form, Depends(FormIn(OWN_FORMS, is_own=True))]
PasskeyFormIn = Annotated[Form, Depends(FormIn(PASSKEY_FORMS, is_own=True))]
SessionFormIn = Annotated[Form, Depends(FormIn(SESSION_FORMS, is_own=True))]


@router.get(_ADDRESS)
async def show(request: Request, visitor: VisitorIn) -> Response:
    """The account."""
    return render(await _page(visitor), request)


@router.post(_ADDRESS + "/sign-out-everywhere")
async def sign_out_everywhere(request: Request, visitor: VisitorIn) -> Response:
    """End all sessions of the person, this one too."""
    cookies = {REFRESH_COOKIE: request.cookies.get(SESSION_COOKIE, "")}
    answer = await visitor.api.ask("POST", "/auth/logout", body={"everywhere": True}, cookies=cookies)
    if not answer.is_ok:
        raise Refused(answer)
    response = see_other(SIGN_IN)
    forget_visitor(request, response)
    return response


@router.post(_ADDRESS + "/{form_slug}")
async def act(form: OwnFormIn, request: Request, visitor: VisitorIn) -> Response:
    """Carry out a form of the account."""
    return await _carried_out(form, "", request, visitor)


@router.post(_ADDRESS + "/passkeys/{object_id}/{form_slug}")
async def change_passkey(object_id: SegmentIn, form: PasskeyFormIn, request: Request, visitor: VisitorIn) -> Response:
    """Carry out a form of a passkey."""
    return await _carried_out(form, object_id, request, visitor)


@router.post(_ADDRESS + "/sessions/{object_id}/{form_slug}")
async def change_session(object_id: SegmentIn, form: SessionFormIn, request: Request, visitor: VisitorIn) -> Response:
    """Carry out a form of a session."""
    return await _carried_out(form, object_id, request, visitor)


@ceremonies.post(_ADDRESS + "/passkeys/begin")
async def begin(request: Request) -> Response:
    """Options for a further passkey."""
    return await _passed_on(request, "/auth/passkeys", {})


@ceremonies.post(_ADDRESS + "/passkeys/complete")
async def complete(request: Request) -> Response:
    """The further passkey."""
    return await _passed_on(request, "/auth/passkeys/complete", await request.json())


async def _passed_on(request: Request, path: str, body: dict[str, Any]) -> Response:
    """The API's answer as JSON, with renewed tokens: whatever happens, a refresh token that was used is not lost."""
    try:
        visitor = await visitor_of(request)
        answer = await visitor.api.ask("POST", path, body=body)
    except SignInNeeded:
        return JSONResponse({"error": "the session is over; sign in again", "code": "SESSION_INVALID"}, 401)
    except Refused as exc:
        answer = exc.answer
    response = JSONResponse(answer.data, answer.status)
    if tokens := renewed_tokens(request):
        keep_tokens(response, tokens)
    return response


async def _carried_out(form: Form, object_id: str, request: Request, visitor: Visitor) -> Response:
    filled = await form_fields(request, INPUTS_MAX)
    try:
        answer = await carry_out(form, object_id, {}, filled, visitor)
    except Unfit as exc:
        return render(await _page(visitor, form, object_id, filled, {exc.field: str(exc)}, 422), request)
    if answer.is_ok:
        return see_other(_ADDRESS, done=form.slug)
    errors = answer.field_errors()
    if not errors and answer.status not in {409, 422}:
        raise Refused(answer)
    errors = errors or {"": answer.data.get("error", "")}
    return render(await _page(visitor, form, object_id, filled, errors, answer.status), request)


async def _page(
    visitor: Visitor,
    form: Form | None = None,
    object_id: str = "",
    filled: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Page:
    """The account; a form that was refused is open, as it was filled in."""
    passkeys, sessions = await asyncio.gather(visitor.api.read("/auth/passkeys"), visitor.api.read("/auth/sessions"))
    placed, problem = place_errors(form.fields, errors or {}) if form else ({}, "")
    labels = {passkey["id"]: passkey["label"] for passkey in passkeys["passkeys"]}
    values = {
        "passkeys": [
            (passkey, [(item, texts_of(item.fields, passkey)) for item in PASSKEY_FORMS])
            for passkey in passkeys["passkeys"]
        ],
        "sessions": [
            (session, labels.get(session["passkeyId"]), () if session["isCurrent"] else SESSION_FORMS)
            for session in sessions["sessions"]
        ],
        "forms": OWN_FORMS,
        "opened": (object_id, form.slug) if form else None,
        "filled": filled or {},
        "errors": placed,
        "problem": problem,
        "done": visitor.api.request.query_params.get("done"),
    }
    return Page("account.html", N_("Your account"), visitor, values, status)
