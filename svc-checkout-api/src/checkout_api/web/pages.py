"""The hosted pages' addresses."""

import asyncio

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from checkout_api.domain.outcome import Outcome, leads_to_payment, outcome_of
from checkout_api.errors import DOCUMENT_NOT_YOURS, checkout_not_found, document_not_yours
from checkout_api.use_cases.act_on_transaction import act_on_transaction
from checkout_api.use_cases.find_session import find_session, is_short_code
from checkout_api.use_cases.open_document import open_document
from checkout_api.use_cases.watch_transaction import take_snapshot
from checkout_api.web.branding import Branding
from checkout_api.web.checkout_page import checkout_page
from checkout_api.web.checkouts import document_response
from checkout_api.web.dependencies import CurrentDeps, Deps
from checkout_api.web.notice_page import broken_page, ended_page, missing_page, not_yours_page, unavailable_page
from checkout_api.web.rendering import ASSETS_PATH, assets, render
from checkout_api.web.result_page import result_page
from checkout_api.web.wording import Wording, choose
from gateway_contracts.errors import GatewayError, NotFound
from gateway_contracts.requests.customer import GET_STATUS, SYNC_RETURN, Session
from gateway_kit.context import request_id
from gateway_kit.http.files import ConditionsIn
from gateway_kit.http.problems import Problem
from gateway_kit.http.routing import Router
from gateway_kit.logging import get_logger

router = Router(include_in_schema=False)
_log = get_logger(__name__)

# The provider's own answer is worth a short wait; the page follows by itself if it comes later.
_SYNC_PATIENCE_S = 6.0


@router.get(ASSETS_PATH + "/{name}")
async def asset(name: str) -> Response:
    found = assets().response(name)
    if found is None:
        raise NotFound("no such file")
    return found


@router.get("/checkout/{short_code}")
async def show_checkout(short_code: str, request: Request, deps: CurrentDeps) -> Response:
    session = await find_page(short_code, deps)
    if await _shows_payment(session, request, deps):
        leading = RedirectResponse(_result_path(short_code, session.transaction_id), status_code=303)
        deps.proofs.remember_page(leading, session)
        return leading
    wording, branding = look_of(session, request, deps)
    if session.status == "pending":
        response = render(checkout_page(session, wording, branding, script_urls=deps.settings.script_urls))
    else:
        response = render(ended_page(session, wording, branding))
    deps.proofs.remember_page(response, session)
    return response


@router.get("/checkout/{short_code}/return/{transaction_id}")
async def come_back(short_code: str, transaction_id: str, deps: CurrentDeps) -> Response:
    """Where a provider's redirect ends. It proves nothing: the owner asks the provider, and the result page shows."""
    session = await find_page(short_code, deps)
    try:
        async with asyncio.timeout(_SYNC_PATIENCE_S):
            await act_on_transaction(SYNC_RETURN, transaction_id, [session.id], owners=deps.owners)
    except (TimeoutError, GatewayError) as exc:
        if isinstance(exc, NotFound):
            raise
        # The webhook tells the same, only later.
        _log.warning("return.not_synchronised", kind=type(exc).__name__)
    # A redirect also drops what the provider put into the address.
    response = RedirectResponse(_result_path(short_code, transaction_id), status_code=303)
    deps.proofs.remember_page(response, session)
    return response


@router.get("/checkout/{short_code}/result/{transaction_id}")
async def show_result(short_code: str, transaction_id: str, request: Request, deps: CurrentDeps) -> Response:
    session = await find_page(short_code, deps)
    snapshot = await take_snapshot(transaction_id, [session.id], owners=deps.owners)
    wording, branding = look_of(session, request, deps)
    is_payer = deps.proofs.is_payer(request, session.id, transaction_id)
    response = render(result_page(session, snapshot, wording, branding, shows_documents=is_payer))
    deps.proofs.remember_page(response, session)
    return response


@router.head("/checkout/{short_code}/documents/{document_id}/pdf")
@router.get("/checkout/{short_code}/documents/{document_id}/pdf")
async def show_document(
    short_code: str, document_id: str, request: Request, deps: CurrentDeps, conditions: ConditionsIn
) -> Response:
    session = await find_page(short_code, deps)
    if not deps.proofs.is_payer(request, session.id, session.transaction_id):
        raise document_not_yours()
    reference = await open_document(session.id, document_id, owners=deps.owners)
    return await document_response(reference, deps.documents, conditions)


def _result_path(short_code: str, transaction_id: str | None) -> str:
    return f"/checkout/{short_code}/result/{transaction_id}"


async def _shows_payment(session: Session, request: Request, deps: Deps) -> bool:
    """Whether the link leads to the page of a payment: one under way, or one whose money did not stay."""
    if session.transaction_id is None:
        return False
    if session.status != "completed":
        return leads_to_payment(session, wants_other=request.query_params.get("other") == "1")
    view = await act_on_transaction(GET_STATUS, session.transaction_id, [session.id], owners=deps.owners)
    return outcome_of(view) is not Outcome.SUCCEEDED


async def find_page(short_code: str, deps: Deps) -> Session:
    """The session of a payment link.

    Raises:
        NotFound: there is none.
    """
    if not is_short_code(short_code):
        raise checkout_not_found()
    return await find_session(short_code, owners=deps.owners)


def look_of(session: Session, request: Request, deps: Deps) -> tuple[Wording, Branding]:
    """Language and colors of a session's pages."""
    wording = choose(session.locale, request.headers.get("accept-language"))
    return wording, Branding.of(session.branding, is_https=deps.is_https)


def page_problem(request: Request, problem: Problem) -> Response | None:
    """Errors of pages as pages; the API keeps its JSON."""
    path = request.url.path
    if (path != "/" and not path.startswith("/checkout/")) or path.startswith(ASSETS_PATH):
        return None
    wording = choose(None, request.headers.get("accept-language"))
    if problem.code == DOCUMENT_NOT_YOURS:
        return render(not_yours_page(wording))
    if problem.status == 404:
        return render(missing_page(wording))
    if problem.status == 503:
        return render(unavailable_page(wording, problem.retry_after_s or 2))
    return render(broken_page(wording, request_id.get(), problem.status))
