"""Pages of objects and settings as `forms.registry` declares them: what they show, and their forms."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import admit, form_named
from admin_api.console.api import Answer, Refused
from admin_api.console.forms.fields import Row, Unfit, place_errors, start_of, texts_of
from admin_api.console.forms.form import (
    INPUTS_MAX,
    Form,
    carry_out,
    offered,
    path_of,
    with_choices,
)
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.forms.registry import OBJECT_PAGES, SETTINGS_PAGES
from admin_api.console.rendering import Page, render
from admin_api.console.routing import VisitorIn, page_router, see_other
from admin_api.console.visitor import Visitor
from admin_api.edge.dependencies import deps_of
from gateway_contracts.errors import NotFound
from gateway_kit.pages.forms import form_fields

router = page_router()
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,1400}")
_PAGE_STATUSES: Final = frozenset({401, 403, 404, 503})
"""Refusals that concern the whole page and no field."""


@dataclass(frozen=True)
class Refusal:
    """A form that was not carried out, as it was filled in."""

    form: Form
    filled: Mapping[str, str]
    errors: Mapping[str, str]
    status: int

    def values(self) -> dict[str, Any]:
        """Values of templates: the form open, each message at its field."""
        placed, problem = place_errors(self.form.fields, self.errors)
        return {"opened": self.form.slug, "filled": self.filled, "errors": placed, "problem": problem}


def segment(object_id: str) -> str:
    """The id in the path: one part of a path of the API.

    Raises:
        NotFound: it is none.
    """
    if not _SEGMENT.fullmatch(object_id):
        raise NotFound("there is no such object")
    return object_id


SegmentIn = Annotated[str, Depends(segment)]


@router.get("/settings/{slug}")
async def show_settings(slug: str, request: Request, visitor: VisitorIn) -> Response:
    """One setting."""
    return await _show(_known(SETTINGS_PAGES, slug), "", request, visitor)


@router.post("/settings/{slug}/{form_slug}")
async def change_settings(slug: str, form_slug: str, request: Request, visitor: VisitorIn) -> Response:
    """Carry out a form of a setting."""
    page = _known(SETTINGS_PAGES, slug)
    return await _change(page, form_named(page.forms, form_slug), "", request, visitor)


@router.get("/{slug}/new")
async def show_new(slug: str, request: Request, visitor: VisitorIn) -> Response:
    """The form of a new object.

    Raises:
        Forbidden: the visitor may not create one.
    """
    page, form = _creating(slug)
    admit(visitor, form.verb, form.path)
    return render(await _new_page(page, form, visitor), request)


@router.post("/{slug}/new")
async def create(slug: str, request: Request, visitor: VisitorIn) -> Response:
    """Create an object: lead to its page, or show what is shown once."""
    page, form = _creating(slug)
    admit(visitor, form.verb, form.path)
    [form] = await with_choices([form], visitor)
    result = await send_form(form, "", {}, request, visitor)
    if isinstance(result, Refusal):
        return render(await _new_page(page, form, visitor, result), request)
    if form.once:
        return _shown_once(form, result, f"/{slug}", request, visitor)
    return see_other(f"/{slug}/{result.data['id']}" if page.path else f"/{slug}", done=form.slug)


@router.get("/{slug}/{object_id}")
async def show_object(slug: str, object_id: SegmentIn, request: Request, visitor: VisitorIn) -> Response:
    """One object."""
    return await _show(_known(OBJECT_PAGES, slug), object_id, request, visitor)


@router.post("/{slug}/{object_id}/{form_slug}")
async def change_object(
    slug: str, object_id: SegmentIn, form_slug: str, request: Request, visitor: VisitorIn
) -> Response:
    """Carry out a form of an object."""
    page = _known(OBJECT_PAGES, slug)
    return await _change(page, form_named(page.forms, form_slug), object_id, request, visitor)


def _known(pages: Mapping[str, ObjectPage], slug: str) -> ObjectPage:
    page = pages.get(slug)
    if page is None or not page.path:
        raise NotFound("there is no such page")
    return page


def _creating(slug: str) -> tuple[ObjectPage, Form]:
    page = OBJECT_PAGES.get(slug)
    if page is None or page.creates is None:
        raise NotFound("there is no such form")
    return page, page.creates


async def _show(page: ObjectPage, object_id: str, request: Request, visitor: Visitor) -> Response:
    admit(visitor, "GET", page.path)
    return render(await object_page(page, object_id, visitor), request)


async def _change(page: ObjectPage, form: Form, object_id: str, request: Request, visitor: Visitor) -> Response:
    admit(visitor, form.verb, form.path)
    row = await visitor.api.read(path_of(page.path, visitor, object_id))
    [form] = await with_choices([form], visitor)
    result = await send_form(form, object_id, row, request, visitor)
    if isinstance(result, Refusal):
        return render(await object_page(page, object_id, visitor, result), request)
    own = _address(page, object_id)
    if form.once:
        return _shown_once(form, result, own, request, visitor)
    is_gone = form.verb == "DELETE" and form.path == page.path and bool(object_id)
    return see_other(f"/{page.slug}" if is_gone else own, done=form.slug)


async def send_form(form: Form, object_id: str, row: Row, request: Request, visitor: Visitor) -> Answer | Refusal:
    """Send the form of the request to the API.

    Raises:
        Refused: for a reason that concerns no field of the form.
    """
    filled = await form_fields(request, INPUTS_MAX)
    try:
        answer = await carry_out(form, object_id, row, filled, visitor)
    except Unfit as exc:
        return Refusal(form, filled, {exc.field: str(exc)}, 422)
    if answer.is_ok:
        return answer
    if answer.status in _PAGE_STATUSES:
        raise Refused(answer)
    return Refusal(form, filled, answer.field_errors() or {"": answer.data.get("error", "")}, answer.status)


def _address(page: ObjectPage, object_id: str) -> str:
    return f"/{page.slug}/{object_id}" if object_id else f"/settings/{page.slug}"


async def _new_page(page: ObjectPage, form: Form, visitor: Visitor, refusal: Refusal | None = None) -> Page:
    [form] = await with_choices([form], visitor)
    values = {"form": form, "back": f"/{page.slug}", "filled": start_of(form.fields), "errors": {}, "problem": ""}
    status = 200 if refusal is None else refusal.status
    return Page("new.html", form.title, visitor, values | (refusal.values() if refusal else {}), status)


async def object_page(page: ObjectPage, object_id: str, visitor: Visitor, refusal: Refusal | None = None) -> Page:
    """The page of an object or a setting; with a form that was refused, as it was filled in.

    Raises:
        Refused: the API refuses what the page shows.
    """
    paths = [path for _, path in (("", page.path), *page.more)]
    row, *more = await asyncio.gather(*(visitor.api.read(path_of(path, visitor, object_id)) for path in paths))
    forms = await with_choices(offered(page.forms, row, visitor), visitor)
    values = {
        "page": page,
        "row": row,
        "more": {name: answer for (name, _), answer in zip(page.more, more, strict=True)},
        "forms": [(form, texts_of(form.fields, row) if form.is_edit else start_of(form.fields)) for form in forms],
        "address": _address(page, object_id),
        "back": f"/{page.slug}" if object_id else "/settings",
        # A link may lead to a field: its form is open then.
        "opened": visitor.api.request.query_params.get("open"),
        "filled": {},
        "errors": {},
        "problem": "",
        "done": visitor.api.request.query_params.get("done"),
    }
    loaded = await page.load(row, visitor) if page.load else {}
    status = 200 if refusal is None else refusal.status
    shown = values | loaded | (refusal.values() if refusal else {})
    return Page(page.template, page.title, visitor, shown, status, has_frames=page.has_frames)


def _shown_once(form: Form, answer: Answer, back: str, request: Request, visitor: Visitor) -> Response:
    """The secrets of the answer. No browser stores the page; a form that is sent again gets the same answer."""
    origin = deps_of(request).origins.admin_frontend
    secrets = [
        (once.title, f"{origin}{once.link}{answer.data[once.name]}" if once.link else answer.data[once.name])
        for once in form.once
    ]
    return render(Page("shown_once.html", form.title, visitor, {"secrets": secrets, "back": back}), request)
