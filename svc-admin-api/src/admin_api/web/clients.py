"""A merchant's customers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from admin_api.domain.client import COLLECTION, PARTY_FIELD, Client
from admin_api.errors import not_found
from admin_api.ports import Tenancy
from admin_api.use_cases.link_client import EMAIL_FIELD
from admin_api.web.dependencies import DepsIn, PageIn, known_id, requires
from admin_api.web.schemas.payments import ClientAddressView, ClientListView, ClientView, PlaintextView
from gateway_contracts.actor import Actor
from gateway_contracts.events.transaction import Party

router = APIRouter(tags=["clients"])
Reader = Annotated[Actor, Depends(requires("client:read"))]


@router.get("/clients", response_model=ClientListView)
async def list_clients(
    actor: Reader, deps: DepsIn, wish: PageIn, email: Annotated[str | None, Query(max_length=254)] = None
) -> ClientListView:
    """Clients of this key's mode, newest first; by exact e-mail address if given."""
    tenancy = deps.tenancy
    email_hash = tenancy.keyring.search_hash(actor.organization_id, EMAIL_FIELD, email) if email else None
    page = await tenancy.clients.page(actor.organization_id, wish, livemode=actor.livemode, email_hash=email_hash)
    return ClientListView(
        clients=[_view(client, tenancy) for client in page.rows],
        total=page.total,
        total_capped=page.is_total_capped,
        page=wish.page,
        limit=wish.limit,
    )


@router.get("/clients/{client_id}", response_model=ClientView)
async def read(client_id: Annotated[str, Depends(known_id("client"))], actor: Reader, deps: DepsIn) -> ClientView:
    """One client."""
    client = await deps.tenancy.clients.find(actor.organization_id, client_id, livemode=actor.livemode)
    if client is None:
        raise not_found("client")
    return _view(client, deps.tenancy)


def _view(client: Client, tenancy: Tenancy) -> ClientView:
    party = Party()
    if client.party is not None:
        text = tenancy.keyring.decrypt(client.party, client.organization_id, COLLECTION, client.id, PARTY_FIELD)
        party = Party.model_validate_json(text)
    return ClientView(
        id=client.id,
        livemode=client.livemode,
        email=_plain(party.email),
        name=_plain(party.name),
        company=_plain(party.company),
        phone=_plain(party.phone),
        address=ClientAddressView(
            line1=_plain(party.address1),
            line2=_plain(party.address2),
            city=_plain(party.city),
            postal_code=_plain(party.postcode),
            state=_plain(party.state),
            country=client.country,
        ),
        tax_info={"taxId": {"plaintext": party.vat_id}, "taxIdType": "vat"} if party.vat_id else None,
        payments=client.payments,
        transaction_ids=list(client.transaction_ids),
        created_at=client.created_at,
        updated_at=client.updated_at,
    )


def _plain(text: str | None) -> PlaintextView | None:
    return None if text is None else PlaintextView(plaintext=text)
