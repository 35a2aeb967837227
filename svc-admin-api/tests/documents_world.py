"""svc-invoice in memory, as far as pages of templates ask it."""

import base64
from typing import Any, Final

from owned_objects import AT, ID

from gateway_contracts.errors import Invalid, NotFound
from gateway_contracts.requests import templates

TEMPLATE: Final = ID
PDF: Final = b"%PDF-1.7 proof"
BROKEN: Final = "{% if %}"


class TemplateOffice:
    """Templates of one organization; a source with ``{% if %}`` cannot be printed."""

    def __init__(self) -> None:
        self.stored: dict[str, templates.TemplateRecord] = {}
        self.previews: list[templates.PreviewTemplate] = []

    @property
    def answers(self) -> dict[str, Any]:
        """By subject."""
        return {
            templates.LIST_TEMPLATES.subject: self._list,
            templates.GET_TEMPLATE.subject: lambda request: self._found(request.template_id),
            templates.CREATE_TEMPLATE.subject: self._create,
            templates.UPDATE_TEMPLATE.subject: self._update,
            templates.PUBLISH_TEMPLATE.subject: self._publish,
            templates.DELETE_TEMPLATE.subject: lambda request: self.stored.pop(request.template_id),
            templates.PREVIEW_TEMPLATE.subject: self._preview,
        }

    def keep(self, **values: Any) -> templates.TemplateRecord:
        """A template as a draft."""
        fields: dict[str, Any] = {"id": TEMPLATE, "kind": "invoice", "name": "House style", "livemode": True}
        record = templates.TemplateRecord(
            **{**fields, "has_changes": True, "created_at": AT, "changed_at": AT, **values}
        )
        self.stored[record.id] = record
        return record

    def _found(self, template_id: str) -> templates.TemplateRecord:
        if template_id not in self.stored:
            raise NotFound("there is no such template")
        return self.stored[template_id]

    def _list(self, _: templates.TemplateQuery) -> templates.TemplatePage:
        found = tuple(self.stored.values())
        return templates.TemplatePage(templates=found, total=len(found), page=1, limit=50)

    def _create(self, request: templates.CreateTemplate) -> templates.TemplateRecord:
        values = dict(request)
        return self.keep(id=values.pop("template_id"), **values)

    def _update(self, request: templates.UpdateTemplate) -> templates.TemplateRecord:
        values = dict(request)
        before = self._found(values.pop("template_id"))
        return self.keep(**{**dict(before), **values, "has_changes": True})

    def _publish(self, request: templates.TemplateRef) -> templates.TemplateRecord:
        before = self._printable(request.template_id)
        version = (before.published_version or 0) + 1
        return self.keep(**{**dict(before), "published_version": version, "published_at": AT, "has_changes": False})

    def _preview(self, request: templates.PreviewTemplate) -> templates.TemplatePreview:
        self.previews.append(request)
        self._printable(request.template_id)
        return templates.TemplatePreview(pdf=base64.b64encode(PDF).decode())

    def _printable(self, template_id: str) -> templates.TemplateRecord:
        found = self._found(template_id)
        for number, line in enumerate((found.source or "").splitlines(), start=1):
            if BROKEN in line:
                raise Invalid(f"TemplateSyntaxError (line {number}): expected an expression", code="TEMPLATE_BROKEN")
        return found
