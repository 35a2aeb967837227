"""Organizations and their settings: by their own keys and people, and by those who run the installation."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, PageIn, of_organization, of_system, requires
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.shared.domain.effects import Effect, is_test_key
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.create_organization import NewOrganization, create_organization
from admin_api.tenancy.use_cases.delete_organization import delete_organization
from admin_api.tenancy.use_cases.update_invoicing import SEALED, update_invoicing
from admin_api.tenancy.use_cases.update_organization import update_organization
from admin_api.tenancy.web.schemas.invoicing import InvoicingIn, InvoicingPatch, InvoicingView
from admin_api.tenancy.web.schemas.tenancy import (
    OrganizationIn,
    OrganizationListView,
    OrganizationPatch,
    OrganizationView,
)
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig
from gateway_contracts.time_zones import legal_time_zone
from gateway_kit.crypto.config_secrets import invoicing_value

router = new_router(tags=["organizations"])
Founder = Annotated[Actor, Depends(of_system("organization:create"))]
Overseer = Annotated[Actor, Depends(of_system("organization:read"))]
Closer = Annotated[Actor, Depends(of_system("organization:delete"))]
Reader = Annotated[Actor, Depends(of_organization("organization:read"))]
Updater = Annotated[Actor, Depends(of_organization("organization:update", effect=Effect.BOTH_MODES))]
Invoicer = Annotated[Actor, Depends(of_organization("organization:update", effect=Effect.TEST_PART))]
OwnReader = Annotated[Actor, Depends(requires("organization:read"))]
OwnInvoicer = Annotated[Actor, Depends(requires("organization:update", effect=Effect.TEST_PART))]


@router.post("/organizations", status_code=201, response_model=OrganizationView)
async def create(body: OrganizationIn, actor: Founder, mutation: MutationIn) -> Response:
    """Create an organization with its encryption keys."""

    async def execute(attempt: Attempt) -> OrganizationView:
        command = NewOrganization(name=body.name, country=body.country)
        tenancy = mutation.deps.tenancy
        return OrganizationView.of(await create_organization(command, actor=actor, attempt=attempt, tenancy=tenancy))

    return await mutation.run(actor, execute)


@router.get("/organizations", response_model=OrganizationListView)
async def list_all(
    _actor: Overseer,
    deps: DepsIn,
    request: PageIn,
    name: Annotated[str | None, Query(max_length=200, description="Only rows with this name.")] = None,
    country: Annotated[
        str | None,
        Query(max_length=2, pattern="^[A-Z]{2}$", description="Only rows with this country code, such as DE."),
    ] = None,
) -> OrganizationListView:
    """All organizations, newest first."""
    given = {"name": name, "country": country}
    fields = {field: value for field, value in given.items() if value is not None}
    page = await deps.tenancy.organizations.listed(None, request, fields)
    return OrganizationListView(organizations=[OrganizationView.of(kept) for kept in page.rows], **page.facts(request))


@router.get("/organizations/settings/invoicing", response_model=InvoicingView)
async def read_own_invoicing(actor: OwnReader, deps: DepsIn) -> InvoicingView:
    """Settings of this organization's invoices."""
    return await _read_invoicing(actor.organization_id, actor, deps.tenancy)


@router.put("/organizations/settings/invoicing", response_model=InvoicingView)
async def replace_own_invoicing(body: InvoicingIn, actor: OwnInvoicer, deps: DepsIn) -> InvoicingView:
    """Replace the settings: fields that are not given are removed.

    What a test key sets holds for test documents only, in place of the live setting.
    """
    return await _write_invoicing(actor.organization_id, body, actor, deps.tenancy)


@router.patch("/organizations/settings/invoicing", response_model=InvoicingView)
async def change_own_invoicing(body: InvoicingPatch, actor: OwnInvoicer, deps: DepsIn) -> InvoicingView:
    """Change the settings: fields that are not given stay, null removes one.

    What a test key sets holds for test documents only, in place of the live setting; null takes it back.
    """
    return await _write_invoicing(actor.organization_id, body, actor, deps.tenancy)


@router.get("/organizations/{organization_id}", response_model=OrganizationView)
async def read(organization_id: str, _actor: Reader, deps: DepsIn) -> OrganizationView:
    """One organization."""
    kept = await deps.tenancy.organizations.existing(organization_id, organization_id)
    if kept is None:
        raise not_found("organization")
    return OrganizationView.of(kept)


@router.put("/organizations/{organization_id}", response_model=OrganizationView)
async def replace(organization_id: str, body: OrganizationIn, actor: Updater, deps: DepsIn) -> OrganizationView:
    """Replace name and address of an organization."""
    changes = {"name": body.name, "country": body.country}
    kept = await update_organization(organization_id, changes, actor=actor, tenancy=deps.tenancy)
    return OrganizationView.of(kept)


@router.patch("/organizations/{organization_id}", response_model=OrganizationView)
async def update(organization_id: str, body: OrganizationPatch, actor: Updater, deps: DepsIn) -> OrganizationView:
    """Change name and address of an organization; fields that are not given stay."""
    kept = await update_organization(organization_id, body.changes(), actor=actor, tenancy=deps.tenancy)
    return OrganizationView.of(kept)


@router.delete("/organizations/{organization_id}", status_code=204)
async def delete(organization_id: str, actor: Closer, deps: DepsIn) -> Response:
    """Close an organization: its sites and providers are deleted, its keys are refused, its records stay."""
    # The path's id decides; an unknown or malformed one does not exist.
    await delete_organization(organization_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.get("/organizations/{organization_id}/settings/invoicing", response_model=InvoicingView)
async def read_invoicing(organization_id: str, actor: Reader, deps: DepsIn) -> InvoicingView:
    """Settings of an organization's invoices."""
    return await _read_invoicing(organization_id, actor, deps.tenancy)


@router.put("/organizations/{organization_id}/settings/invoicing", response_model=InvoicingView)
async def replace_invoicing(organization_id: str, body: InvoicingIn, actor: Invoicer, deps: DepsIn) -> InvoicingView:
    """Replace the settings: fields that are not given are removed.

    What a test key sets holds for test documents only, in place of the live setting.
    """
    return await _write_invoicing(organization_id, body, actor, deps.tenancy)


@router.patch("/organizations/{organization_id}/settings/invoicing", response_model=InvoicingView)
async def change_invoicing(organization_id: str, body: InvoicingPatch, actor: Invoicer, deps: DepsIn) -> InvoicingView:
    """Change the settings: fields that are not given stay, null removes one.

    What a test key sets holds for test documents only, in place of the live setting; null takes it back.
    """
    return await _write_invoicing(organization_id, body, actor, deps.tenancy)


async def _write_invoicing(
    organization_id: str, body: InvoicingIn | InvoicingPatch, actor: Actor, tenancy: Tenancy
) -> InvoicingView:
    kept = await update_invoicing(organization_id, body.changes(), merges=body.MERGES, actor=actor, tenancy=tenancy)
    return _invoicing(kept.record, actor, tenancy)


async def _read_invoicing(organization_id: str, actor: Actor, tenancy: Tenancy) -> InvoicingView:
    kept = await tenancy.organizations.existing(organization_id, organization_id)
    if kept is None:
        raise not_found("organization")
    return _invoicing(kept.record, actor, tenancy)


def _invoicing(record: OrganizationConfig, actor: Actor, tenancy: Tenancy) -> InvoicingView:
    """The settings as they hold for the caller's documents."""
    livemode = not is_test_key(actor)
    settings = record.invoicing_of(livemode=livemode)
    opened = {name: invoicing_value(tenancy.keyring, record, name, livemode=livemode) for name in SEALED}
    iban = opened["bankIBAN"]
    shown = {
        **settings,
        **opened,
        "bankIBAN": None if iban is None else {"plaintext": iban},
        "legalTimeZoneInForce": legal_time_zone(settings, record.country),
    }
    return InvoicingView.model_validate(shown)
