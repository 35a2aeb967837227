"""Templates of invoices, credit notes, pro forma invoices and receipts."""

import re
from collections.abc import Mapping
from typing import Any, Final, get_args

from babel import Locale

from admin_api.console.forms.fields import Field, Options, Row
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from gateway_contracts import languages
from gateway_contracts.requests.templates import TemplateKind

TEMPLATE: Final = "/templates/{template_id}"
PREVIEW: Final = f"{TEMPLATE}/preview"
_LINE: Final = re.compile(r"\(line (\d+)\)")
_LINES_AROUND: Final = 3
_DESIGN: Final = (
    Field("name", N_("Name"), hint=N_("For yourself. Documents do not show it.")),
    Field(
        "source",
        N_("Source"),
        "source",
        is_required=False,
        hint=N_(
            'Jinja. {% extends "document.html" %} begins with the default design, whose blocks you replace. Empty: the '
            "default design."
        ),
        length_max=20_000,
    ),
    Field(
        "logo",
        N_("Logo"),
        "image",
        is_required=False,
        hint=N_("PNG or JPEG of at most 30 kB, as base64."),
        length_max=40_000,
    ),
    Field(
        "color",
        N_("Color"),
        is_required=False,
        hint=N_("Of titles and rules, such as #0b5fff. Empty: the color of the site."),
    ),
)
LANGUAGES: Final[Mapping[str, str]] = {code: str(Locale(code).get_display_name()) for code in languages.LANGUAGES}
"""Their own names."""


def error_lines(source: str | None, error: str) -> list[tuple[int, str, bool]]:
    """The lines around an error with their numbers, and which one it is; none where the error names no line."""
    found = _LINE.search(error)
    if found is None or not source:
        return []
    wrong = int(found[1])
    numbered = list(enumerate(source.splitlines(), start=1))
    return [
        (number, line, number == wrong)
        for number, line in numbered[max(0, wrong - 1 - _LINES_AROUND) : wrong + _LINES_AROUND]
    ]


async def _preview(template: Row, visitor: Visitor) -> dict[str, Any]:
    """Subject and language of the preview, and the line of the last error."""
    given = visitor.api.request.query_params
    language = given.get("language", "")
    return {
        "document_languages": LANGUAGES,
        "language": language if language in LANGUAGES else "en",
        "invoice_id": given.get("invoiceId", "").strip(),
        "may_preview": visitor.may("POST", PREVIEW),
        "may_read_documents": visitor.may("GET", "/invoices/{invoice_id}/pdf"),
        "error_lines": error_lines(template["source"], template["lastError"] or ""),
        "lines_of": lambda problem: error_lines(template["source"], problem),
    }


DOCUMENT_TEMPLATES: Final = ObjectPage(
    "document-templates",
    N_("Template of documents"),
    TEMPLATE,
    name="name",
    facts=(
        Column("kind", N_("Document"), "state"),
        Column("siteId", N_("Site"), "site"),
        Column("publishedVersion", N_("Version in use")),
        Column("publishedAt", N_("Published"), "moment"),
        Column("changedAt", N_("Changed"), "moment"),
        Column("color", N_("Color"), "code"),
    ),
    creates=Form(
        "new",
        N_("New template"),
        "/templates",
        N_("It begins as a draft. Documents are printed with it once it is published."),
        (
            Field("kind", N_("Document"), "choice", get_args(TemplateKind)),
            Field(
                "siteId",
                N_("Site"),
                "choice",
                is_required=False,
                options=Options("/sites", "sites", "name"),
                hint=N_("Nothing chosen: all sites that have no template of their own."),
            ),
            *_DESIGN,
        ),
    ),
    forms=(
        Form(
            "edit",
            N_("Change the draft"),
            TEMPLATE,
            N_("Documents are printed with the published version until the next one."),
            _DESIGN,
            verb="PUT",
        ),
        Form(
            "publish",
            N_("Publish the draft"),
            f"{TEMPLATE}/publish",
            N_("New documents are printed with the draft as it is now. It is printed once before, over an example."),
            when=lambda template: template["hasChanges"],
        ),
        Form(
            "delete",
            N_("Delete the template"),
            TEMPLATE,
            N_("New documents have the default design. Earlier ones stay as they are."),
            verb="DELETE",
            is_final=True,
        ),
    ),
    template="document_template.html",
    has_frames=True,
    load=_preview,
)
