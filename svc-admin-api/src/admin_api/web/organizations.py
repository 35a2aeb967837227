"""Organizations (system keys) and their settings."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from admin_api.domain.idempotency import Attempt
from admin_api.errors import not_found
from admin_api.ports import Tenancy
from admin_api.use_cases.create_organization import NewOrganization, create_organization
from admin_api.use_cases.update_invoicing import update_invoicing
from admin_api.web.dependencies import DepsIn, PageIn, known_id, of_organization, requires, system_actor
from admin_api.web.mutation import MutationIn
from admin_api.web.schemas.invoicing import InvoicingIn, InvoicingView
from admin_api.web.schemas.tenancy import OrganizationIn, OrganizationListView, OrganizationView
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig
from gateway_kit.crypto.config_secrets import invoicing_value

router = APIRouter(tags=["organizations"])
SystemActor = Annotated[Actor, Depends(system_actor)]


@router.post("/organizations", status_code=201, response_model=OrganizationView)
async def create(body: OrganizationIn, actor: SystemActor, mutation: MutationIn) -> Response:
    """Make an organization with its encryption keys. Needs a system key."""

    async def execute(attempt: Attempt) -> OrganizationView:
        command = NewOrganization(name=body.name, country=body.country)
        tenancy = mutation.deps.tenancy
        return OrganizationView.of(await create_organization(command, actor=actor, attempt=attempt, tenancy=tenancy))

    return await mutation.run(actor, execute)


@router.get("/organizations", response_model=OrganizationListView)
async def list_all(_actor: SystemActor, deps: DepsIn, wish: PageIn) -> OrganizationListView:
    """All organizations, newest first. Needs a system key."""
    page = await deps.tenancy.organizations.page(None, wish)
    return OrganizationListView(
        organizations=[OrganizationView.of(kept) for kept in page.rows],
        total=page.total,
        page=wish.page,
        limit=wish.limit,
    )


@router.get("/organizations/settings/invoicing", response_model=InvoicingView)
async def read_invoicing(
    actor: Annotated[Actor, Depends(requires("organization:read"))], deps: DepsIn
) -> InvoicingView:
    """How this organization invoices."""
    kept = await deps.tenancy.organizations.find(actor.organization_id, actor.organization_id)
    if kept is None:
        raise not_found("organization")
    return _invoicing(kept.record, deps.tenancy)


@router.put("/organizations/settings/invoicing", response_model=InvoicingView)
async def write_invoicing(
    body: InvoicingIn, actor: Annotated[Actor, Depends(requires("organization:update"))], deps: DepsIn
) -> InvoicingView:
    """Change it: fields that are not given stay, null removes one."""
    kept = await update_invoicing(body.changes(), actor=actor, tenancy=deps.tenancy)
    return _invoicing(kept.record, deps.tenancy)


@router.get("/organizations/{organization_id}", response_model=OrganizationView)
async def read(
    organization_id: Annotated[str, Depends(known_id("organization"))],
    _actor: Annotated[Actor, Depends(of_organization("organization:read"))],
    deps: DepsIn,
) -> OrganizationView:
    """One organization: for system keys, and for its own keys."""
    kept = await deps.tenancy.organizations.find(organization_id, organization_id)
    if kept is None:
        raise not_found("organization")
    return OrganizationView.of(kept)


def _invoicing(record: OrganizationConfig, tenancy: Tenancy) -> InvoicingView:
    iban = invoicing_value(tenancy.keyring, record, "bankIBAN")
    shown = {
        **record.invoicing,
        "companyEmail": invoicing_value(tenancy.keyring, record, "companyEmail"),
        "bankIBAN": None if iban is None else {"plaintext": iban},
    }
    return InvoicingView.model_validate(shown)
