"""The audit log: for admins of an organization, and for those who run the installation."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from admin_api.edge.dependencies import Deps, DepsIn, PageIn, of_system, requires
from admin_api.edge.routing import new_router
from admin_api.shared.domain.roles import INSTALLATION
from admin_api.shared.ports import SharedPorts
from admin_api.shared.web.schemas.audit import AuditCheckView, AuditListView, audit_view, audit_views
from gateway_contracts.actor import Actor

router = new_router(tags=["audit log"])
Admin = Annotated[Actor, Depends(requires("organization:read", role="admin"))]
Operator = Annotated[Actor, Depends(of_system("system:read"))]
NDJSON = "application/x-ndjson"
_EXPORT: dict[int | str, dict[str, Any]] = {
    200: {"content": {NDJSON: {"schema": {"type": "string"}}}, "description": "One entry as JSON per line."}
}


def audit_filters(
    *,
    action: Annotated[str | None, Query(max_length=100, description="Only this action, such as site.update.")] = None,
    object_type: Annotated[
        str | None, Query(alias="objectType", max_length=50, description="Only this kind of object, such as site.")
    ] = None,
    object_id: Annotated[
        str | None, Query(alias="objectId", max_length=100, description="Only entries of the object with this id.")
    ] = None,
    actor_id: Annotated[
        str | None,
        Query(alias="actorId", max_length=100, description="Only entries of the API key or person with this id."),
    ] = None,
    request_id: Annotated[
        str | None,
        Query(alias="requestId", max_length=130, description="Only entries of the request with this X-Request-ID."),
    ] = None,
) -> dict[str, str]:
    """Exact values by stored field."""
    given = {
        "action": action,
        "object_type": object_type,
        "object_id": object_id,
        "actor_id": actor_id,
        "request_id": request_id,
    }
    return {name: value for name, value in given.items() if value is not None}


Filters = Annotated[dict[str, str], Depends(audit_filters)]


@router.get("/audit", response_model=AuditListView)
async def list_entries(actor: Admin, deps: DepsIn, request: PageIn, filters: Filters) -> AuditListView:
    """Audit log of this organization, both modes, newest first."""
    return await _page(actor.organization_id, deps.tenancy, request, filters)


@router.get("/audit/check", response_model=AuditCheckView)
async def check(actor: Admin, deps: DepsIn) -> AuditCheckView:
    """Walk the chain of this organization's audit log: whether any entry was changed or is missing."""
    return await _check(actor.organization_id, deps)


@router.get("/audit/export", response_class=StreamingResponse, responses=_EXPORT)
async def export(actor: Admin, deps: DepsIn) -> StreamingResponse:
    """Complete audit log of this organization, oldest first, one entry per line."""
    return _stream(actor.organization_id, deps.tenancy)


@router.get("/system/audit", response_model=AuditListView)
async def list_system_entries(_actor: Operator, deps: DepsIn, request: PageIn, filters: Filters) -> AuditListView:
    """Audit log of the installation, newest first."""
    return await _page(INSTALLATION, deps.tenancy, request, filters)


@router.get("/system/audit/check", response_model=AuditCheckView)
async def check_system(_actor: Operator, deps: DepsIn) -> AuditCheckView:
    """Walk the chain of the installation's audit log: whether any entry was changed or is missing."""
    return await _check(INSTALLATION, deps)


@router.get("/system/audit/export", response_class=StreamingResponse, responses=_EXPORT)
async def export_system(_actor: Operator, deps: DepsIn) -> StreamingResponse:
    """Complete audit log of the installation, oldest first, one entry per line."""
    return _stream(INSTALLATION, deps.tenancy)


async def _page(organization_id: str, tenancy: SharedPorts, request: PageIn, filters: dict[str, str]) -> AuditListView:
    page = await tenancy.audit.page(organization_id, request, filters)
    return AuditListView(entries=audit_views(page.rows, tenancy), **page.facts(request))


async def _check(organization_id: str, deps: Deps) -> AuditCheckView:
    report = await deps.chain_checks.check(organization_id, audit=deps.tenancy.audit)
    return AuditCheckView(
        intact=report.problem is None,
        entries=report.entries,
        problem=report.problem,
        checked_at=deps.tenancy.clock.now(),
    )


def _stream(organization_id: str, tenancy: SharedPorts) -> StreamingResponse:

    async def lines() -> AsyncIterator[bytes]:
        async for entry in tenancy.audit.chain(organization_id):
            yield audit_view(entry, tenancy).wire_json() + b"\n"

    headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"'}
    return StreamingResponse(lines(), media_type=NDJSON, headers=headers)
