"""Pages of documents, declared: an invoice or a credit note with its parts, its actions and its electronic forms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from admin_api.console.actions import Action
from admin_api.console.api import Answer, Refused
from admin_api.console.document_parts import CREDIT_NOTES, SENDINGS
from admin_api.console.forms.fields import Row, texts_of
from admin_api.console.forms.form import offered, path_of
from admin_api.console.invoice_actions import CREDIT_NOTE_ACTIONS, INVOICE_ACTIONS, completed
from admin_api.console.parts import Part, read_parts
from admin_api.console.rendering import Page
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

NOT_READY: Final = "EINVOICE_READINESS_FAILED"


@dataclass(frozen=True)
class Paper:
    """One electronic form of a document.

    Attributes:
        slug: last part of its address.
        path: of the API, below that of the document.
    """

    slug: str
    title: str
    path: str


@dataclass(frozen=True)
class DocumentKind:
    """Invoices, or credit notes.

    Attributes:
        slug: of the list.
        path: of the API.
        parts: what belongs to one.
        draft_paper: of drafts, which have no other.
        complete: the actions with the fields that one document gives them.
    """

    slug: str
    title: str
    path: str
    template: str
    actions: tuple[Action, ...]
    parts: tuple[Part, ...]
    draft_paper: Paper | None = None
    complete: Callable[[Sequence[Action], Row], list[Action]] = lambda actions, _: list(actions)

    def address(self, document_id: str) -> str:
        """The page of one."""
        return f"/{self.slug}/{document_id}"

    @property
    def papers(self) -> tuple[Paper, ...]:
        """All forms that a document of this kind may have beside its PDF."""
        return PAPERS if self.draft_paper is None else (*PAPERS, self.draft_paper)

    def papers_of(self, document: Row, visitor: Visitor) -> list[Paper]:
        """The forms that this document has, of those that the visitor may open."""
        if document["number"]:
            found: tuple[Paper, ...] = PAPERS
        else:
            found = (self.draft_paper,) if self.draft_paper and document["lines"] else ()
        return [one for one in found if visitor.may("GET", self.path_to(one))]

    def path_to(self, paper: Paper) -> str:
        """The operation of the API that answers an electronic form."""
        return self.path + paper.path


PAPERS: Final = (
    Paper("xrechnung.xml", "XRechnung", "/xml"),
    Paper("peppol.xml", "Peppol", "/xml/peppol"),
    Paper("zugferd.pdf", "ZUGFeRD", "/pdf/zugferd"),
)
RECEIPT: Final = "/invoices/{invoice_id}/pdf/receipt/{transaction_id}"
INVOICES: Final = DocumentKind(
    "invoices",
    N_("Invoice"),
    "/invoices/{invoice_id}",
    "invoice.html",
    INVOICE_ACTIONS,
    (CREDIT_NOTES, SENDINGS),
    Paper("proforma.pdf", N_("Pro forma"), "/pdf/proforma"),
    completed,
)
NOTES_OF_CREDIT: Final = DocumentKind(
    "credit-notes",
    N_("Credit note"),
    "/credit-notes/{credit_note_id}",
    "credit_note.html",
    CREDIT_NOTE_ACTIONS,
    (SENDINGS,),
)


async def document_page(
    kind: DocumentKind, document_id: str, visitor: Visitor, *, status: int = 200, **values: Any
) -> Page:
    """The page of one document.

    Raises:
        Refused: the API refuses what the page shows.
    """
    document = await visitor.api.read(path_of(kind.path, visitor, document_id))
    parts, missing = await read_parts(kind.parts, document["id"], visitor)
    actions = kind.complete(offered(kind.actions, document, visitor), document)
    shown = {
        **parts,
        "document": document,
        "kind": kind,
        "missing": missing,
        "actions": [(one, texts_of(one.fields, document) if one.is_edit else {}) for one in actions],
        "papers": kind.papers_of(document, visitor),
        "receipt": RECEIPT,
        "lacks": None,
        "payment_link": None,
        "opened": None,
        "filled": {},
        "errors": {},
        "problem": "",
        "done": visitor.api.request.query_params.get("done"),
    }
    return Page(kind.template, kind.title, visitor, {**shown, **values}, status)


async def paper_of(kind: DocumentKind, paper: Paper, document_id: str, visitor: Visitor) -> Answer | Page:
    """An electronic form; or the document's page with what it lacks for it.

    Raises:
        Refused: for any other reason.
    """
    answer = await visitor.api.ask("GET", path_of(kind.path_to(paper), visitor, document_id))
    if answer.is_ok:
        return answer
    if answer.data.get("code") != NOT_READY:
        raise Refused(answer)
    lacks = {"title": paper.title, "missing": answer.data["missing"]}
    return await document_page(kind, document_id, visitor, status=answer.status, lacks=lacks)
