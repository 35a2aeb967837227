"""A client as the buyer of an order or invoice."""

from typing import Any, Final

from admin_api.payments.domain.client import Client
from admin_api.payments.ports import Payments
from admin_api.payments.use_cases.describe_client import ClientProfile, read_profile
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Invalid
from gateway_contracts.events.transaction import Party

_TAX_DATA: Final = ("vat_id", "routing_scheme", "routing_id")


async def read_buyer(client_id: str | None, *, actor: Actor, tenancy: Payments) -> Party | None:
    """The client's data for an invoice; None where no client is named.

    Raises:
        Invalid: not a client of the actor's organization and mode.
    """
    if client_id is None:
        return None
    return buyer_of(read_profile(await known_client(client_id, actor=actor, tenancy=tenancy), tenancy))


async def known_client(client_id: str, *, actor: Actor, tenancy: Payments) -> Client:
    """The client that a request names in its body.

    Raises:
        Invalid: not a client of the actor's organization and mode.
    """
    client = await tenancy.clients.get(None, Scope(actor.organization_id, actor.livemode), client_id)
    if client is None:
        raise Invalid.field("clientId", "no such client", code="UNKNOWN_CLIENT")
    return client


def buyer_of(profile: ClientProfile) -> Party:
    """The client with its tax data, as invoices name it."""
    routing: dict[str, Any] = profile.tax.get("peppolRoutingAddress") or {}
    return profile.party.model_copy(
        update={"routing_scheme": routing.get("schemeId"), "routing_id": routing.get("value")}
    )


def with_tax_data(given: Party, profile: ClientProfile) -> Party:
    """The order's buyer with the client's tax data where the order says nothing.

    Nothing else: the payment page of the order is open to everyone who has its address.
    """
    known = buyer_of(profile)
    missing = {name: getattr(known, name) for name in _TAX_DATA if not getattr(given, name)}
    return given.model_copy(update=missing)
