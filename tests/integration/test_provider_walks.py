"""Each walk of docs/providers.md, executed from the page: real services, simulators, the real webhook at its end."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway_providers.registry import PROVIDERS
from gateway_testkit.installation import Installation, running_installation
from gateway_testkit.shop import Started, checkout_body, confirm_card
from gateway_testkit.stack import REPOSITORY, REQUEST_S
from gateway_testkit.tenants import Tenant, open_tenant
from gateway_testkit.waiting import eventually
from gateway_testkit.walk import Shell, Step, section_of, steps_in

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

PAGE = REPOSITORY / "docs" / "providers.md"
WAY, OFFER = "## The way of each set-up", "### Offer it and pay once"
LINK = "(#offer-it-and-pay-once)"
HEADINGS = {
    "stripe": "## Stripe",
    "mollie": "## Mollie",
    "gocardless": "## GoCardless",
    "paypal": "## PayPal",
    "wise": "## Wise",
    "wire": "## Bank transfer (`wire`)",
}
# Addresses of providers that the page names.
HOSTS = {
    "stripe": "https://api.stripe.com",
    "mollie": "https://api.mollie.com",
    "paypal": "https://api-m.sandbox.paypal.com",
    "wise": "https://api.wise-sandbox.com",
}
SIMULATED = ("stripe", "mollie", "gocardless", "paypal", "wise")
SETTLED_S = 180


@dataclass
class Walk:
    """One reader of the page, who follows it for one provider."""

    installation: Installation
    tenant: Tenant
    provider: str
    shell: Shell

    @property
    def _urls(self) -> dict[str, Any]:
        descriptor: dict[str, Any] = self.tenant.stack.descriptor
        return descriptor

    async def take(self, step: Step) -> Any:
        """A step; what it answers about the provider must be true for customers too."""
        answer = await self.shell.take(step)
        if isinstance(answer, dict) and answer.get("state") == "incomplete":
            await self.is_not_offered(answer["missing"])
        if step.answer is not None and "checks" in step.answer:
            assert codes(answer) == codes(step.answer)
        return answer

    async def is_not_offered(self, missing: list[str]) -> None:
        """Also where a site has it already; the connection test names what is missing."""
        provider_id, site_id = self.shell.variables["PROVIDER_ID"], self.shell.variables["SITE_ID"]
        await self.tenant.ask("PATCH", f"/sites/{site_id}", {"providerIds": [provider_id]})
        tested = await self.tenant.make(f"/providers/{provider_id}/test", {})
        assert not tested["ok"]
        assert [each["field"] for each in tested["checks"] if each["code"] == "VALUE_MISSING"] == missing
        checkout = await self.tenant.make(f"/checkouts/{site_id}/create", checkout_body())
        assert await self.offered(checkout["sessionPublicId"]) == []

    async def offered(self, session: str) -> list[str]:
        """The accounts that a customer may choose."""
        async with self.tenant.stack.checkout() as page:
            answer = await page.get(f"/api/v1/checkouts/{session}")
        assert answer.status_code == 200, answer.text
        return [provider["id"] for provider in answer.json()["providers"]]

    async def begin(self) -> Started:
        """The customer chooses the provider on the page."""
        provider_id, session = self.shell.variables["PROVIDER_ID"], self.shell.variables["SESSION"]

        async def is_offered() -> bool:
            return provider_id in await self.offered(session)

        await eventually(is_offered)
        body = {"sessionPublicId": session, "providerId": provider_id, "billingAddress": {"name": "E", "country": "DE"}}
        async with self.tenant.stack.checkout() as page:
            answer = await page.post("/api/v1/transactions/create", json=body)
        assert answer.status_code == 200, answer.text
        made = answer.json()
        return Started(made["transactionId"], made["status"], made["nextAction"])

    async def simulate(self, path: str, body: dict[str, Any]) -> None:
        """Call to the provider's simulator."""
        async with httpx.AsyncClient(base_url=self._urls["simulators"][self.provider], timeout=REQUEST_S) as simulator:
            answer = await simulator.post(f"/_sim{path}", json=body)
        assert answer.is_success, answer.text


def codes(answer: dict[str, Any]) -> list[str]:
    return [check["code"] for check in answer["checks"] if check.get("code")]


async def pay_by_card(walk: Walk, started: Started) -> None:
    paid = await confirm_card(walk.tenant.stack, started)
    assert paid.is_success, paid.text


async def pay_at_mollie(walk: Walk, started: Started) -> None:
    await _decide(started, {"method": "ideal", "status": "paid"})


async def pay_on_approval(walk: Walk, started: Started) -> None:
    await _decide(started, {"result": "paid"})

    async def is_authorized() -> bool:
        seen = (await walk.tenant.ask("GET", f"/transactions/{started.transaction_id}")).json()
        return "authorized" in [entry["type"] for entry in seen["timeline"]]

    await eventually(is_authorized)
    await walk.simulate("/clock/advance", {"seconds": 60})


async def pay_to_wise(walk: Walk, started: Started) -> None:
    reference = started.next_action["bankDetails"]["reference"]
    money = {"api_token": walk.shell.variables["API_TOKEN"], "amount": 49, "currency": "EUR", "reference": reference}
    await walk.simulate("/incoming-transfers", money)


async def take_the_details(walk: Walk, started: Started) -> None:
    assert started.next_action["type"] == "bank_transfer"


async def _decide(started: Started, form: dict[str, str]) -> None:
    async with httpx.AsyncClient(timeout=REQUEST_S) as browser:
        answer = await browser.post(started.next_action["url"], data=form)
    assert answer.status_code < 400, answer.text


PAY: dict[str, Callable[[Walk, Started], Awaitable[None]]] = {
    "stripe": pay_by_card,
    "mollie": pay_at_mollie,
    "gocardless": pay_on_approval,
    "paypal": pay_on_approval,
    "wise": pay_to_wise,
    "wire": take_the_details,
}
"""What the customer does."""


def credentials(provider: str) -> dict[str, str]:
    """The merchant's data at the provider before the first step, under the names of the page."""
    name = secrets.token_hex(12)
    of_provider = {
        "stripe": {"SECRET_KEY": f"sk_test_{name}", "PUBLISHABLE_KEY": f"pk_test_{name}"},
        "mollie": {"API_KEY": f"test_{name}", "ACCESS_TOKEN": f"test_{name}"},
        "gocardless": {"ACCESS_TOKEN": f"sandbox_{name}", "WEBHOOK_SECRET": secrets.token_urlsafe(30)},
        "paypal": {"CLIENT_ID": f"client-{name}", "CLIENT_SECRET": f"secret-{name}"},
        "wise": {"API_TOKEN": f"token-{name}"},
    }
    return of_provider.get(provider, {})


@pytest_asyncio.fixture(scope="module")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """All services and simulators. There is no edge: the webhooks' public origin is the service itself."""
    async with running_installation(tmp_path_factory.mktemp("walks"), simulators=SIMULATED) as made:
        made.variables = {"svc-admin-api": {"MAIN_BACKEND_ORIGIN": made.parts.env.http("svc-checkout-api")}}
        await made.restart("svc-admin-api")
        yield made


@pytest_asyncio.fixture
async def tenant(installation: Installation) -> AsyncIterator[Tenant]:
    made = await open_tenant(installation.stack, "Reader")
    yield made
    await made.aclose()


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
async def test_the_page_leads_to_a_payment(installation: Installation, tenant: Tenant, provider: str) -> None:
    way, [offer, create, look] = section_of(PAGE, WAY), steps_in(section_of(PAGE, OFFER))
    [prologue] = steps_in(way.partition("###")[0])
    site = await tenant.make("/sites", {"name": "Shop"})
    descriptor = tenant.stack.descriptor
    variables = {
        "GATEWAY": descriptor["urls"]["adminApi"],
        "KEY": await tenant.narrow_key(*scopes_in(way)),
        "SITE_ID": site["id"],
        "SIMULATOR": descriptor["simulators"].get(provider, ""),
        **credentials(provider),
    }
    hosts = {there: descriptor["simulators"][name] for name, there in HOSTS.items()}
    walk = Walk(installation, tenant, provider, Shell(variables, hosts, prologue.command))
    set_up, found, afterwards = section_of(PAGE, HEADINGS[provider]).partition(LINK)
    assert found, "the walk does not end with a payment"

    for step in (*steps_in(set_up), offer, create):
        await walk.take(step)
    await PAY[provider](walk, await walk.begin())
    for step in steps_in(afterwards):
        await walk.take(step)
    answer = await walk.take(look)

    assert [row["status"] for row in answer["transactions"]] == ["succeeded"]


def account_of(provider: str, known: dict[str, str]) -> dict[str, Any]:
    """The body of a new account, without what is issued for the webhook's address."""
    of_provider: dict[str, dict[str, Any]] = {
        "stripe": {"publishableKey": known.get("PUBLISHABLE_KEY"), "secretKey": known.get("SECRET_KEY")},
        "paypal": {"clientId": known.get("CLIENT_ID"), "clientSecret": known.get("CLIENT_SECRET")},
    }
    return {"type": provider, "label": "Registered", **of_provider[provider]}


@pytest.mark.parametrize("provider", ["paypal", "stripe"])
async def test_a_webhook_that_the_gateway_registered_reports_the_payment(
    installation: Installation, tenant: Tenant, provider: str
) -> None:
    known = credentials(provider)
    made = await tenant.make("/providers", account_of(provider, known))
    site = await tenant.make("/sites", {"name": "Shop", "providerIds": [made["id"]]})

    registered, again = [await tenant.make(f"/providers/{made['id']}/register-webhook", {}) for _ in range(2)]

    assert (made["state"], registered["state"], registered["missing"]) == ("incomplete", "ready", [])
    assert (registered["created"], again["created"]) == (True, False)
    assert (await tenant.make(f"/providers/{made['id']}/test", {}))["ok"]
    checkout = await tenant.make(f"/checkouts/{site['id']}/create", checkout_body())
    variables = {**known, "PROVIDER_ID": made["id"], "SESSION": checkout["sessionPublicId"]}
    walk = Walk(installation, tenant, provider, Shell(variables, {}, ""))
    started = await walk.begin()
    await PAY[provider](walk, started)

    async def has_succeeded() -> bool:
        seen = (await tenant.ask("GET", f"/transactions/{started.transaction_id}")).json()
        return bool(seen["status"] == "succeeded")

    await eventually(has_succeeded, timeout_s=SETTLED_S)


def scopes_in(text: str) -> list[str]:
    """The scopes that the page asks for."""
    [sentence] = [part for part in text.split("\n\n") if "(`KEY`)" in part]
    return [word for word in sentence.split("`") if word.count(":") == 1 and "/" not in word and " " not in word]
