"""A merchant's customers."""

from collections.abc import Sequence
from typing import Any

from admin_api.payments.domain.client import Client, Payer
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Transient
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.queries import are_texts, is_text
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx


class Clients(Store[Client]):
    """Clients by organization and mode."""

    async def by_email(self, tx: Tx, scope: Scope, email_hash: str) -> Client | None:
        """The client with that address."""
        return await self.first(tx, scope, {"email_hash": is_text(email_hash)})

    async def payers(self, tx: Tx, payers: Sequence[Payer]) -> list[Client]:
        """All clients that one of these may be."""
        wanted: list[dict[str, Any]] = []
        for organization_id, livemode in {(payer.organization_id, payer.livemode) for payer in payers}:
            tenant = {"organization_id": organization_id, "livemode": livemode}
            own = [payer for payer in payers if (payer.organization_id, payer.livemode) == (organization_id, livemode)]
            # At most two alternatives for each tenant: the server plans every alternative against every index.
            if ids := sorted({payer.named_client_id for payer in own if payer.named_client_id is not None}):
                wanted.append({**tenant, "_id": {"$in": ids}})
            if hashes := sorted({payer.email_hash for payer in own if payer.email_hash is not None}):
                wanted.append({**tenant, "email_hash": are_texts(hashes)})
        return await self.across_tenants.find(tx, {"$or": wanted}, sort=()) if wanted else []

    def add(self, tx: Tx, client: Client) -> None:
        """Store a new client; `Transient` where another event made one of the same address at this moment."""
        another = Transient("another payment is creating the same client", code="CLIENT_BEING_CREATED")
        self.insert(tx, client, otherwise=another)

    def change(self, tx: Tx, before: Client, after: Client) -> Client:
        """Store a change; `Transient` where another client took the same address at this moment."""
        another = Transient("another client is taking the same e-mail address", code="CLIENT_BEING_CREATED")
        return self.replace(tx, before, after, taken=another)

    async def listed(
        self, scope: Scope, request: PageRequest, *, email_hash: str | None, country: str | None
    ) -> Page[Client]:
        """Newest first."""
        by_email = {} if email_hash is None else {"email_hash": is_text(email_hash)}
        return await self.page(scope, request, by_email | ({} if country is None else {"country": country}))
