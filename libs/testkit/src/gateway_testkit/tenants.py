"""An organization on a started stack with one object of every kind, its people and its keys: for tests of isolation."""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway_testkit.people import PersonAtWork, sign_up
from gateway_testkit.shop import checkout_body
from gateway_testkit.stack import REQUEST_S, PatientTransport, Stack
from gateway_testkit.waiting import eventually

PEOPLE = ("viewer", "support", "admin")
WIRE = {
    "type": "wire",
    "label": "Transfer",
    "accountHolder": "Shop GmbH",
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
}
CARD_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)
TEMPLATE = {
    "event": "payment.failed",
    "channel": "slack",
    "language": "de",
    "text": "{{ amount }}: {{ reason }}",
}
INVOICING = {
    "enabled": True,
    "autoGenerateInvoice": True,
    "companyName": "Shop GmbH",
    "companyAddress": {"street": "Main 1", "postalCode": "10115", "city": "Berlin", "country": "DE"},
}


@dataclass
class Tenant:
    """One organization.

    Attributes:
        key: of the test mode, with all scopes.
        live_key: the same of the other mode.
        tokens: access tokens of its people, by role.
        people: those people themselves, by role.
        ids: of its objects, by the name of the path parameter that they stand for.
    """

    stack: Stack
    organization_id: str
    key: str
    live_key: str
    tokens: dict[str, str] = field(default_factory=dict)
    people: dict[str, PersonAtWork] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    _http: httpx.AsyncClient | None = None

    async def ask(
        self,
        verb: str,
        path: str,
        body: Any = None,
        credential: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """One request below ``/api/v1``; a POST without a key of its own gets one."""
        if self._http is None:
            # One client for all: to make one takes longer than most requests.
            self._http = httpx.AsyncClient(
                base_url=f"{self.stack.descriptor['urls']['adminApi']}/api/v1",
                timeout=REQUEST_S,
                transport=PatientTransport(),
            )
        headers = {"Authorization": f"Bearer {credential or self.key}"}
        if verb == "POST":
            # Some routes insist on one.
            headers["Idempotency-Key"] = idempotency_key or secrets.token_hex(16)
        while True:
            answer = await self._http.request(verb, path, json=body, headers=headers)
            if answer.headers.get("Rate-Limited-Reason") != "key":
                return answer
            # On a fast machine one key asks more often than it may: a well-behaved client obeys.
            await asyncio.sleep(int(answer.headers["Retry-After"]))

    async def aclose(self) -> None:
        """End the connections."""
        if self._http is not None:
            await self._http.aclose()

    async def make(self, path: str, body: Mapping[str, Any], credential: str | None = None) -> dict[str, Any]:
        """Create something that must succeed."""
        answer = await self.ask("POST", path, dict(body), credential)
        assert answer.is_success, f"{path}: {answer.text}"
        made: dict[str, Any] = answer.json()
        return made

    async def make_soon(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create something that needs what was just set up and is on its way to all services."""
        return await eventually(lambda: self.make(path, body))

    async def narrow_key(self, *scopes: str, **fields: Any) -> str:
        """A further key of the test mode with these scopes alone."""
        body = {"label": "narrow", "scopes": list(scopes), **fields}
        return str((await self.make(f"/organizations/{self.organization_id}/api-keys", body))["key"])


def system_key(stack: Stack) -> str:
    """The system key of that stack."""
    return str(json.loads((stack.folder / "seed.json").read_text())["systemKey"])


async def open_tenant(stack: Stack, name: str) -> Tenant:
    """A new organization with a key of each mode and nothing else."""
    key = system_key(stack)
    async with stack.admin(key) as api:
        made = await api.post("/api/v1/organizations", json={"name": name, "country": "DE"})
        assert made.status_code == 201, made.text
        organization_id = made.json()["id"]
        texts = []
        for livemode in (False, True):
            body = {"label": "all", "scopes": ["*:*"], "livemode": livemode}
            answer = await api.post(f"/api/v1/organizations/{organization_id}/api-keys", json=body)
            assert answer.status_code == 201, answer.text
            texts.append(answer.json()["key"])
    return Tenant(stack, organization_id, *texts)


async def furnish(tenant: Tenant) -> None:
    """Give it one object of every kind that a path can name."""
    home = f"/organizations/{tenant.organization_id}"
    tenant.ids["organization_id"] = tenant.organization_id
    await tenant.ask("PUT", "/organizations/settings/invoicing", INVOICING)
    provider = await tenant.make("/providers", WIRE)
    stripe_id, account = await open_card_account(tenant)
    site = await tenant.make(
        "/sites", {"name": "Shop", "providerIds": [provider["id"], stripe_id], "defaultProviderId": provider["id"]}
    )
    client = await tenant.make("/clients", {"name": {"plaintext": "Jane"}})
    template = await tenant.make("/templates", {"kind": "receipt", "name": "House style"})
    # What serves both modes takes a live key.
    live = tenant.live_key
    name = f"pay.{tenant.organization_id}.example"
    domain = await tenant.make("/domains", {"siteId": site["id"], "name": name}, live)
    spare = await tenant.make(f"{home}/api-keys", {"label": "spare", "scopes": ["site:read"]})
    invited = {"email": f"m@{tenant.organization_id}.example", "role": "viewer"}
    member = await tenant.make(f"{home}/members", invited, live)
    job = await tenant.make(f"{home}/encryption/rotate", {"mode": "rewrap"}, live)
    message_template = await tenant.make("/notifications/templates", TEMPLATE)
    tenant.ids |= {
        "provider_id": provider["id"],
        "site_id": site["id"],
        "client_id": client["id"],
        "template_id": template["id"],
        "domain_id": domain["id"],
        "api_key_id": spare["id"],
        "member_id": member["member"]["id"],
        "encryption_job_id": job["id"],
        "message_template_id": message_template["id"],
    }
    await _sell_by_card(tenant, stripe_id, account)
    await _sell(tenant)


async def open_card_account(tenant: Tenant) -> tuple[str, str]:
    """An account at the provider of cards, whose webhooks come to us: its id here, and its secret key there."""
    key = f"sk_test_{secrets.token_hex(12)}"
    events = {f"enabled_events[{index}]": event for index, event in enumerate(CARD_EVENTS)}
    urls = tenant.stack.descriptor
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=urls["simulators"]["stripe"], headers=headers, timeout=REQUEST_S) as stripe:
        made = await stripe.post("/v1/webhook_endpoints", data={"url": "http://127.0.0.1:9/later", **events})
        assert made.is_success, made.text
        provider = await tenant.make(
            "/providers",
            {
                "type": "stripe",
                "label": "Cards",
                "secretKey": key,
                "publishableKey": key.replace("sk_", "pk_"),
                "webhookSecret": made.json()["secret"],
            },
        )
        url = f"{urls['urls']['checkoutApi']}/hooks/stripe/{provider['id']}"
        pointed = await stripe.post(f"/v1/webhook_endpoints/{made.json()['id']}", data={"url": url})
        assert pointed.is_success, pointed.text
    return provider["id"], key


async def _start(tenant: Tenant, provider_id: str, person: str = "Erika Muster") -> tuple[Any, Any]:
    """A checkout and the payment that this customer began with that provider."""
    email = f"{person.split()[0].lower()}@example.com"
    # Nothing listens there: the notification is stored and waits.
    body = checkout_body("http://127.0.0.1:9/ipn", email=email, billingAddress=None)
    checkout = await tenant.make_soon(f"/checkouts/{tenant.ids['site_id']}/create", body)
    body = {
        "sessionPublicId": checkout["sessionPublicId"],
        "providerId": provider_id,
        "billingAddress": {"name": person, "email": email, "country": "DE"},
    }
    async with tenant.stack.checkout() as page:
        started = await page.post("/api/v1/transactions/create", json=body)
    assert started.status_code == 200, started.text
    return checkout, started.json()


async def _sell_by_card(tenant: Tenant, provider_id: str, key: str) -> None:
    """A card payment that its customer disputes and wins: a chargeback, and this customer on hold."""
    _, started = await _start(tenant, provider_id, "Doris Disputer")
    secret, transaction_id = started["nextAction"]["clientSecret"], started["transactionId"]
    intent_id = secret.split("_secret_")[0]
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=tenant.stack.descriptor["simulators"]["stripe"], headers=headers, timeout=REQUEST_S
    ) as stripe:
        form = {"payment_method": "pm_card_visa", "return_url": "http://127.0.0.1:9/back"}
        paid = await stripe.post(f"/v1/payment_intents/{intent_id}/confirm", data=form)
        assert paid.is_success, paid.text
        disputed = await stripe.post(f"/_sim/payment_intents/{intent_id}/dispute", json={})
        assert disputed.is_success, disputed.text

    async def chargeback() -> str | None:
        answer = await tenant.ask("GET", f"/transactions/{transaction_id}/chargebacks")
        return next((row["id"] for row in answer.json()["chargebacks"]), None)

    tenant.ids["chargeback_id"] = await eventually(chargeback)
    lost = await tenant.ask(
        "PATCH", f"/transactions/{transaction_id}/chargeback/{tenant.ids['chargeback_id']}", {"status": "lost"}
    )
    assert lost.is_success, lost.text
    tenant.ids["hold_id"] = (await tenant.ask("GET", "/customer-holds")).json()["holds"][0]["id"]


async def _sell(tenant: Tenant) -> None:
    """A checkout paid by transfer (there is an invoice), paid twice (there is a case), and a bit of it given back."""
    checkout, started = await _start(tenant, tenant.ids["provider_id"])
    transaction_id = started["transactionId"]
    for number in range(2):
        receipt = {"amount": 4900, "currency": "EUR", "receivedAt": "2026-01-05T09:00:00Z"}
        await tenant.make(f"/transactions/{transaction_id}/receipts", {**receipt, "bankReference": f"{number}"})
    refund = await tenant.make(f"/transactions/{transaction_id}/refunds", {"amount": 100, "reason": "too much"})
    case = (await tenant.ask("GET", "/cases")).json()["cases"][0]
    tenant.ids |= {
        "refund_id": refund["id"],
        "case_id": case["id"],
        "checkout_id": checkout["id"],
        "transaction_id": transaction_id,
        "subject_id": transaction_id,
        "trace_id": "a" * 32,
        "delivery_id": await _notification(tenant, transaction_id),
        "invoice_id": await _document(tenant, "/invoices", f"transactionId={transaction_id}"),
        # Of the dispute that was lost before.
        "credit_note_id": await _document(tenant, "/credit-notes"),
        "session_public_id": checkout["sessionPublicId"],
    }
    message = await tenant.make(f"/invoices/{tenant.ids['invoice_id']}/send-email", {})
    tenant.ids["notification_id"] = message["id"]


async def _notification(tenant: Tenant, transaction_id: str) -> str:
    """The id of a notification about that transaction."""

    async def stored() -> str | None:
        transaction = (await tenant.ask("GET", f"/transactions/{transaction_id}")).json()
        return next((row["id"] for row in transaction["ipn"] or ()), None)

    return await eventually(stored)


async def _document(tenant: Tenant, path: str, condition: str = "") -> str:
    """The id of the first document there, once its PDF can be fetched."""

    async def rendered() -> str | None:
        page = (await tenant.ask("GET", f"{path}?{condition}")).json()
        rows = next(value for value in page.values() if isinstance(value, list))
        return next((row["id"] for row in rows if row["pdfSha256"]), None)

    return await eventually(rendered)


async def sign_up_people(tenant: Tenant) -> None:
    """A person of every role, invited, with a passkey, signed in."""
    for role in PEOPLE:
        body = {"email": f"{role}@{tenant.organization_id}.example", "name": role, "role": role}
        invitation = await tenant.make(f"/organizations/{tenant.organization_id}/members", body, tenant.live_key)
        person = await sign_up(tenant.stack, invitation["token"], role)
        tenant.people[role], tenant.tokens[role] = person, person.token
