"""svc-invoice in memory, as far as pages of templates and settings ask it."""

import base64
from typing import Any, Final

from owned_objects import AT, ID

from gateway_contracts.errors import Invalid, NotFound
from gateway_contracts.requests import invoice_settings, templates

TEMPLATE: Final = ID
PDF: Final = b"%PDF-1.7 proof"
BROKEN: Final = "{% if %}"


def settings_answers() -> dict[str, Any]:
    """Numbers, readiness and registers by subject."""
    return {
        invoice_settings.GET_NEXT_NUMBER.subject: _next_number,
        invoice_settings.GET_READINESS.subject: lambda _: readiness("SELLER_IBAN_MISSING", "bankIBAN"),
        invoice_settings.CHECK_REGISTERS.subject: lambda _: registers(),
    }


def _next_number(query: invoice_settings.NextNumberQuery) -> invoice_settings.NextNumber:
    if query.period_type == "none" and query.reset_policy != "never":
        raise Invalid.field("resetPolicy", "the number does not show that period", code="INVOICE_LAYOUT_REFUSED")
    prefix = ("INV-" if query.kind == "invoice" else "CN-") if query.prefix is None else query.prefix
    number = f"{prefix}2026-00043"
    return invoice_settings.NextNumber(kind=query.kind, number=number, issued_on=AT.date(), time_zone="Europe/Berlin")


def readiness(*missing: str) -> invoice_settings.EInvoiceReadiness:
    """XRechnung lacks one setting, given by code and field; ZUGFeRD lacks nothing."""
    lacking = invoice_settings.MissingSetting(code=missing[0], field=missing[1], sentence="It is missing.")
    made = invoice_settings.FormatReadiness
    return invoice_settings.EInvoiceReadiness(
        enabled=True,
        strict=False,
        formats=(
            made(format="xrechnung", allowed=True, ready=False, missing=(lacking,)),
            made(format="zugferd", allowed=False, ready=True),
        ),
    )


def registers(*problems: invoice_settings.RegisterProblem) -> invoice_settings.RegisterChecks:
    """Forty invoices with these problems, and no credit note."""
    made = invoice_settings.RegisterCheck
    invoices = made(kind="invoice", rows=40, intact=not problems, problems=problems, problem_count=len(problems))
    return invoice_settings.RegisterChecks(registers=(invoices, made(kind="credit_note", rows=0, intact=True)))


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
