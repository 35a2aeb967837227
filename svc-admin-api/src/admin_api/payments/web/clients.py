"""A merchant's customers."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, PageIn, known_id, requires
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.payments.domain.client import EMAIL_FIELD, Client
from admin_api.payments.ports import Payments
from admin_api.payments.use_cases.describe_client import (
    create_client,
    delete_client,
    find_client,
    read_profile,
    replace_client,
    update_client,
)
from admin_api.payments.web.schemas.clients import ClientChangedView, ClientIn, ClientListView, ClientPatch, ClientView
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.web.schemas.audit import AuditListView, audit_views
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.bodies import BodyWarning
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX
from gateway_kit.http.routing import WarningsIn
from gateway_kit.mongo.pages import Page, PageRequest

router = new_router(tags=["clients"])
ClientId = Annotated[str, Depends(known_id("client"))]
Reader = Annotated[Actor, Depends(requires("client:read"))]
Creator = Annotated[Actor, Depends(requires("client:create", effect=Effect.OWN_MODE))]
Updater = Annotated[Actor, Depends(requires("client:update", effect=Effect.OWN_MODE))]
Deleter = Annotated[Actor, Depends(requires("client:delete", effect=Effect.OWN_MODE))]
Executor = Annotated[Actor, Depends(requires("client:execute"))]
Country = Annotated[
    str | None, Query(max_length=2, pattern="^[A-Z]{2}$", description="Only rows with this country code, such as DE.")
]


@router.get("/clients", response_model=ClientListView)
async def list_clients(
    actor: Reader,
    deps: DepsIn,
    request: PageIn,
    email: Annotated[
        str | None, Query(max_length=EMAIL_CHARACTERS_MAX, description="Only rows with this e-mail address.")
    ] = None,
    country: Country = None,
) -> ClientListView:
    """Clients of this key's mode, newest first."""
    return _list(await _page(actor, deps.tenancy, request, email, country), request, deps.tenancy)


@router.get("/clients/search", response_model=ClientListView)
async def search(
    actor: Executor,
    deps: DepsIn,
    request: PageIn,
    email: Annotated[
        str, Query(min_length=3, max_length=EMAIL_CHARACTERS_MAX, description="Only rows with this e-mail address.")
    ],
) -> ClientListView:
    """Find a client by e-mail address; upper and lower case are equal."""
    return _list(await _page(actor, deps.tenancy, request, email, None), request, deps.tenancy)


@router.get("/clients/{client_id}", response_model=ClientView)
async def read(client_id: ClientId, actor: Reader, deps: DepsIn) -> ClientView:
    """One client."""
    return _view(await find_client(client_id, actor=actor, tenancy=deps.tenancy), deps.tenancy)


@router.post("/clients", status_code=201, response_model=ClientChangedView)
async def create(body: ClientIn, actor: Creator, mutation: MutationIn, warnings: WarningsIn) -> Response:
    """Create a client in this key's mode. Paying customers become clients automatically."""

    async def execute(attempt: Attempt) -> ClientChangedView:
        tenancy = mutation.deps.tenancy
        made = await create_client(body.profile(), actor=actor, attempt=attempt, tenancy=tenancy)
        return _changed(made, tenancy, warnings)

    return await mutation.run(actor, execute)


@router.put("/clients/{client_id}", response_model=ClientChangedView)
async def replace(
    client_id: ClientId, body: ClientIn, actor: Updater, deps: DepsIn, warnings: WarningsIn
) -> ClientChangedView:
    """Replace all fields of a client; fields that are not given are removed."""
    replaced = await replace_client(client_id, body.profile(), actor=actor, tenancy=deps.tenancy)
    return _changed(replaced, deps.tenancy, warnings)


@router.patch("/clients/{client_id}", response_model=ClientChangedView)
async def update(
    client_id: ClientId, body: ClientPatch, actor: Updater, deps: DepsIn, warnings: WarningsIn
) -> ClientChangedView:
    """Change a client: fields that are not given stay, null removes one."""
    changed = await update_client(
        client_id, body.party_changes(), body.tax_changes(), actor=actor, tenancy=deps.tenancy
    )
    return _changed(changed, deps.tenancy, warnings)


@router.delete("/clients/{client_id}", status_code=204)
async def delete(client_id: ClientId, actor: Deleter, deps: DepsIn) -> Response:
    """Delete a client; payments and documents stay."""
    await delete_client(client_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.get("/clients/{client_id}/history", response_model=AuditListView)
async def history(client_id: ClientId, actor: Executor, deps: DepsIn, request: PageIn) -> AuditListView:
    """Changes of the client with actor and time, newest first."""
    await find_client(client_id, actor=actor, tenancy=deps.tenancy)
    filters = {"object_type": "client", "object_id": client_id}
    page = await deps.tenancy.audit.page(actor.organization_id, request, filters)
    return AuditListView(entries=audit_views(page.rows, deps.tenancy, with_address=False), **page.facts(request))


async def _page(
    actor: Actor, tenancy: Payments, request: PageIn, email: str | None, country: str | None
) -> Page[Client]:
    email_hash = tenancy.keyring.search_hash(actor.organization_id, EMAIL_FIELD, email) if email else None
    scope = Scope(actor.organization_id, actor.livemode)
    return await tenancy.clients.listed(scope, request, email_hash=email_hash, country=country)


def _list(page: Page[Client], request: PageRequest, tenancy: Payments) -> ClientListView:
    return ClientListView(clients=[_view(client, tenancy) for client in page.rows], **page.facts(request))


def _changed(client: Client, tenancy: Payments, warnings: tuple[BodyWarning, ...]) -> ClientChangedView:
    return ClientChangedView(**dict(_view(client, tenancy)), warnings=warnings)


def _view(client: Client, tenancy: Payments) -> ClientView:
    return ClientView.of(client, read_profile(client, tenancy))
