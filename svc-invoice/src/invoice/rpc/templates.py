"""Answers requests about templates; the caller's rights and tenant are decided here, once."""

import base64
from dataclasses import dataclass
from typing import Protocol

from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig
from gateway_contracts.errors import Invalid, NotFound
from gateway_contracts.ids import is_object_id, new_operation_id
from gateway_contracts.pages import fitted
from gateway_contracts.requests.templates import (
    CREATE_TEMPLATE,
    DELETE_TEMPLATE,
    GET_TEMPLATE,
    LIST_TEMPLATES,
    PREVIEW_TEMPLATE,
    PUBLISH_TEMPLATE,
    UPDATE_TEMPLATE,
    CreateTemplate,
    PreviewTemplate,
    TemplatePage,
    TemplatePreview,
    TemplateQuery,
    TemplateRecord,
    TemplateRef,
    UpdateTemplate,
)
from gateway_contracts.rpc import Call
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.service import Runtime
from invoice.domain.template import Template
from invoice.ports import ReadLogo, Stores
from invoice.rpc.handlers import tenant_scope
from invoice.use_cases.edit_template import (
    create_template,
    delete_template,
    find_template,
    list_templates,
    update_template,
)
from invoice.use_cases.publish_template import Proofs, publish_template

READS = "organization:read"
CHANGES = "organization:update"
"""As the settings of invoices."""


class Sites(Protocol):
    """Sites from the configuration."""

    async def fetch_site(self, identifier: str) -> SiteConfig | None: ...


@dataclass(frozen=True, kw_only=True)
class TemplateHandlers:
    """One method per request method."""

    uow: UnitOfWork
    stores: Stores
    proofs: Proofs
    read_logo: ReadLogo
    sites: Sites

    def serve(self, runtime: Runtime) -> None:
        """Answer all of them."""
        runtime.serve(CREATE_TEMPLATE, self.create)
        runtime.serve(LIST_TEMPLATES, self.list)
        runtime.serve(GET_TEMPLATE, self.read)
        runtime.serve(UPDATE_TEMPLATE, self.update)
        runtime.serve(PUBLISH_TEMPLATE, self.publish)
        runtime.serve(DELETE_TEMPLATE, self.delete)
        runtime.serve(PREVIEW_TEMPLATE, self.preview)

    async def create(self, request: CreateTemplate, call: Call) -> TemplateRecord:
        scope = tenant_scope(call.actor, CHANGES)
        if not is_object_id(request.template_id):
            raise Invalid.field("templateId", "must be an object id")
        await self._check_site(request.site_id, call.actor)
        operation_id = call.operation_id or new_operation_id()
        return record_of(
            await create_template(
                request,
                scope=scope,
                operation_id=operation_id,
                uow=self.uow,
                stores=self.stores,
                read_logo=self.read_logo,
            )
        )

    async def list(self, request: TemplateQuery, call: Call) -> TemplatePage:
        scope = tenant_scope(call.actor, READS)
        found = await list_templates(request, scope=scope, stores=self.stores)
        return TemplatePage(templates=fitted(record_of(template) for template in found.rows), **found.facts(request))

    async def read(self, request: TemplateRef, call: Call) -> TemplateRecord:
        scope = tenant_scope(call.actor, READS)
        return record_of(await find_template(request.template_id, scope=scope, stores=self.stores))

    async def update(self, request: UpdateTemplate, call: Call) -> TemplateRecord:
        scope = tenant_scope(call.actor, CHANGES)
        operation_id = call.operation_id or new_operation_id()
        return record_of(
            await update_template(
                request,
                scope=scope,
                operation_id=operation_id,
                uow=self.uow,
                stores=self.stores,
                read_logo=self.read_logo,
            )
        )

    async def publish(self, request: TemplateRef, call: Call) -> TemplateRecord:
        scope = tenant_scope(call.actor, CHANGES)
        operation_id = call.operation_id or new_operation_id()
        return record_of(
            await publish_template(
                request.template_id,
                scope=scope,
                operation_id=operation_id,
                uow=self.uow,
                stores=self.stores,
                proofs=self.proofs,
            )
        )

    async def delete(self, request: TemplateRef, call: Call) -> TemplateRecord:
        scope = tenant_scope(call.actor, CHANGES)
        operation_id = call.operation_id or new_operation_id()
        return record_of(
            await delete_template(
                request.template_id, scope=scope, operation_id=operation_id, uow=self.uow, stores=self.stores
            )
        )

    async def preview(self, request: PreviewTemplate, call: Call) -> TemplatePreview:
        scope = tenant_scope(call.actor, CHANGES)
        if request.invoice_id is not None:
            # The proof shows what the document shows.
            call.actor.require("invoice:execute")
        return TemplatePreview(pdf=base64.b64encode(await self.proofs.preview(request, scope=scope)).decode())

    async def _check_site(self, site_id: str | None, actor: Actor) -> None:
        """
        Raises:
            NotFound: the caller has no such site, or may use one site only.
        """
        if site_id is None and actor.site_id is None:
            return
        site = await self.sites.fetch_site(site_id) if site_id and actor.site_id in (None, site_id) else None
        if site is None or site.organization_id != actor.organization_id:
            raise NotFound("there is no such site")


def record_of(template: Template) -> TemplateRecord:
    """The merchant's view: the draft, and the version in use."""
    draft = template.draft
    return TemplateRecord(
        id=template.id,
        kind=template.kind,
        site_id=template.site_id or None,
        livemode=template.livemode,
        name=template.name,
        source=draft.source,
        logo=draft.logo,
        color=draft.color,
        published_version=template.published_number,
        has_changes=template.has_changes,
        created_at=template.created_at,
        changed_at=template.changed_at,
        published_at=template.published_at,
        last_error=template.last_error,
    )
