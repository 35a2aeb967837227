"""Templates of documents."""

from admin_api.shared.web.schemas.base import ListView
from gateway_contracts.bodies import Body
from gateway_contracts.requests.templates import PreviewFields, TemplateDesign, TemplateRecord, TemplateSubject


class TemplateIn(TemplateDesign, TemplateSubject, Body):
    """A template of one kind of document. It is used once it is published."""

    SHOWN_BY = TemplateRecord


class TemplateDraftIn(TemplateDesign, Body):
    """The complete draft: a field that is not given is null from now on."""

    SHOWN_BY = TemplateRecord


class PreviewIn(PreviewFields, Body):
    """Subject of the proof."""


class TemplateListView(ListView):
    """A page of templates."""

    templates: list[TemplateRecord]
