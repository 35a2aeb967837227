"""Templates of documents: drafts, proofs, publication."""

import base64
import hashlib
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.forwarding import forwarded
from admin_api.edge.mutation import KeyHeader
from admin_api.edge.routing import new_router
from admin_api.payments.web.filters import TemplateListIn
from admin_api.payments.web.schemas.templates import PreviewIn, TemplateDraftIn, TemplateIn, TemplateListView
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.actor import Actor
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
    TemplateQuery,
    TemplateRef,
    UpdateTemplate,
)

router = new_router(tags=["templates"])
TemplateId = Annotated[str, Depends(known_id("template"))]
Author = Annotated[Actor, Depends(requires("organization:update", effect=Effect.OWN_MODE))]


@forwarded(router, "GET", "/templates", LIST_TEMPLATES, scope="organization:read", answer=TemplateListView)
def list_templates(query: Annotated[TemplateListIn, Query()]) -> TemplateQuery:
    """Templates of this key's mode, newest first."""
    return query.to(TemplateQuery)


@forwarded(router, "GET", "/templates/{template_id}", GET_TEMPLATE, scope="organization:read")
def read(template_id: TemplateId) -> TemplateRef:
    """One template with its draft."""
    return TemplateRef(template_id=template_id)


@forwarded(
    router,
    "POST",
    "/templates",
    CREATE_TEMPLATE,
    scope="organization:update",
    effect=Effect.OWN_MODE,
    action="template.create",
    status=201,
)
def create(body: TemplateIn, attempt: Attempt) -> CreateTemplate:
    """Create a template as a draft: of one kind of document, for one site or for all that have no own one."""
    return CreateTemplate(template_id=attempt.object_id, **body.model_dump())


@forwarded(
    router,
    "PUT",
    "/templates/{template_id}",
    UPDATE_TEMPLATE,
    scope="organization:update",
    effect=Effect.OWN_MODE,
    action="template.update",
)
def update(template_id: TemplateId, body: TemplateDraftIn) -> UpdateTemplate:
    """Replace the draft; documents are printed with the published version until the next one."""
    return UpdateTemplate(template_id=template_id, **body.model_dump())


@forwarded(
    router,
    "POST",
    "/templates/{template_id}/publish",
    PUBLISH_TEMPLATE,
    scope="organization:update",
    effect=Effect.OWN_MODE,
    action="template.publish",
)
def publish(template_id: TemplateId) -> TemplateRef:
    """Print new documents with the draft as it is now. A draft that cannot be printed is refused: `TEMPLATE_BROKEN`."""
    return TemplateRef(template_id=template_id)


@forwarded(
    router,
    "DELETE",
    "/templates/{template_id}",
    DELETE_TEMPLATE,
    scope="organization:update",
    effect=Effect.OWN_MODE,
    action="template.delete",
    status=204,
)
def delete(template_id: TemplateId) -> TemplateRef:
    """Delete a template. New documents have the default design; earlier ones stay as they are."""
    return TemplateRef(template_id=template_id)


@router.post(
    "/templates/{template_id}/preview",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The proof."}},
)
async def preview(
    template_id: TemplateId, body: PreviewIn, actor: Author, deps: DepsIn, _idempotency_key: KeyHeader = None
) -> Response:
    """Print a proof of the draft, over an example or over a document of yours.

    Nothing is stored: a repetition prints again, with or without an Idempotency-Key."""
    request = PreviewTemplate(template_id=template_id, **body.model_dump())
    proof = base64.b64decode((await deps.rpc.call(PREVIEW_TEMPLATE, request, actor=actor)).pdf)
    headers = {"ETag": f'"{hashlib.sha256(proof).hexdigest()}"', "Cache-Control": "private, no-store"}
    return Response(proof, media_type="application/pdf", headers=headers)
