"""Connector and webhook port against Wise's simulator: what it signs, what thin events lead to, what is refused."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from aiohttp import web
from conformance import NOW, ORGANIZATION, TRANSACTION

from gateway_contracts.errors import Transient
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_embedded.servers.process import free_port
from gateway_providers.errors import ProviderRefused, SignatureInvalid
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.ports import ProviderAccount
from gateway_providers.remittance import printed, reference_for
from gateway_providers.wise.client import WiseConnector
from gateway_providers.wise.keys import SANDBOX_KEY
from gateway_providers.wise.webhook import CREDITED, PAYMENT_CHANGED, WiseWebhooks
from gateway_simulators.wise.api import KEY_PATH
from gateway_simulators.wise.app import build_app
from gateway_simulators.wise.settings import Settings
from gateway_simulators.wise.world import account_of_token
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

TOKEN = "token-conformance-0123456789"
REFERENCE = reference_for(TRANSACTION)


@dataclass
class Simulator:
    """A running simulator and an endpoint that verifies all that comes."""

    url: str
    account: ProviderAccount
    connector: WiseConnector
    key: str = ""
    hook: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def call(self, path: str, body: dict[str, Any] | None = None, *, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(self.url + path, json=body or {}) as response,
        ):
            assert response.status == status, await response.text()
            return await response.json()

    async def subscribe(self, trigger_on: str = CREDITED) -> Any:
        path = f"/v3/profiles/{account_of_token(TOKEN)}/subscriptions"
        made = await self.call(path, {"trigger_on": trigger_on, "delivery": {"url": self.hook}}, status=201)
        await eventually(lambda: any(WiseWebhooks().is_test(headers) for headers in self.headers))
        self.bodies.clear()
        self.headers.clear()
        return made

    async def transfer(self, amount: float = 10.99, reference: str = REFERENCE, **fields: Any) -> Any:
        given = {"api_token": TOKEN, "amount": amount, "reference": reference, **fields}
        return await self.call("/_sim/incoming-transfers", given)

    async def facts(self, count: int = 1) -> list[ProviderFact]:
        await eventually(lambda: len(self.bodies) >= count)
        return [fact for body in self.bodies for fact in await self.connector.resolve_thin_event(self.account, body)]

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        WiseWebhooks().verify(body, headers, [self.key], NOW)
        assert WiseWebhooks().is_thin_event(body, headers)
        self.bodies.append(body)
        self.headers.append(headers)
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    port = free_port()
    settings = Settings(port=port, retry_schedule_s=(0.01, 0.01))
    server = uvicorn.Server(uvicorn.Config(build_app(settings), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    public = {"accountHolder": "Demo GmbH", "profileId": account_of_token(TOKEN), "accounts": "{}"}
    account = ProviderAccount(new_object_id(), ORGANIZATION, "wise", False, public, {"apiToken": TOKEN})
    url = f"http://127.0.0.1:{port}"
    running = Simulator(url, account, WiseConnector(url))
    async with aiohttp.ClientSession() as session, session.get(url + KEY_PATH) as response:
        running.key = await response.text()
    app = web.Application()
    app.router.add_post("/hooks", running.receive)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    running.hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    yield running
    server.should_exit = True
    await serving
    await runner.cleanup()
    await running.connector.aclose()


@pytest.mark.parametrize("trigger", [CREDITED, PAYMENT_CHANGED])
async def test_a_transfer_is_money_with_our_reference(simulator: Simulator, trigger: str) -> None:
    await simulator.subscribe(trigger)
    made = await simulator.transfer(reference=f"Order 7 {printed(REFERENCE)}")

    [fact] = await simulator.facts()

    assert (fact.kind, fact.amount) == (FactKind.MONEY_RECEIVED, Money(1099, "EUR"))
    assert (fact.reference, fact.provider_payment_id, fact.transaction_id) == (REFERENCE, REFERENCE, TRANSACTION)
    assert fact.provider_object_id == str(made["id"] if trigger == CREDITED else made["transfer_id"])
    assert (fact.livemode, bool(fact.event_key)) == (False, True)


async def test_amounts_with_none_and_three_decimals(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.transfer(1200, currency="JPY")
    await simulator.transfer(1.25, currency="KWD")

    found = {fact.amount for fact in await simulator.facts(2)}

    assert found == {Money(1200, "JPY"), Money(1250, "KWD")}


async def test_a_transfer_without_our_reference_names_no_transaction(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.transfer(reference="thank you")

    [fact] = await simulator.facts()

    assert (fact.kind, fact.transaction_id, fact.reference) == (FactKind.MONEY_RECEIVED, None, None)


async def test_repeats_and_retries_are_the_same_fact(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.call("/_sim/rules", {"kind": "duplicate", "count": 2})
    simulator.answers = [500]
    await simulator.transfer()

    facts = await simulator.facts(4)

    assert len({fact.event_key for fact in facts}) == 1
    deliveries = {headers["x-delivery-id"] for headers in simulator.headers}
    assert len(deliveries) == len(simulator.headers)


async def test_without_access_the_thin_event_is_noted_and_nothing_more(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.call("/_sim/access", {"api_token": TOKEN, "granted": False})
    await simulator.transfer()

    [noted] = await simulator.facts()
    await simulator.call("/_sim/access", {"api_token": TOKEN, "granted": True})
    [later] = await simulator.facts()

    assert (noted.kind, noted.provider_status, noted.amount) == (FactKind.UNKNOWN, "no_access", None)
    assert later.kind is FactKind.MONEY_RECEIVED
    assert noted.event_key != later.event_key


@pytest.mark.parametrize("status", ["funds_refunded", "processing", "brand_new"])
async def test_money_that_is_not_there_is_not_received(simulator: Simulator, status: str) -> None:
    await simulator.subscribe(PAYMENT_CHANGED)
    await simulator.transfer(status=status)

    [fact] = await simulator.facts()

    assert (fact.kind, fact.provider_status) == (FactKind.UNKNOWN, status)


async def test_a_state_before_completion_is_no_news(simulator: Simulator) -> None:
    await simulator.subscribe(PAYMENT_CHANGED)
    await simulator.transfer(state="PENDING")

    assert await simulator.facts() == []


async def test_a_transfer_of_another_profile_or_account_is_never_ours(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.transfer()
    await simulator.facts()
    other_profile = replace(simulator.account, public={**simulator.account.public, "profileId": "1"})
    other_token = replace(simulator.account, secrets={"apiToken": "token-of-another-account"})

    for account in (other_profile, other_token):
        assert await simulator.connector.resolve_thin_event(account, simulator.bodies[0]) == []


async def test_wise_does_not_answer_now(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.transfer()
    await simulator.facts()
    await simulator.call("/_sim/rules", {"kind": "api_error", "times": 3})

    with pytest.raises(Transient):
        await simulator.connector.resolve_thin_event(simulator.account, simulator.bodies[0], timeout_s=3)


async def test_a_revoked_token_is_refused(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.transfer()
    await simulator.facts()

    with pytest.raises(ProviderRefused):
        await simulator.connector.resolve_thin_event(
            replace(simulator.account, secrets={"apiToken": "bad"}), simulator.bodies[0]
        )


async def test_another_key_or_a_changed_body_is_not_the_simulators(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.transfer()
    await simulator.facts()
    body, headers = simulator.bodies[0], simulator.headers[0]

    for changed, key in ((body, SANDBOX_KEY), (body + b" ", simulator.key)):
        with pytest.raises(SignatureInvalid):
            WiseWebhooks().verify(changed, headers, [key], NOW)


async def test_a_silent_provider_tells_nothing(simulator: Simulator) -> None:
    await simulator.subscribe()
    await simulator.call("/_sim/rules", {"kind": "silent"})
    made = await simulator.transfer()

    url = f"{simulator.url}/_sim/deliveries?transfer={made['id']}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        found = await response.json()
    assert [entry["state"] for entry in found["data"]] == ["dropped"]
    assert simulator.bodies == []
