"""Proofs of document templates: the PDF for the frame of their page, and as a file."""

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.forms.document_templates import PREVIEW, TEMPLATE, error_lines
from admin_api.console.forms.form import path_of
from admin_api.console.rendering import Page, render
from admin_api.console.routing import ObjectIdIn, page_router
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

router = page_router()
AuthorIn = Annotated[Visitor, Depends(Admitted(("POST", PREVIEW)))]
_PDF_IN_FRAME: Final = {
    # What the viewer of the browser is made of has no other policy than that of the file.
    "Content-Security-Policy": (
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


@router.get("/document-templates/{object_id}/proof.pdf")
async def proof(
    object_id: ObjectIdIn,
    request: Request,
    visitor: AuthorIn,
    language: str = "",
    invoice_id: str = "",
    download: bool = False,
) -> Response:
    """The draft over an example or a document; where it cannot be printed, a page for the frame that says why."""
    asked = {name: value for name, value in (("language", language), ("invoiceId", invoice_id)) if value}
    answer = await visitor.api.ask("POST", path_of(PREVIEW, visitor, object_id), body=asked)
    if answer.is_ok:
        response = answer.passed_on()
        response.headers.update(_PDF_IN_FRAME)
        if download:
            response.headers["Content-Disposition"] = f'attachment; filename="proof-{object_id}.pdf"'
        return response
    template = await visitor.api.read(path_of(TEMPLATE, visitor, object_id))
    problem = answer.data.get("error", "")
    shown = {"problem": problem, "lines": error_lines(template["source"], problem)}
    return render(Page("proof_refused.html", N_("Not possible"), None, shown, answer.status, is_framed=True), request)
