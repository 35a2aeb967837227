"""Requests to svc-invoice about templates of documents."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, StringConstraints

from gateway_contracts.base import Contract
from gateway_contracts.fields import Name, ObjectId, Open
from gateway_contracts.list_filters import PeriodFields, one_of
from gateway_contracts.pages import PageRow
from gateway_contracts.requests.invoice import PRINT_TIMEOUT_S
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.rpc import Method
from gateway_contracts.rules import FieldRules

TemplateKind = Literal["invoice", "credit_note", "pro_forma", "receipt"]

SourceText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20_000),
    Field(description="Jinja source; it may extend document.html and replace its blocks. Null: the default design."),
]
LogoText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40_000, pattern="^[A-Za-z0-9+/]+={0,2}$"),
    Field(
        description="PNG or JPEG of at most 30 kB and 2,000 by 2,000 pixels, as base64; it is part of each document."
    ),
]
ColorText = Annotated[
    str,
    StringConstraints(pattern="^#[0-9a-fA-F]{6}$", max_length=7),
    Field(description="Color of titles and rules; null: the site's."),
]


class TemplateDesign(FieldRules):
    """Decisions of a template's author. A field that is not given is null."""

    name: Name
    source: SourceText | None = None
    logo: LogoText | None = None
    color: ColorText | None = None


class TemplateSubject(FieldRules):
    """Documents of a template: one kind of document, of one site or of all that have no own one."""

    kind: TemplateKind
    site_id: ObjectId | None = None


class PreviewFields(FieldRules):
    """Subject of a preview: an example, or a document of this mode."""

    invoice_id: ObjectId | None = Field(None, description="Invoice or credit note to show; null: an example.")
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2}$", max_length=2)] | None = Field(
        None, description="Language of the example."
    )


class CreateTemplate(TemplateDesign, TemplateSubject, Contract):
    template_id: str


class UpdateTemplate(TemplateDesign, Contract):
    template_id: str


class TemplateRef(Contract):
    template_id: str


class TemplateFilters(FieldRules):
    kind: Annotated[TemplateKind | None, one_of(get_args(TemplateKind))] = None


class TemplateQuery(TemplateFilters, PeriodFields, Contract):
    pass


class PreviewTemplate(PreviewFields, Contract):
    template_id: str


class TemplateRecord(PageRow):
    """A template: its draft, and which version of it is in use.

    Attributes:
        published_version: number of the version that documents are printed with; None before the first.
        has_changes: whether the draft differs from that version.
        last_error: why a document was printed with the default template in place of this one, last.
    """

    LONG: ClassVar = {"source": None, "logo": None}

    id: str
    kind: Open[TemplateKind]
    site_id: str | None = None
    livemode: bool
    name: str
    source: str | None = None
    logo: str | None = None
    color: str | None = None
    published_version: int | None = None
    has_changes: bool
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None = None
    last_error: str | None = None


class TemplatePage(PageReply):
    templates: tuple[TemplateRecord, ...]


class TemplatePreview(Contract):
    """The proof, base64."""

    pdf: str = Field(repr=False)


CREATE_TEMPLATE = Method("rpc.invoice.create_template", CreateTemplate, TemplateRecord, timeout_s=10)
LIST_TEMPLATES = Method("rpc.invoice.list_templates", TemplateQuery, TemplatePage)
GET_TEMPLATE = Method("rpc.invoice.get_template", TemplateRef, TemplateRecord)
UPDATE_TEMPLATE = Method("rpc.invoice.update_template", UpdateTemplate, TemplateRecord, timeout_s=10)
PUBLISH_TEMPLATE = Method("rpc.invoice.publish_template", TemplateRef, TemplateRecord, timeout_s=PRINT_TIMEOUT_S)
DELETE_TEMPLATE = Method("rpc.invoice.delete_template", TemplateRef, TemplateRecord)
PREVIEW_TEMPLATE = Method("rpc.invoice.preview_template", PreviewTemplate, TemplatePreview, timeout_s=PRINT_TIMEOUT_S)
