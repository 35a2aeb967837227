"""Invoices and credit notes: what each says, and what can be done with it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.actions import Action
from admin_api.console.admission import Admitted, FormIn
from admin_api.console.api import Answer, Refused
from admin_api.console.documents import INVOICES, NOTES_OF_CREDIT, RECEIPT, DocumentKind, Paper, document_page, paper_of
from admin_api.console.forms.fields import Unfit, place_errors
from admin_api.console.forms.form import INPUTS_MAX, carry_out, path_of
from admin_api.console.rendering import Page, render
from admin_api.console.routing import ObjectIdIn, VisitorIn, page_router, see_other
from admin_api.console.visitor import Visitor
from gateway_contracts.errors import NotFound
from gateway_contracts.ids import is_object_id
from gateway_kit.pages.forms import form_fields

router = page_router()
_WHOLE_PAGE: Final = frozenset({401, 403, 404, 503})
"""Refusals that concern no field."""
Show = Callable[..., Awaitable[Response]]


def _show(kind: DocumentKind) -> Show:
    async def show(
        object_id: ObjectIdIn, request: Request, visitor: Annotated[Visitor, Depends(Admitted(("GET", kind.path)))]
    ) -> Response:
        return render(await document_page(kind, object_id, visitor), request)

    return show


def _download(kind: DocumentKind, paper: Paper) -> Show:
    admitted = Admitted(("GET", kind.path_to(paper)), ("GET", kind.path))

    async def download(
        object_id: ObjectIdIn, request: Request, visitor: Annotated[Visitor, Depends(admitted)]
    ) -> Response:
        found = await paper_of(kind, paper, object_id, visitor)
        return found.passed_on() if isinstance(found, Answer) else render(found, request)

    return download


for _kind in (INVOICES, NOTES_OF_CREDIT):
    router.add_api_route(_kind.address("{object_id}"), _show(_kind), methods=["GET"])
    for _paper in _kind.papers:
        router.add_api_route(f"{_kind.address('{object_id}')}/{_paper.slug}", _download(_kind, _paper), methods=["GET"])


@router.get("/invoices/{object_id}/payments/{payment_id}/receipt.pdf")
async def show_receipt(
    object_id: ObjectIdIn, payment_id: str, visitor: Annotated[Visitor, Depends(Admitted(("GET", RECEIPT)))]
) -> Response:
    """The receipt of one payment of an invoice."""
    if not is_object_id(payment_id):
        raise NotFound("there is no such payment")
    answer = await visitor.api.ask("GET", path_of(RECEIPT, visitor, object_id, payment_id))
    if not answer.is_ok:
        raise Refused(answer)
    return answer.passed_on()


@router.post("/invoices/{object_id}/{form_slug}")
async def change_invoice(
    object_id: ObjectIdIn,
    action: Annotated[Action, Depends(FormIn(INVOICES.actions))],
    request: Request,
    visitor: VisitorIn,
) -> Response:
    """Carry out an action on an invoice; what the API refuses is shown at its field."""
    return await _act(INVOICES, action, object_id, request, visitor)


@router.post("/credit-notes/{object_id}/{form_slug}")
async def change_credit_note(
    object_id: ObjectIdIn,
    action: Annotated[Action, Depends(FormIn(NOTES_OF_CREDIT.actions))],
    request: Request,
    visitor: VisitorIn,
) -> Response:
    """Carry out an action on a credit note."""
    return await _act(NOTES_OF_CREDIT, action, object_id, request, visitor)


async def _act(kind: DocumentKind, action: Action, object_id: str, request: Request, visitor: Visitor) -> Response:
    filled = await form_fields(request, INPUTS_MAX)
    document = await visitor.api.read(path_of(kind.path, visitor, object_id))
    [action] = kind.complete([action], document)
    try:
        answer = await carry_out(action, object_id, document, filled, visitor)
    except Unfit as exc:
        return render(await _again(kind, action, object_id, filled, {exc.field: str(exc)}, 422, visitor), request)
    if answer.is_ok:
        return await _done(kind, action, object_id, answer, request, visitor)
    if answer.status in _WHOLE_PAGE:
        raise Refused(answer)
    errors = answer.field_errors() or {"": answer.data.get("error", "")}
    return render(await _again(kind, action, object_id, filled, errors, answer.status, visitor), request)


async def _done(
    kind: DocumentKind, action: Action, object_id: str, answer: Answer, request: Request, visitor: Visitor
) -> Response:
    if "paymentUrl" in answer.data:
        return render(await document_page(kind, object_id, visitor, payment_link=answer.data), request)
    is_gone = action.verb == "DELETE"
    return see_other(f"/{kind.slug}" if is_gone else kind.address(object_id), done=action.slug)


async def _again(
    kind: DocumentKind,
    action: Action,
    object_id: str,
    filled: dict[str, str],
    errors: dict[str, str],
    status: int,
    visitor: Visitor,
) -> Page:
    """The same page with the form open, as it was filled in."""
    placed, problem = place_errors(action.fields, errors)
    values = {"opened": action.slug, "filled": filled, "errors": placed, "problem": problem}
    return await document_page(kind, object_id, visitor, status=status, **values)
