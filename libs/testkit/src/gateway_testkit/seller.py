"""An ordinary merchant of an installation: ordinary keys, a card account, a site, and a server that is notified."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from gateway_providers.stripe.webhook import sign
from gateway_testkit.installation import Installation
from gateway_testkit.merchant import Merchant, Notification, running_merchant
from gateway_testkit.shop import checkout_body
from gateway_testkit.stack import REQUEST_S, PatientTransport
from gateway_testkit.tenants import INVOICING, WIRE, Tenant, open_tenant
from gateway_testkit.waiting import PATIENCE_S, eventually

CUSTOMER = {"name": "Erika Muster", "email": "erika@example.com", "country": "DE"}


@dataclass(frozen=True)
class Payment:
    """A payment that its customer began. ``intent`` is the provider's object as a webhook carries it."""

    transaction_id: str
    session: str
    amount: int
    currency: str
    intent: dict[str, Any]


class Seller:
    """One merchant.

    Attributes:
        tenant: its organization and requests with its key.
        server: the merchant's own server, which is notified.
        provider_id, secret: its card account and the secret that signs this account's webhooks.
    """

    def __init__(self, installation: Installation, tenant: Tenant, server: Merchant) -> None:
        self.installation = installation
        self.tenant = tenant
        self.server = server
        self.provider_id = ""
        self.wire_id = ""
        self.secret = f"whsec_{secrets.token_hex(16)}"
        self.site_id = ""
        self._page = httpx.AsyncClient(
            base_url=tenant.stack.descriptor["urls"]["checkoutApi"],
            headers={"Origin": tenant.stack.descriptor["edge"]["mainFrontend"]},
            timeout=REQUEST_S,
            transport=PatientTransport(limits=httpx.Limits(max_connections=32)),
        )

    async def aclose(self) -> None:
        """End the connections."""
        await self.tenant.aclose()
        await self._page.aclose()

    async def ask(self, verb: str, path: str, body: Any = None) -> httpx.Response:
        """One request to the merchants' API."""
        return await self.tenant.ask(verb, path, body)

    async def insist(self, path: str, body: Any) -> httpx.Response:
        """A POST, repeated under the same key while the gateway asks to come back, as a merchant's server does it."""
        key = secrets.token_hex(16)

        async def once() -> httpx.Response | None:
            answer = await self.tenant.ask("POST", path, body, idempotency_key=key)
            return None if answer.status_code == 503 else answer

        return await eventually(once)

    async def close_shop(self, site_id: str | None = None) -> None:
        """The merchant deletes a site, which a key of live payments may."""
        deleted = await self.tenant.ask("DELETE", f"/sites/{site_id or self.site_id}", None, self.tenant.live_key)
        assert deleted.is_success, deleted.text

    async def create_checkout(self, **changes: Any) -> httpx.Response:
        """The merchant's server asks for a payment page; the answer as it comes."""
        return await self.ask("POST", f"/checkouts/{self.site_id}/create", checkout_body(self.server.url, **changes))

    async def begin(self, provider_id: str | None = None, **changes: Any) -> Payment:
        """A checkout and the payment that its customer began, by card unless another account is named."""
        body = checkout_body(self.server.url, **changes)
        made = await self.insist(f"/checkouts/{self.site_id}/create", body)
        assert made.status_code == 200, made.text
        checkout = made.json()

        async def start() -> httpx.Response | None:
            answer = await self.start(checkout["sessionPublicId"], provider_id)
            return None if answer.status_code == 503 else answer

        started = await eventually(start)
        assert started.status_code == 200, started.text
        return self.payment(checkout["sessionPublicId"], started.json(), changes)

    async def start(self, session: str, provider_id: str | None = None, **changes: Any) -> httpx.Response:
        """The customer's page starts to pay; ``changes`` of the billing address. The answer as it comes."""
        body = {
            "sessionPublicId": session,
            "providerId": provider_id or self.provider_id,
            "billingAddress": CUSTOMER | changes,
        }
        return await self._page.post("/api/v1/transactions/create", json=body)

    def payment(self, session: str, started: dict[str, Any], changes: dict[str, Any]) -> Payment:
        """The payment that the customer's page received, for a checkout with these changes."""
        amount, currency = changes.get("amount", 4900), changes.get("currency", "EUR")
        intent = {
            "id": str(started["nextAction"].get("clientSecret", "")).split("_secret_")[0],
            "object": "payment_intent",
            "status": "succeeded",
            "amount": amount,
            "amount_received": amount,
            "currency": currency.lower(),
            "metadata": self.markers(started["transactionId"]),
        }
        return Payment(started["transactionId"], session, amount, currency, intent)

    def markers(self, transaction_id: str, **further: str) -> dict[str, str]:
        """The metadata by which a provider's object names our transaction."""
        organization_id = self.tenant.organization_id
        return {"gatewayTransactionId": transaction_id, "gatewayOrganizationId": organization_id, **further}

    async def webhook(
        self, kind: str, subject: dict[str, Any], *, secret: str | None = None, address: str | None = None
    ) -> httpx.Response:
        """The provider calls, from that address, with an event that is signed with this merchant's own secret."""
        now = self.installation.clock.now()
        body = event_body(kind, subject, now, f"evt_{secrets.token_hex(12)}")
        at = int(now.timestamp())
        signature = sign(body, secret or self.secret, at)
        headers = {"stripe-signature": f"t={at},v1={signature}", "content-type": "application/json"}
        if address is not None:
            headers["X-Real-IP"] = address
        return await self._page.post(f"/hooks/stripe/{self.provider_id}", content=body, headers=headers)

    async def thin_event(self, provider_id: str, payment_id: str) -> httpx.Response:
        """A webhook that only names a payment and is not signed, to an account at Mollie."""
        return await self._page.post(f"/hooks/mollie/{provider_id}", data={"id": payment_id})

    async def confirm(self, payment: Payment) -> None:
        """The provider reports that the card was charged, and the gateway accepts it."""
        accepted = await self.webhook("payment_intent.succeeded", payment.intent)
        assert accepted.status_code == 200, accepted.text

    async def enter_payment(self, **changes: Any) -> str:
        """The merchant enters a payment that was made elsewhere, and is notified of it; the transaction's id."""
        body = {
            "siteId": self.site_id,
            "amount": 4900,
            "currency": "EUR",
            "receivedAt": self.installation.clock.now().isoformat(),
            "externalReference": f"order-{secrets.token_hex(6)}",
            "ipnUrl": self.server.url,
            "dispatchIpn": True,
            "billingAddress": {"name": "Erika Muster", "country": "DE"},
        }
        made = await self.insist("/transactions/manual", body | changes)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def stop_invoicing(self) -> None:
        """Payments that follow make no documents."""
        settings = await self.ask("PATCH", "/organizations/settings/invoicing", {"enabled": False})
        assert settings.is_success, settings.text

    async def pay(self, **changes: Any) -> Payment:
        """A payment from the checkout to the provider's accepted report."""
        payment = await self.begin(**changes)
        await self.confirm(payment)
        return payment

    async def transaction(self, payment: Payment) -> dict[str, Any]:
        """The merchant reads the transaction."""
        answer = await self.ask("GET", f"/transactions/{payment.transaction_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def succeeded(self, payment: Payment, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait until the transaction has succeeded."""

        async def check() -> dict[str, Any] | None:
            found = await self.transaction(payment)
            return found if found["status"] == "succeeded" else None

        found: dict[str, Any] = await eventually(check, timeout_s)
        return found

    async def notified(self, payment: Payment, status: int = 1, timeout_s: float = PATIENCE_S) -> Notification:
        """Wait for the notification of that numeric status."""
        return await self.server.notification(payment.transaction_id, status, timeout_s)

    async def deliveries(self, payment: Payment) -> list[dict[str, Any]]:
        """The notifications of a transaction with their attempts, as the merchant sees them."""
        found: list[dict[str, Any]] = (await self.transaction(payment))["ipn"]
        return found

    async def invoices(self, payment: Payment) -> list[dict[str, Any]]:
        """The invoices of a transaction."""
        answer = await self.ask("GET", f"/invoices?transactionId={payment.transaction_id}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["invoices"]
        return found

    async def invoiced(self, payment: Payment, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for the transaction's invoice; exactly one."""

        async def check() -> list[dict[str, Any]]:
            return await self.invoices(payment)

        invoices: list[dict[str, Any]] = await eventually(check, timeout_s)
        assert len(invoices) == 1
        return invoices[0]

    async def pdf(self, payment: Payment, timeout_s: float = PATIENCE_S) -> bytes:
        """Wait for the invoice's PDF."""
        invoice = await self.invoiced(payment, timeout_s)

        async def check() -> bytes | None:
            answer = await self.ask("GET", f"/invoices/{invoice['id']}/pdf")
            return answer.content if answer.status_code == 200 else None

        return await eventually(check, timeout_s)


def event_body(kind: str, subject: dict[str, Any], at: datetime, event_id: str) -> bytes:
    """An event of the card provider, as it is signed and sent."""
    event = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": int(at.timestamp()),
        "livemode": False,
        "data": {"object": subject},
    }
    return json.dumps(event).encode()


async def open_seller(installation: Installation, name: str, server: Merchant) -> Seller:
    """A merchant who can be paid by card and by bank transfer, with invoices."""
    tenant = await open_tenant(installation.stack, name)
    seller = Seller(installation, tenant, server)
    settings = await tenant.ask("PUT", "/organizations/settings/invoicing", INVOICING)
    assert settings.is_success, settings.text
    key = f"sk_test_{secrets.token_hex(12)}"
    cards = {
        "type": "stripe",
        "label": "Cards",
        "secretKey": key,
        "publishableKey": key.replace("sk_", "pk_"),
        "webhookSecret": seller.secret,
    }
    seller.provider_id = (await tenant.make("/providers", cards))["id"]
    seller.wire_id = (await tenant.make("/providers", WIRE))["id"]
    site = {"name": name, "providerIds": [seller.provider_id, seller.wire_id], "defaultProviderId": seller.provider_id}
    seller.site_id = (await tenant.make("/sites", site))["id"]
    await eventually(lambda: _is_known(installation, seller))
    return seller


def _is_known(installation: Installation, seller: Seller) -> bool:
    """Whether every service in this process has the new site and account."""
    return all(
        runtime.config.site(seller.site_id) and runtime.config.provider(seller.provider_id)
        for runtime in installation.runtimes.values()
    )


@dataclass(frozen=True)
class Two:
    """``a`` makes the trouble, ``b`` must not notice."""

    a: Seller
    b: Seller


@asynccontextmanager
async def two_sellers(installation: Installation) -> AsyncIterator[Two]:
    """Two new merchants, each with a server of its own."""
    async with running_merchant() as server_a, running_merchant() as server_b:
        a = await open_seller(installation, "A", server_a)
        b = await open_seller(installation, "B", server_b)
        try:
            yield Two(a, b)
        finally:
            await a.aclose()
            await b.aclose()
