"""Drafts of invoices: written line by line, with totals that svc-invoice computes."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console import invoice_drafts as drafts
from admin_api.console.admission import Admitted
from admin_api.console.api import Answer, Refused
from admin_api.console.forms.fields import Field, Unfit, place_errors
from admin_api.console.forms.form import Form, carry_out, path_of, with_choices
from admin_api.console.invoice_drafts import EDIT, FROM_PAYMENT, NEW, PREVIEW, Draft, line_fields
from admin_api.console.rendering import Page, render
from admin_api.console.routing import ObjectIdIn, page_router, see_other
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from gateway_contracts.errors import Conflict
from gateway_contracts.ids import is_object_id
from gateway_kit.pages.forms import form_fields

router = page_router()
_PREVIEW: Final = (PREVIEW.verb, PREVIEW.path)
AuthorIn = Annotated[Visitor, Depends(Admitted((NEW.verb, NEW.path), _PREVIEW))]
EditorIn = Annotated[Visitor, Depends(Admitted((EDIT.verb, EDIT.path), _PREVIEW))]
PayeeIn = Annotated[Visitor, Depends(Admitted((FROM_PAYMENT.verb, FROM_PAYMENT.path)))]
ComputerIn = Annotated[Visitor, Depends(Admitted(_PREVIEW))]
_NO_FIELD: Final = frozenset({401, 403, 404, 503})
_CLIENTS_MAX: Final = 100
_REMOVE: Final = "remove-"


@router.get("/invoices/new")
async def show_new(request: Request, visitor: AuthorIn) -> Response:
    """An empty draft; with ``clientId`` in the address it is addressed to that client."""
    client_id = request.query_params.get("clientId", "")
    draft = drafts.empty_draft(client_id if is_object_id(client_id) else None)
    return render(await _page(NEW, "/invoices/new", draft, visitor), request)


@router.post("/invoices/new")
async def create(request: Request, visitor: AuthorIn) -> Response:
    """Store a new draft, or show the form again with other lines or with totals."""
    return await _sent(NEW, "", "/invoices/new", request, visitor)


@router.get("/invoices/{object_id}/edit")
async def show_edit(object_id: ObjectIdIn, request: Request, visitor: EditorIn) -> Response:
    """The form of a draft that is stored.

    Raises:
        Conflict: it is issued.
    """
    invoice = await visitor.api.read(path_of(EDIT.path, visitor, object_id))
    if invoice["state"] != "draft":
        raise Conflict("the invoice is issued; correct it instead", code="INVOICE_ISSUED")
    return render(await _page(EDIT, f"/invoices/{object_id}/edit", drafts.stored_draft(invoice), visitor), request)


@router.post("/invoices/{object_id}/edit")
async def change(object_id: ObjectIdIn, request: Request, visitor: EditorIn) -> Response:
    """Replace a draft, or show the form again with other lines or with totals."""
    return await _sent(EDIT, object_id, f"/invoices/{object_id}/edit", request, visitor)


@router.post("/invoices/compute")
async def compute(request: Request, visitor: ComputerIn) -> Response:
    """The totals alone, for the script of the form."""
    draft = drafts.typed_draft(await form_fields(request, drafts.INPUTS_MAX)).written()
    values = await _totals(draft, visitor)
    return render(Page("invoice_totals.html", NEW.title, visitor, values), request)


@router.post("/payments/{object_id}/invoice")
async def create_from_payment(object_id: ObjectIdIn, request: Request, visitor: PayeeIn) -> Response:
    """A draft over the order of a payment, and its page."""
    answer = await carry_out(FROM_PAYMENT, object_id, {}, await form_fields(request), visitor)
    if not answer.is_ok:
        raise Refused(answer)
    return see_other(f"/invoices/{answer.data['id']}", done=FROM_PAYMENT.slug)


async def _sent(form: Form, object_id: str, address: str, request: Request, visitor: Visitor) -> Response:
    draft = drafts.typed_draft(await form_fields(request, drafts.INPUTS_MAX))
    wanted = draft.texts.get("do", "")
    if wanted == "add":
        return render(await _page(form, address, draft.with_line(), visitor), request)
    if wanted.startswith(_REMOVE) and wanted.removeprefix(_REMOVE).isdecimal():
        draft = draft.without_line(int(wanted.removeprefix(_REMOVE)))
        return render(await _page(form, address, draft, visitor), request)
    draft = draft.written()
    if wanted == "compute":
        return render(await _page(form, address, draft, visitor), request)
    saved = await _save(form, object_id, draft, visitor)
    if isinstance(saved, dict):
        return render(await _page(form, address, draft, visitor, errors=saved, status=422), request)
    return see_other(f"/invoices/{saved.data['id']}", done=form.slug)


async def _save(form: Form, object_id: str, draft: Draft, visitor: Visitor) -> Answer | dict[str, str]:
    """The answer of the API, or messages by field.

    Raises:
        Refused: for a reason that concerns no field.
    """
    try:
        if form is NEW:
            body = _new(draft)
        else:
            stored = await visitor.api.read(path_of(form.path, visitor, object_id))
            body = draft.replacing(drafts.stored_draft(stored))
    except Unfit as exc:
        return {exc.field: str(exc)}
    path = path_of(form.path, visitor, object_id)
    answer = await visitor.api.ask(form.verb, path, body=body, key=draft.texts.get("key") or None)
    if answer.is_ok:
        return answer
    if answer.status in _NO_FIELD:
        raise Refused(answer)
    return answer.field_errors() or {"": answer.data.get("error", "")}


def _new(draft: Draft) -> dict[str, Any]:
    return draft.body() | {"siteId": draft.texts.get("siteId", "")}


async def _totals(draft: Draft, visitor: Visitor) -> dict[str, Any]:
    """Values of the totals: what the API computes, or messages by field."""
    nothing: dict[str, Any] = {"totals": None, "errors": {}, "problem": ""}
    try:
        body = _new(draft)
    except Unfit as exc:
        return {**nothing, "errors": {exc.field: str(exc)}}
    answer = await visitor.api.ask(PREVIEW.verb, PREVIEW.path, body=body)
    if answer.is_ok:
        return {**nothing, "totals": answer.data}
    if answer.status == 401:
        raise Refused(answer)
    errors = answer.field_errors()
    return {**nothing, "errors": errors, "problem": "" if errors else answer.data.get("error", "")}


async def _page(
    form: Form, address: str, draft: Draft, visitor: Visitor, *, errors: dict[str, str] | None = None, status: int = 200
) -> Page:
    is_empty = not draft.written().lines
    values = {"totals": None, "errors": {}, "problem": ""} if is_empty else await _totals(draft.written(), visitor)
    is_refused = errors is not None
    fields = [*drafts.HEAD, drafts.CLIENT, drafts.SITE, *drafts.TYPED, *drafts.DELIVERY, *drafts.CHARGES, *drafts.TERMS]
    fields += [one for place in range(len(draft.lines)) for one in line_fields(place)]
    placed, problem = place_errors([*fields, drafts.SCHEDULE], errors if errors is not None else values["errors"])
    asks = draft.texts.get("do") == "compute"
    shown = {
        "form": form,
        "action": address,
        "back": address.removesuffix("/edit").removesuffix("/new"),
        "draft": draft,
        "filled": draft.filled(),
        "row": {"currency": draft.currency},
        "lines": [line_fields(place) for place in range(len(draft.lines))],
        "parts": {"terms": drafts.TERMS, "typed": drafts.TYPED, "delivery": drafts.DELIVERY, "charges": drafts.CHARGES},
        "head": [*await _sites(form, visitor), *drafts.HEAD],
        "client": await _clients(draft.texts.get("clientId", ""), visitor),
        "schedule": drafts.SCHEDULE,
        "totals": values["totals"],
        # Before a person asks, a line that is half written is no mistake.
        "errors": placed if is_refused or asks else {},
        "problem": (problem or values["problem"]) if is_refused or asks else "",
    }
    return Page("invoice_draft.html", form.title, visitor, shown, status)


async def _sites(form: Form, visitor: Visitor) -> tuple[Field, ...]:
    """The choice of a site, which a stored draft has already."""
    if form is not NEW:
        return ()
    [chosen] = await with_choices([Form("site", N_("Site"), "", fields=(drafts.SITE,))], visitor)
    return chosen.fields


async def _clients(client_id: str, visitor: Visitor) -> Field:
    """The choice of a client: the latest, and the chosen one."""
    if not visitor.may("GET", "/clients"):
        return drafts.CLIENT
    rows = (await visitor.api.read("/clients", limit=_CLIENTS_MAX))["clients"]
    if is_object_id(client_id) and client_id not in {row["id"] for row in rows}:
        found = await visitor.api.ask("GET", f"/clients/{client_id}")
        rows = [*([found.data] if found.is_ok else []), *rows]
    words = {row["id"]: _name_of(row) for row in rows}
    return replace(drafts.CLIENT, choices=tuple(words), words=words)


def _name_of(client: dict[str, Any]) -> str:
    known = [client[name]["plaintext"] for name in ("company", "name", "email") if client[name]]
    return ", ".join(known[:2]) or str(client["id"])
