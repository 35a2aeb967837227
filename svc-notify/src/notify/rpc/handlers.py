"""Answers requests; the caller's rights and tenant are decided here, once."""

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Forbidden
from gateway_contracts.ids import new_operation_id
from gateway_contracts.pages import fitted
from gateway_contracts.requests.notify import (
    ChangeTemplate,
    CreateTemplate,
    DefaultTemplates,
    NotificationPage,
    NotificationQuery,
    NotificationRecord,
    NotificationRef,
    PreviewTemplate,
    PutSettings,
    RenderedTemplate,
    SendDocument,
    SendTest,
    SettingsRecord,
    TemplatePage,
    TemplateQuery,
    TemplateRecord,
    TemplateRef,
)
from gateway_contracts.rpc import Call, Empty
from gateway_kit import context
from notify.domain.facts import EXAMPLE
from notify.domain.message import Message
from notify.domain.template import Sources, TemplateKey
from notify.ports import Deps
from notify.rpc.records import default_records, notification_of, settings_record, template_record
from notify.use_cases.change_template import change_template
from notify.use_cases.create_template import create_template
from notify.use_cases.delete_template import delete_template
from notify.use_cases.find_message import find_message
from notify.use_cases.find_template import find_template
from notify.use_cases.list_messages import list_messages
from notify.use_cases.list_templates import list_templates
from notify.use_cases.publish_template import publish_template
from notify.use_cases.put_settings import put_settings
from notify.use_cases.resend_message import resend_message
from notify.use_cases.send_requested import send_document, send_test
from notify.use_cases.settings_of import settings_of


def tenant_scope(actor: Actor, right: str) -> Scope:
    """Scope of what this caller may see of messages.

    Raises:
        Forbidden: the right is missing, or the caller belongs to no organization.
    """
    actor.require(right)
    if not actor.organization_id:
        raise Forbidden("this credential belongs to no organization", code="ORGANIZATION_REQUIRED")
    return Scope(actor.organization_id, actor.livemode, actor.site_id)


def whole_scope(actor: Actor, right: str) -> Scope:
    """Scope of settings and templates, which all sites of a mode share.

    Raises:
        Forbidden: see `tenant_scope`.
    """
    scope = tenant_scope(actor, right)
    return Scope(scope.organization_id, scope.mode)


class Handlers:
    """One method per request method."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def send_document(self, request: SendDocument, call: Call) -> NotificationRecord:
        """``invoice:execute`` or ``credit_note:execute``."""
        scope = tenant_scope(call.actor, f"{request.document}:execute")
        return self._record(
            await send_document(
                request, scope=scope, operation_id=_operation(call), correlation_id=_correlation(), deps=self._deps
            )
        )

    async def send_test(self, request: SendTest, call: Call) -> NotificationRecord:
        """``organization:update``."""
        scope = whole_scope(call.actor, "organization:update")
        return self._record(
            await send_test(
                request, scope=scope, operation_id=_operation(call), correlation_id=_correlation(), deps=self._deps
            )
        )

    async def list_notifications(self, request: NotificationQuery, call: Call) -> NotificationPage:
        """``organization:read``."""
        scope = tenant_scope(call.actor, "organization:read")
        found = await list_messages(request, scope=scope, deps=self._deps)
        return NotificationPage(
            notifications=fitted(self._record(message) for message in found.rows), **found.facts(request)
        )

    async def get_notification(self, request: NotificationRef, call: Call) -> NotificationRecord:
        """``organization:read``."""
        scope = tenant_scope(call.actor, "organization:read")
        return self._record(await find_message(request.notification_id, scope=scope, store=self._deps.stores.messages))

    async def resend(self, request: NotificationRef, call: Call) -> NotificationRecord:
        """``organization:execute``."""
        scope = tenant_scope(call.actor, "organization:execute")
        return self._record(
            await resend_message(request.notification_id, scope=scope, operation_id=_operation(call), deps=self._deps)
        )

    async def get_settings(self, _request: Empty, call: Call) -> SettingsRecord:
        """``organization:read``."""
        scope = whole_scope(call.actor, "organization:read")
        return settings_record(await settings_of(scope, self._deps.stores), self._deps)

    async def put_settings(self, request: PutSettings, call: Call) -> SettingsRecord:
        """``organization:update``."""
        scope = whole_scope(call.actor, "organization:update")
        settings = await put_settings(request, scope=scope, operation_id=_operation(call), deps=self._deps)
        return settings_record(settings, self._deps)

    async def list_templates(self, request: TemplateQuery, call: Call) -> TemplatePage:
        """``organization:read``."""
        scope = whole_scope(call.actor, "organization:read")
        found = await list_templates(request, scope=scope, deps=self._deps)
        return TemplatePage(
            templates=fitted(template_record(template) for template in found.rows), **found.facts(request)
        )

    async def list_default_templates(self, _request: Empty, call: Call) -> DefaultTemplates:
        """``organization:read``."""
        tenant_scope(call.actor, "organization:read")
        return default_records()

    async def get_template(self, request: TemplateRef, call: Call) -> TemplateRecord:
        """``organization:read``."""
        scope = whole_scope(call.actor, "organization:read")
        found = await find_template(request.template_id, scope=scope, store=self._deps.stores.templates)
        return template_record(found)

    async def create_template(self, request: CreateTemplate, call: Call) -> TemplateRecord:
        """``organization:update``."""
        scope = whole_scope(call.actor, "organization:update")
        return template_record(
            await create_template(request, scope=scope, operation_id=_operation(call), deps=self._deps)
        )

    async def change_template(self, request: ChangeTemplate, call: Call) -> TemplateRecord:
        """``organization:update``."""
        scope = whole_scope(call.actor, "organization:update")
        return template_record(await change_template(request, scope=scope, deps=self._deps))

    async def publish_template(self, request: TemplateRef, call: Call) -> TemplateRecord:
        """``organization:update``."""
        scope = whole_scope(call.actor, "organization:update")
        return template_record(await publish_template(request.template_id, scope=scope, deps=self._deps))

    async def delete_template(self, request: TemplateRef, call: Call) -> Empty:
        """``organization:update``."""
        scope = whole_scope(call.actor, "organization:update")
        await delete_template(request.template_id, scope=scope, deps=self._deps)
        return Empty()

    async def preview_template(self, request: PreviewTemplate, call: Call) -> RenderedTemplate:
        """``organization:read``."""
        scope = whole_scope(call.actor, "organization:read")
        key = TemplateKey(request.event, request.channel, request.language)
        sources = Sources(request.text, request.subject, request.html)
        self._deps.renderer.check(sources, key)
        names = self._deps.organizations.names(scope)
        rendered = self._deps.renderer.render(sources, key, EXAMPLE, names)
        return RenderedTemplate(subject=rendered.subject, html=rendered.html, text=rendered.text)

    def _record(self, message: Message) -> NotificationRecord:
        return notification_of(message, self._deps)


def _operation(call: Call) -> str:
    return call.operation_id or new_operation_id()


def _correlation() -> str:
    """The id of the request that this one belongs to."""
    return context.correlation_id.get() or new_operation_id()
