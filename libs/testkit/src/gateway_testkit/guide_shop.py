"""A shop that is built after docs/integration.md: an organization with a card account, bank transfers and a site, its
own server, and customers who pay."""

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway_testkit.merchant import Merchant, Notification, running_merchant
from gateway_testkit.shop import checkout_body
from gateway_testkit.stack import REQUEST_S, Stack
from gateway_testkit.tenants import INVOICING, WIRE, Tenant, open_card_account, open_tenant
from gateway_testkit.waiting import eventually


@dataclass
class GuideShop:
    """The shop.

    Attributes:
        secret: its site's notification secret.
        account: its secret key at the simulator of the card provider.
        providers: its accounts, ``stripe`` and ``wire``.
    """

    tenant: Tenant
    server: Merchant
    site_id: str
    secret: str
    account: str
    providers: dict[str, str]
    _keys: dict[frozenset[str], str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where its server is; notifications go to ``/ipn`` there."""
        return self.server.url.removesuffix("/ipn")

    async def key_with(self, scopes: Iterable[str]) -> str:
        """A key with exactly these scopes."""
        wanted = frozenset(scopes)
        if wanted not in self._keys:
            self._keys[wanted] = await self.tenant.narrow_key(*sorted(wanted))
        return self._keys[wanted]

    async def ask(self, verb: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """One request below ``/api/v1`` with the key of all scopes."""
        return await self.tenant.ask(verb, path, body, **options)

    async def read(self, path: str) -> Any:
        """A GET that must succeed."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def checkout(self, **changes: Any) -> dict[str, Any]:
        """A new checkout of a new customer; a change with the value None removes the field."""
        body = checkout_body(self.server.url, **changes)
        return await self.tenant.make_soon(f"/checkouts/{self.site_id}/create", body)

    async def start(self, checkout: dict[str, Any], provider: str = "stripe") -> dict[str, Any]:
        """The customer begins to pay."""
        body = {
            "sessionPublicId": checkout["sessionPublicId"],
            "providerId": self.providers[provider],
            "billingAddress": {"name": "Erika Muster", "country": "DE"},
        }
        async with self.tenant.stack.checkout() as page:
            started = await page.post("/api/v1/transactions/create", json=body)
        assert started.status_code == 200, started.text
        found: dict[str, Any] = started.json()
        return found

    async def confirm(self, started: dict[str, Any], card: str = "pm_card_visa") -> str:
        """The customer confirms with a card; the payment's id at the provider, whatever its state is."""
        intent = str(started["nextAction"]["clientSecret"]).split("_secret_")[0]
        async with self.at_stripe() as stripe:
            form = {"payment_method": card, "return_url": f"{self.url}/thanks"}
            await stripe.post(f"/v1/payment_intents/{intent}/confirm", data=form)
        return intent

    def at_stripe(self) -> httpx.AsyncClient:
        """The card provider with the shop's own account."""
        base = self.tenant.stack.descriptor["simulators"]["stripe"]
        return httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {self.account}"}, timeout=REQUEST_S)

    async def pay(self, checkout: dict[str, Any], card: str = "pm_card_visa") -> str:
        """The customer pays by card; the transaction's id."""
        started = await self.start(checkout)
        await self.confirm(started, card)
        return str(started["transactionId"])

    async def dispute(self, intent: str, **fields: Any) -> None:
        """The customer's bank opens a dispute, or says how it stands."""
        async with self.at_stripe() as stripe:
            moved = await stripe.post(f"/_sim/payment_intents/{intent}/dispute", json=fields)
        assert moved.is_success, moved.text

    async def transaction(self, transaction_id: str, status: str) -> dict[str, Any]:
        """Wait until the transaction has that status."""

        async def check() -> dict[str, Any] | None:
            found: dict[str, Any] = await self.read(f"/transactions/{transaction_id}")
            return found if found["status"] == status else None

        return await eventually(check)

    async def invoice(self, transaction_id: str) -> dict[str, Any]:
        """Wait for the transaction's invoice, issued or a draft."""

        async def check() -> dict[str, Any] | None:
            rows = (await self.read(f"/invoices?transactionId={transaction_id}"))["invoices"]
            return next((row for row in rows if row["number"] or row["draftReason"]), None)

        return await eventually(check)

    async def notified(self, transaction_id: str, status: int) -> Notification:
        """Wait for the notification of that numeric status."""
        return await self.server.notification(transaction_id, status)

    async def deliveries(self, transaction_id: str) -> list[dict[str, Any]]:
        """The transaction's notifications with their attempts."""
        found: list[dict[str, Any]] = (await self.read(f"/transactions/{transaction_id}"))["ipn"]
        return found


@asynccontextmanager
async def open_guide_shop(stack: Stack) -> AsyncIterator[GuideShop]:
    """A new one."""
    tenant = await open_tenant(stack, f"Guide {secrets.token_hex(3)}")
    invoicing = await tenant.ask("PUT", "/organizations/settings/invoicing", INVOICING)
    assert invoicing.is_success, invoicing.text
    stripe, account = await open_card_account(tenant)
    wire = (await tenant.make("/providers", WIRE))["id"]
    body = {"name": "Shop", "providerIds": [stripe, wire], "defaultProviderId": stripe}
    site = await tenant.make("/sites", body)
    async with running_merchant() as server:
        accounts = {"stripe": stripe, "wire": wire}
        yield GuideShop(tenant, server, site["id"], site["webhookSecret"], account, accounts)
    await tenant.aclose()
