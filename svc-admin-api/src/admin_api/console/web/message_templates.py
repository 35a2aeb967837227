"""Templates of messages: their texts, a preview of what is typed, publication, and the way back to the default."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted, FormIn
from admin_api.console.forms.fields import Row, Unfit, body_of, texts_of
from admin_api.console.forms.form import INPUTS_MAX, Form, offered
from admin_api.console.forms.message_templates import DISCARD, DRAFT, EDIT, FORMS, PUBLISH, RESET, fitting
from admin_api.console.forms.messages import DEFAULTS, TEMPLATES
from admin_api.console.rendering import Page, render
from admin_api.console.routing import page_router, see_other
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from admin_api.console.web.objects import Refusal, send_form
from gateway_contracts.errors import NotFound
from gateway_kit.pages.forms import form_fields

router = page_router()
PREVIEW: Final = f"{TEMPLATES}/preview"
_PAGE: Final = "/settings/message-templates/{event}/{channel}/{language}"
_VERSIONS_MAX: Final = 100
ReaderIn = Annotated[Visitor, Depends(Admitted(("GET", TEMPLATES), ("GET", DEFAULTS)))]
PreviewerIn = Annotated[Visitor, Depends(Admitted(("POST", PREVIEW), ("GET", TEMPLATES), ("GET", DEFAULTS)))]
TemplateFormIn = Annotated[Form, Depends(FormIn(FORMS))]


@dataclass(frozen=True)
class Key:
    """The place of a template."""

    event: str
    channel: str
    language: str

    @property
    def address(self) -> str:
        """The path of its page."""
        return f"/settings/message-templates/{self.event}/{self.channel}/{self.language}"

    def fits(self, row: Row) -> bool:
        """Whether it is the place of a revision."""
        return (row["event"], row["channel"], row["language"]) == (self.event, self.channel, self.language)


@dataclass(frozen=True)
class Revisions:
    """The default texts of a place, the names that texts may use, and the organization's own revisions."""

    default: Row
    variables: list[str]
    own: list[Row]

    def in_state(self, state: str) -> Row | None:
        """The one revision in that state."""
        return next((row for row in self.own if row["state"] == state), None)

    @property
    def shown(self) -> Row:
        """The draft, else the texts in use."""
        return self.in_state("draft") or self.in_state("published") or self.default

    def target_of(self, form: Form) -> str:
        """The id of the revision that a form is about; empty for a new one.

        Raises:
            NotFound: there is none any more.
        """
        if form is DRAFT:
            return ""
        found = self.in_state("published" if form is RESET else "draft")
        if found is None:
            raise NotFound("there is no such template any more")
        return str(found["id"])

    def forms(self) -> list[Form]:
        """Those that make sense beside the form of the texts."""
        draft = [PUBLISH, DISCARD] if self.in_state("draft") else []
        return [*draft, *([RESET] if self.in_state("published") else [])]


def key_of(event: str, channel: str, language: str) -> Key:
    """The place that the path names."""
    return Key(event, channel, language)


KeyIn = Annotated[Key, Depends(key_of)]


@router.get("/settings/message-templates/preview")
async def preview(request: Request, key: KeyIn, visitor: PreviewerIn) -> Response:
    """The draft or the texts in use, over an example."""
    revisions = await _revisions(key, visitor)
    return await _preview(key, texts_of(fitting(DRAFT, key.channel).fields, revisions.shown), request, visitor)


@router.post("/settings/message-templates/preview")
async def preview_typed(request: Request, visitor: PreviewerIn) -> Response:
    """The texts that are typed, over an example. The form of the texts is sent into the frame."""
    filled = await form_fields(request, INPUTS_MAX)
    key = Key(filled.get("event", ""), filled.get("channel", ""), filled.get("language", ""))
    return await _preview(key, filled, request, visitor)


@router.get(_PAGE)
async def show(request: Request, key: KeyIn, visitor: ReaderIn) -> Response:
    """One template with its versions."""
    return render(_page(key, await _revisions(key, visitor), visitor), request)


@router.post(_PAGE + "/{form_slug}")
async def change(request: Request, key: KeyIn, visitor: ReaderIn, form: TemplateFormIn) -> Response:
    """Carry out a form of a template."""
    revisions = await _revisions(key, visitor)
    row = {**revisions.shown, **vars(key)}
    result = await send_form(fitting(form, key.channel), revisions.target_of(form), row, request, visitor)
    if isinstance(result, Refusal):
        return render(_page(key, revisions, visitor, result), request)
    return see_other(key.address, done=form.slug)


async def _revisions(key: Key, visitor: Visitor) -> Revisions:
    """
    Raises:
        NotFound: no message has this kind, channel and language.
    """
    defaults, own = await asyncio.gather(
        visitor.api.read(DEFAULTS), visitor.api.ask("GET", TEMPLATES, query={**vars(key), "limit": _VERSIONS_MAX})
    )
    default = next((row for row in defaults["templates"] if key.fits(row)), None)
    if default is None or not own.is_ok:
        raise NotFound("there is no such template")
    revisions = Revisions(default, defaults["variables"].get(key.event, []), own.data["templates"])
    if revisions.shown is default:
        return revisions
    # A long list leaves out texts.
    whole = await visitor.api.read(f"{TEMPLATES}/{revisions.shown['id']}")
    return replace(revisions, own=[whole if row["id"] == whole["id"] else row for row in revisions.own])


def _page(key: Key, revisions: Revisions, visitor: Visitor, refusal: Refusal | None = None) -> Page:
    draft = revisions.in_state("draft")
    writing = fitting(EDIT if draft else DRAFT, key.channel)
    values: dict[str, Any] = {
        "key": key,
        "address": key.address,
        "row": revisions.shown,
        "revisions": revisions,
        "writing": writing if visitor.may(writing.verb, writing.path) else None,
        "filled": texts_of(writing.fields, revisions.shown),
        "forms": offered(revisions.forms(), revisions.shown, visitor),
        "may_preview": visitor.may("POST", PREVIEW),
        "errors": {},
        "problem": "",
        "done": visitor.api.request.query_params.get("done"),
    }
    status = 200 if refusal is None else refusal.status
    shown = values | (refusal.values() if refusal else {})
    return Page("message_template.html", N_("Template of messages"), visitor, shown, status, has_frames=True)


async def _preview(key: Key, filled: Mapping[str, str], request: Request, visitor: Visitor) -> Response:
    fields = fitting(DRAFT, key.channel).fields
    shown: dict[str, Any] = {"rendered": None, "errors": {}}
    status = 200
    try:
        body = {**vars(key), **body_of(fields, filled, {}, clears=False)}
    except Unfit as exc:
        shown["errors"], status = {exc.field: str(exc)}, 422
    else:
        answer = await visitor.api.ask("POST", PREVIEW, body=body)
        shown["rendered"], status = answer.data if answer.is_ok else None, answer.status
        shown["errors"] = {} if answer.is_ok else answer.field_errors() or {"": answer.data.get("error", "")}
    shown["titles"] = {field.name: field.title for field in fields}
    return render(
        Page("message_preview.html", N_("Preview"), None, shown, status, is_framed=True, is_mail=True), request
    )
