"""All services in the test's process on real servers, both public APIs, and a tenant with one of everything: for tests
that send whatever comes to mind to every operation."""

import contextlib
import importlib
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from nats.aio.client import Client

from gateway_kit.limits.buckets import Buckets
from gateway_kit.service import Runtime
from gateway_testkit.inprocess import running_service
from gateway_testkit.installation import connect_operator
from gateway_testkit.parts import SERVICES, parts_in
from gateway_testkit.tenants import INVOICING
from gateway_testkit.waiting import eventually

API = "/api/v1"
ADDRESS = {"name": "Jane Doe", "line1": "Main 1", "city": "Berlin", "postalCode": "10115", "country": "DE"}
FULL_CHECKOUT = {
    "amount": 4900,
    "currency": "EUR",
    "externalReference": "ORDER-1",
    "email": "jane@example.com",
    "items": [{"name": "Mug", "description": "Blue", "quantity": 1, "unitPrice": 4900, "vatRate": "19"}],
    "billingAddress": ADDRESS,
    "metadata": {"order": "1"},
}
LISTS = (
    "/checkouts",
    "/transactions",
    "/invoices",
    "/credit-notes",
    "/clients",
    "/cases",
    "/customer-holds",
    "/sites",
    "/providers",
    "/domains",
    "/audit",
    "/organizations/{organization_id}/api-keys",
    "/organizations/{organization_id}/members",
)
NOT_PAGED = frozenset({"/customer-holds"})


@dataclass
class Shop:
    """Both APIs of an installation and a tenant with one of everything.

    Attributes:
        bus: a connection with the operator's rights.
        ids: of the tenant's objects, by the name of the path parameter that they stand for.
        key: of the tenant, with all scopes.
        statuses: of answers, for tests that count them.
        runtimes: of the services, by their names.
    """

    merchants: httpx.AsyncClient
    customers: httpx.AsyncClient
    system_key: str
    bus: Client
    ids: dict[str, str] = field(default_factory=dict)
    key: str = ""
    statuses: Counter[int] = field(default_factory=Counter)
    runtimes: dict[str, Runtime] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def ask(self, verb: str, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> Any:
        """A request to the merchants' API; a body may be text already. ``headers`` of None are left out."""
        content = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        if verb == "POST":
            headers["Idempotency-Key"] = f"key-{next(self.numbers)}"
        headers |= options.pop("headers", {})
        kept = {name: value for name, value in headers.items() if value is not None}
        return await self.merchants.request(verb, f"{API}{path}", content=content, headers=kept, **options)

    async def made(self, path: str, body: Any, *, key: str | None = None, verb: str = "POST") -> dict[str, Any]:
        """The answer of a request that must succeed."""
        answer = await self.ask(verb, path, body, key=key)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def session(self, **changes: Any) -> str:
        """A new checkout's public id; `FULL_CHECKOUT` with these changes."""
        made = await self.made(f"/checkouts/{self.ids['site_id']}/create", {**FULL_CHECKOUT, **changes})
        self.ids["checkout_id"] = made["id"]
        return str(made["sessionPublicId"])

    async def pay(self, body: Any) -> Any:
        """A request of a customer's page that begins a payment."""
        content = body if isinstance(body, str) else json.dumps(body)
        return await self.customers.post(
            f"{API}/transactions/create", content=content, headers={"Content-Type": "application/json"}
        )

    async def all_lists_can_be_read(self) -> None:
        """Every list, the last checkout and the last transaction."""
        for path in LISTS:
            answer = await self.ask("GET", path.format(**self.ids) + ("" if path in NOT_PAGED else "?limit=100"))
            assert answer.status_code == 200, f"{path}: {answer.text}"
        for path in (f"/checkouts/{self.ids['checkout_id']}", f"/transactions/{self.ids['transaction_id']}"):
            answer = await self.ask("GET", path)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            assert answer.json().get("unavailable", []) == []


@contextlib.asynccontextmanager
async def running_shop(folder: Path) -> AsyncIterator[Shop]:
    """Services, servers and tenant, ended afterwards."""
    with pytest.MonkeyPatch.context() as patch, parts_in(folder) as parts:
        for module in ("admin_api", "checkout_api"):
            patch.setattr(f"{module}.app.open_limits", _without_end())
        async with contextlib.AsyncExitStack() as stack:
            clients, runtimes = {}, {}
            for service in SERVICES:
                runtimes[service], served = await stack.enter_async_context(running_service(parts, service))
                transport = httpx.ASGITransport(app=served, raise_app_exceptions=False, client=("127.0.0.1", 4711))
                client = httpx.AsyncClient(transport=transport, base_url="http://api", timeout=60)
                clients[service] = await stack.enter_async_context(client)
            bus = await connect_operator(parts)
            stack.push_async_callback(bus.close)
            root = await parts.system_key()
            shop = Shop(clients["svc-admin-api"], clients["svc-checkout-api"], root, bus, runtimes=runtimes)
            await _open_tenant(shop)
            yield shop


def _without_end() -> Any:
    """Ten seconds pass between any two requests: limits of requests have tests of their own."""

    async def opened(*_: Any) -> Buckets:
        return Buckets((), secret=b"test", monotonic=itertools.count(0.0, 10.0).__next__)

    return opened


async def _open_tenant(shop: Shop) -> None:
    examples = importlib.import_module("admin_api.web.examples").EXAMPLES
    root, ids = shop.system_key, shop.ids
    ids["organization_id"] = (await shop.made("/organizations", {"name": "Shop", "country": "DE"}, key=root))["id"]
    keys = f"/organizations/{ids['organization_id']}/api-keys"
    shop.key = (await shop.made(keys, {"label": "all", "scopes": ["*:*"], "livemode": True}, key=root))["key"]
    ids["api_key_id"] = (await shop.made(keys, {"label": "spare", "scopes": ["site:read"], "livemode": True}))["id"]
    ids["system_key_id"] = (await shop.made("/system/api-keys", examples["POST /system/api-keys"], key=root))["id"]
    await shop.made("/organizations/settings/invoicing", INVOICING, verb="PUT")
    ids["provider_id"] = (await shop.made("/providers", examples["POST /providers"]))["id"]
    ids["site_id"] = (await shop.made("/sites", {"name": "Shop", "providerIds": [ids["provider_id"]]}))["id"]
    ids["client_id"] = (await shop.made("/clients", examples["POST /clients"]))["id"]
    members = f"/organizations/{ids['organization_id']}/members"
    ids["member_id"] = (await shop.made(members, {"email": "x@example.com", "role": "viewer"}))["member"]["id"]
    for runtime in shop.runtimes.values():
        await eventually(lambda runtime=runtime: runtime.config.site(ids["site_id"]))  # type: ignore[misc]  # a default binds it
    ids["session_public_id"] = await shop.session()
    started = await shop.pay({"sessionPublicId": ids["session_public_id"], "providerId": ids["provider_id"]})
    assert started.is_success, started.text
    ids["transaction_id"] = started.json()["transactionId"]
    receipt = "/transactions/{transaction_id}/receipts"
    await shop.made(receipt.format(**ids), examples[f"POST {receipt}"])
    refund = {"amount": 1, "reason": "test"}
    ids["refund_id"] = (await shop.made(f"/transactions/{ids['transaction_id']}/refunds", refund))["id"]
