"""The hosted pages without their script: forms that are posted, and redirects.

A provider's page is reached through a page of ours that leads on. A redirect straight from the form would need
``form-action`` of the checkout page's policy to allow every provider's origin.
"""

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from fastapi import Request, Response
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from checkout_api.domain.links import web_link
from checkout_api.domain.methods import offered
from checkout_api.errors import page_not_proven
from checkout_api.use_cases.act_on_transaction import act_on_transaction
from checkout_api.use_cases.start_transaction import StartTransaction, start_transaction
from checkout_api.web.checkout_page import FormEntry, checkout_page
from checkout_api.web.dependencies import PAY_POLICY, CurrentDeps, Deps, page_of
from checkout_api.web.pages import find_page, look_of
from checkout_api.web.presentation import kind_of
from checkout_api.web.rendering import Page, render
from checkout_api.web.schemas import BillingAddress
from gateway_contracts.errors import Conflict, GatewayError, Invalid, RateLimited, Transient
from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.customer import MARK_PENDING, Session, TransactionStarted
from gateway_contracts.texts import text_problem
from gateway_kit.http.rate_limit import admit
from gateway_kit.http.routing import FormRoute, Router
from gateway_kit.pages.forms import form_fields

router = Router(include_in_schema=False, route_class=FormRoute)

_KEY_CHARACTERS_MAX: Final = 64
_ERROR_KEYS: Final = {
    "PAGE_NOT_PROVEN": "error_cookies",
    "CHECKOUT_ALREADY_PENDING": "error_pending",
    "PAYMENT_REFUSED": "error_refused",
}
_NEXT_PREFIX: Final = "gw_next_"
# The redirect is followed at once; who comes later begins again.
_NEXT_LIFETIME: Final = timedelta(minutes=10)


@router.get("/checkout/{short_code}/pay")
async def show_form_again(short_code: str) -> Response:
    """For people who load the address of the form."""
    return _see_other(f"/checkout/{short_code}")


@router.post("/checkout/{short_code}/pay")
async def pay_by_form(short_code: str, request: Request, deps: CurrentDeps) -> Response:
    session = await find_page(short_code, deps)
    fields = await form_fields(request)
    try:
        started = await _begin(session, fields, request, deps)
    except GatewayError as exc:
        return await _refused(session, fields, exc, request, deps)
    return _led_on(session, started, deps)


@router.get("/checkout/{short_code}/continue/{transaction_id}")
async def lead_on(short_code: str, transaction_id: str, request: Request, deps: CurrentDeps) -> Response:
    """The last step before the provider's page."""
    session = await find_page(short_code, deps)
    url = web_link(deps.proofs.read_cookie(request, _NEXT_PREFIX + transaction_id))
    if url is None:
        return _see_other(f"/checkout/{short_code}/result/{transaction_id}")
    wording, branding = look_of(session, request, deps)
    title = f"{wording.texts['leaving_heading']} · {session.site_name}"
    return render(Page("leaving.html", wording, branding, session.site_name, title=title, values={"url": url}))


@router.post("/checkout/{short_code}/result/{transaction_id}/sent")
async def mark_sent(short_code: str, transaction_id: str, request: Request, deps: CurrentDeps) -> Response:
    """The customer says that the transfer is on its way."""
    session = await find_page(short_code, deps)
    address = f"/checkout/{short_code}/result/{transaction_id}"
    if _is_from_page(session, request, deps):
        # Where the owner decided something else, the page says it.
        with contextlib.suppress(Conflict):
            await act_on_transaction(MARK_PENDING, transaction_id, [session.id], owners=deps.owners)
    return _see_other(address)


def _is_from_page(session: Session, request: Request, deps: Deps) -> bool:
    """Whether the form was sent by that session's own page: its cookie, and an origin of ours."""
    is_ours = deps.rules.is_page(page_of(request), own_host=request.headers.get("host"))
    return is_ours and deps.proofs.session_of_page(request, session.short_code) == session.id


async def _begin(session: Session, fields: dict[str, str], request: Request, deps: Deps) -> TransactionStarted:
    """
    Raises:
        GatewayError: the form is not from our page, a field is wrong, or the owner refuses.
    """
    if not _is_from_page(session, request, deps):
        raise page_not_proven()
    offer = offered(session, fields.get("method", ""))
    if offer is None or kind_of(offer.type) == "card":
        raise Invalid.field("method", "must be a payment method that needs no script")
    billing = _billing(session, fields)
    admit(deps.limits, PAY_POLICY, session.id, request.scope)
    command = StartTransaction(
        session_name=session.id,
        provider_id=offer.id,
        billing=billing,
        pages=deps.pages_for(request),
        # A form that the browser kept may be sent again: the same content is the same payment, another one is not.
        idempotency_key="\n".join((_key(fields), offer.id, billing.email or "", billing.name or "")),
    )
    return await start_transaction(command, owners=deps.owners)


def _billing(session: Session, fields: dict[str, str]) -> Party:
    """The customer's input of the page; whatever the merchant gave is not asked for and not replaced.

    Raises:
        Invalid: a text of the form cannot be kept, or the e-mail address is missing or none.
    """
    asked = [name for name in ("email", "name") if getattr(session, name) is None]
    for name in asked:
        if problem := text_problem(fields.get(name, "")):
            raise Invalid.field(name, problem)
    try:
        address = BillingAddress.model_validate({name: fields.get(name, "") for name in asked})
    except ValidationError as exc:
        raise Invalid.field(str(exc.errors()[0]["loc"][-1]), "is malformed") from exc
    if "email" in asked and address.email is None:
        raise Invalid.field("email", "is required")
    return address.party()


def _key(fields: dict[str, str]) -> str:
    return fields.get("key", "")[:_KEY_CHARACTERS_MAX] or FormEntry().key


def _led_on(session: Session, started: TransactionStarted, deps: Deps) -> Response:
    action, transaction_id = started.next_action, started.transaction_id
    base = f"/checkout/{session.short_code}"
    if action.type == "redirect" and action.url:
        response = _see_other(f"{base}/continue/{transaction_id}")
        name, path = _NEXT_PREFIX + transaction_id, f"{base}/continue"
        deps.proofs.set_cookie(response, name, action.url, lifetime=_NEXT_LIFETIME, path=path)
    else:
        response = _see_other(f"{base}/result/{transaction_id}")
    deps.proofs.remember_payer(response, session.id, transaction_id)
    return response


async def _refused(
    session: Session, fields: dict[str, str], exc: GatewayError, request: Request, deps: Deps
) -> Response:
    """The same form with what was typed, and why it was refused."""
    error = _error_key(exc)
    if isinstance(exc, Conflict) and error == "error_generic":
        session = await find_page(session.short_code, deps)
        if session.status != "pending":
            return _see_other(f"/checkout/{session.short_code}")
    wording, branding = look_of(session, request, deps)
    entry = FormEntry(email=fields.get("email", ""), name=fields.get("name", ""), error=error)
    page = checkout_page(session, wording, branding, script_urls=deps.settings.script_urls, entry=entry)
    headers = {"Retry-After": str(exc.retry_after_s)} if exc.retry_after_s else {}
    response = render(replace(page, status=exc.status, headers=headers))
    deps.proofs.remember_page(response, session)
    return response


def _error_key(exc: GatewayError) -> str:
    if exc.code in _ERROR_KEYS:
        return _ERROR_KEYS[exc.code]
    if isinstance(exc, RateLimited | Transient):
        return "error_unavailable"
    named = {problem.field.rsplit(".", 1)[-1] for problem in exc.details}
    if "email" in named:
        return "error_email"
    return "error_method" if "method" in named else "error_generic"


def _see_other(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303)
