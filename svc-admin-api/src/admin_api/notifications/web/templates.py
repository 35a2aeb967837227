"""Templates of messages to people."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import known_id, requires
from admin_api.edge.forwarding import forwarded
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.notifications.web.schemas.notifications import (
    DefaultTemplatesView,
    TemplateIn,
    TemplateListIn,
    TemplateListView,
    TemplateTextIn,
)
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.web.answers import RecordAnswer
from gateway_contracts.actor import Actor
from gateway_contracts.requests.notify import (
    CHANGE_TEMPLATE,
    CREATE_TEMPLATE,
    DELETE_TEMPLATE,
    GET_TEMPLATE,
    LIST_DEFAULT_TEMPLATES,
    LIST_TEMPLATES,
    PREVIEW_TEMPLATE,
    PUBLISH_TEMPLATE,
    ChangeTemplate,
    CreateTemplate,
    RenderedTemplate,
    TemplateQuery,
    TemplateRef,
)
from gateway_contracts.rpc import Empty

router = new_router(tags=["messages to people"])
TemplateId = Annotated[str, Depends(known_id("message template"))]
Reader = Annotated[Actor, Depends(requires("organization:read", effect=Effect.OWN_MODE))]
_PATH = "/notifications/templates"


@forwarded(
    router,
    "GET",
    "/notifications/default-templates",
    LIST_DEFAULT_TEMPLATES,
    scope="organization:read",
    answer=DefaultTemplatesView,
)
def list_default_templates() -> Empty:
    """The default templates, which hold where an organization has none of its own, and the variables by event."""
    return Empty()


@forwarded(router, "GET", _PATH, LIST_TEMPLATES, scope="organization:read", answer=TemplateListView)
def list_templates(query: Annotated[TemplateListIn, Query()]) -> TemplateQuery:
    """All revisions of this key's mode, newest first."""
    return query.to(TemplateQuery)


@forwarded(router, "GET", f"{_PATH}/{{message_template_id}}", GET_TEMPLATE, scope="organization:read")
def read(message_template_id: TemplateId) -> TemplateRef:
    """One revision."""
    return TemplateRef(template_id=message_template_id)


@forwarded(
    router,
    "POST",
    _PATH,
    CREATE_TEMPLATE,
    scope="organization:update",
    role="admin",
    effect=Effect.OWN_MODE,
    action="notification_template.create",
    status=201,
)
def create(body: TemplateIn, attempt: Attempt) -> CreateTemplate:
    """Create a draft. There is one draft for each event, channel and language: 409 `TEMPLATE_DRAFT_EXISTS`.

    A source may use `{{ variable }}`, conditions, the filters upper, lower, trim, capitalize and title, and
    `{{ _("text") }}`; anything else is 422 `TEMPLATE_REFUSED`.
    """
    return body.command(attempt.object_id)


@forwarded(
    router,
    "PUT",
    f"{_PATH}/{{message_template_id}}",
    CHANGE_TEMPLATE,
    scope="organization:update",
    role="admin",
    effect=Effect.OWN_MODE,
    action="notification_template.change",
)
def change(message_template_id: TemplateId, body: TemplateTextIn) -> ChangeTemplate:
    """Replace the texts of a draft."""
    return body.command(message_template_id)


@router.post(f"{_PATH}/preview", response_model=RenderedTemplate)
async def preview(body: TemplateIn, actor: Reader, mutation: MutationIn) -> Response:
    """Render a template with the values of an example. Nothing is stored."""

    async def execute(_attempt: Attempt) -> RecordAnswer:
        rendered = await mutation.deps.rpc.call(PREVIEW_TEMPLATE, body.preview(), actor=actor)
        return RecordAnswer(record=rendered)

    return await mutation.run(actor, execute, status=200)


@forwarded(
    router,
    "POST",
    f"{_PATH}/{{message_template_id}}/publish",
    PUBLISH_TEMPLATE,
    scope="organization:update",
    role="admin",
    effect=Effect.OWN_MODE,
    action="notification_template.publish",
)
def publish(message_template_id: TemplateId) -> TemplateRef:
    """Use a draft from now on, in place of the published revision."""
    return TemplateRef(template_id=message_template_id)


@forwarded(
    router,
    "DELETE",
    f"{_PATH}/{{message_template_id}}",
    DELETE_TEMPLATE,
    scope="organization:update",
    role="admin",
    effect=Effect.OWN_MODE,
    action="notification_template.delete",
    status=204,
)
def delete(message_template_id: TemplateId) -> TemplateRef:
    """Delete a draft, or take a published template out of use: the default one holds again."""
    return TemplateRef(template_id=message_template_id)
