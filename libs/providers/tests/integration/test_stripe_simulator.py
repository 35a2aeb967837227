"""The connector and the webhooks against the Stripe simulator: what one side sends, the other understands."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import stripe
import uvicorn
from aiohttp import web
from conformance import AMOUNTS, ORGANIZATION, TRANSACTION, ConnectorConformance, RefundingConformance

from gateway_contracts.errors import OutcomeUnknown
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_embedded.servers.process import free_port
from gateway_providers.errors import ProviderRefused
from gateway_providers.events import Exchange, FactKind, ProviderFact
from gateway_providers.ports import Connector, PaymentIntentRequest, ProviderAccount, RefundRequest, Settlement
from gateway_providers.stripe.client import StripeConnector
from gateway_providers.stripe.webhook import StripeWebhooks
from gateway_simulators.stripe.app import build_app
from gateway_simulators.stripe.settings import Settings
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

WEBHOOK_SECRET = "whsec_simulated_endpoint"


@dataclass
class Simulator:
    """A running simulator and everything that it delivered."""

    url: str
    account: ProviderAccount
    facts: list[ProviderFact] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.account.secrets["secretKey"]

    async def call(self, path: str, body: dict[str, Any]) -> Any:
        async with aiohttp.ClientSession() as session, session.post(self.url + path, json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    def kinds(self) -> list[FactKind]:
        return [fact.kind for fact in self.facts if fact.kind is not FactKind.UNKNOWN]

    async def pay(self, intent_id: str, card: str) -> None:
        client = stripe.StripeClient(self.key, base_addresses={"api": self.url}, max_network_retries=0)
        with contextlib.suppress(stripe.CardError):
            await asyncio.to_thread(
                client.v1.payment_intents.confirm,
                intent_id,
                {"payment_method": card, "return_url": "https://pay.example/r"},
            )


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(build_app(Settings(port=port)), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    account = ProviderAccount(
        id=new_object_id(),
        organization_id=ORGANIZATION,
        type="stripe",
        livemode=False,
        public={"publishableKey": "pk_test_conformance"},
        secrets={"secretKey": "sk_test_conformance"},
    )
    running = Simulator(f"http://127.0.0.1:{port}", account)
    runner = await receive(running)
    yield running
    server.should_exit = True
    await serving
    await runner.cleanup()


async def receive(simulator: Simulator) -> web.AppRunner:
    """An endpoint that verifies and reads what the simulator sends."""
    webhooks = StripeWebhooks()

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhooks.verify(body, headers, [WEBHOOK_SECRET], datetime.now(UTC))
        for event in webhooks.split(body):
            simulator.facts += webhooks.facts(event.raw)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    await simulator.call("/_sim/webhook_endpoints", {"secret_key": simulator.key, "url": url, "secret": WEBHOOK_SECRET})
    return runner


@pytest_asyncio.fixture
async def made(simulator: Simulator) -> AsyncIterator[StripeConnector]:
    connector = StripeConnector(simulator.url)
    yield connector
    await connector.aclose()


class TestAgainstTheSimulator(ConnectorConformance, RefundingConformance):
    simulator: Simulator

    @pytest.fixture
    def connector(self, made: StripeConnector) -> Connector:
        return made

    @pytest.fixture
    def account(self, simulator: Simulator) -> ProviderAccount:
        self.simulator = simulator
        return simulator.account

    async def give_back(self, minor: int) -> None:
        await self.simulator.call("/_sim/rules", {"kind": "refund_amount", "amount": minor})

    async def paid(self, connector: Connector, account: ProviderAccount) -> str:
        payment = await connector.create_payment(account, self.intent(), idempotency_key="paid")
        await self.simulator.pay(payment.provider_payment_id, "pm_card_visa")
        return payment.provider_payment_id


INTENT = PaymentIntentRequest(TRANSACTION, ORGANIZATION, AMOUNTS[0], "https://pay.example/r")


async def test_a_payment_from_creation_to_the_captured_fact(simulator: Simulator, made: StripeConnector) -> None:
    created = await made.create_payment(simulator.account, INTENT, idempotency_key="k")

    await simulator.pay(created.provider_payment_id, "pm_card_visa")
    await eventually(lambda: FactKind.CAPTURE_CONFIRMED in simulator.kinds())

    fact = next(fact for fact in simulator.facts if fact.kind is FactKind.CAPTURE_CONFIRMED)
    assert (fact.transaction_id, fact.organization_id, fact.amount) == (TRANSACTION, ORGANIZATION, AMOUNTS[0])
    assert fact.provider_payment_id == created.provider_payment_id
    fetched = await made.fetch_payment(simulator.account, created.provider_payment_id)
    assert fetched is not None
    assert (fetched.state, fetched.received) == ("succeeded", AMOUNTS[0])


async def test_a_decline_is_a_fact_with_its_reason(simulator: Simulator, made: StripeConnector) -> None:
    created = await made.create_payment(simulator.account, INTENT, idempotency_key="k")

    await simulator.pay(created.provider_payment_id, "pm_card_chargeDeclinedInsufficientFunds")
    await eventually(lambda: FactKind.DECLINED in simulator.kinds())

    fact = next(fact for fact in simulator.facts if fact.kind is FactKind.DECLINED)
    assert fact.failure is not None
    assert fact.failure.code == "INSUFFICIENT_FUNDS"
    fetched = await made.fetch_payment(simulator.account, created.provider_payment_id)
    assert fetched is not None
    assert fetched.state == "failed"


async def test_a_payment_that_needs_the_bank_says_so(simulator: Simulator, made: StripeConnector) -> None:
    created = await made.create_payment(simulator.account, INTENT, idempotency_key="k")

    await simulator.pay(created.provider_payment_id, "pm_card_authenticationRequired")

    await eventually(lambda: FactKind.REQUIRES_ACTION in simulator.kinds())


async def test_canceling_a_paid_payment_answers_the_paid_one(simulator: Simulator, made: StripeConnector) -> None:
    created = await made.create_payment(simulator.account, INTENT, idempotency_key="k")
    await simulator.pay(created.provider_payment_id, "pm_card_visa")

    answer = await made.cancel_payment(simulator.account, created.provider_payment_id, idempotency_key="c")

    assert answer.state == "succeeded"


async def test_a_timeout_after_the_effect_is_resolved_under_the_same_key(
    simulator: Simulator, made: StripeConnector
) -> None:
    rule = {"kind": "api_timeout", "seconds": 2, "times": 1, "match": {"path": "/v1/payment_intents"}}
    await simulator.call("/_sim/rules", rule)

    with pytest.raises(OutcomeUnknown):
        await made.create_payment(simulator.account, INTENT, idempotency_key="k", timeout_s=0.5)
    again = await made.create_payment(simulator.account, INTENT, idempotency_key="k")
    found = await made.find_payment(simulator.account, TRANSACTION)

    assert found is not None
    assert found.provider_payment_id == again.provider_payment_id


async def test_wrong_credentials_are_refused(simulator: Simulator, made: StripeConnector) -> None:
    wrong = ProviderAccount("p", ORGANIZATION, "stripe", False, secrets={"secretKey": "nonsense"})

    with pytest.raises(ProviderRefused):
        await made.create_payment(wrong, INTENT, idempotency_key="k")


async def test_fees_and_exchanges_of_a_payment_its_refund_and_its_dispute(
    simulator: Simulator, made: StripeConnector
) -> None:
    """An account in US dollars: what was taken in euros is kept in dollars, and so is what goes back."""
    await simulator.call("/_sim/rules", {"kind": "settlement", "currency": "usd", "rate": 1.1})
    created = await made.create_payment(simulator.account, INTENT, idempotency_key="k")
    await simulator.pay(created.provider_payment_id, "pm_card_visa")
    await eventually(lambda: FactKind.FEE_KNOWN in simulator.kinds())
    named = next(fact for fact in simulator.facts if fact.kind is FactKind.FEE_KNOWN)

    assert (named.amount, named.exchange, named.provider_payment_id) == (None, None, created.provider_payment_id)
    settlement = await made.fetch_settlement(simulator.account, named.provider_object_id or "")
    assert settlement == Settlement(Money(43, "USD"), Exchange(Money(1099, "EUR"), Money(1209, "USD")))
    for nothing in ("txn_none", "../v1/charges", ""):
        assert await made.fetch_settlement(simulator.account, nothing) is None

    request = RefundRequest(
        "a" * 24, TRANSACTION, ORGANIZATION, created.provider_payment_id, Money(500, "EUR"), Money(500, "EUR")
    )
    await made.refund_payment(simulator.account, request, idempotency_key="r")
    await eventually(lambda: FactKind.REFUND_CONFIRMED in simulator.kinds())
    # Webhooks are on their way side by side: in any order.
    await eventually(lambda: len(fees_of(simulator)) == 2)
    [back] = fees_of(simulator) - {named.provider_object_id}
    settlement = await made.fetch_settlement(simulator.account, back or "")
    assert settlement == Settlement(None, Exchange(Money(-500, "EUR"), Money(-550, "USD")))

    path = f"/_sim/payment_intents/{created.provider_payment_id}/dispute"
    await simulator.call(path, {"status": "needs_response", "amount": 500})
    await simulator.call(path, {"status": "won"})
    await eventually(lambda: FactKind.DISPUTE_FUNDS_REINSTATED in simulator.kinds())
    taken = (Money(2000, "USD"), Exchange(Money(-500, "EUR"), Money(-550, "USD")))
    returned = (Money(-2000, "USD"), Exchange(Money(500, "EUR"), Money(550, "USD")))

    def fees() -> list[ProviderFact]:
        return [fact for fact in simulator.facts if fact.kind is FactKind.FEE_KNOWN and fact.fee_of == "dispute"]

    await eventually(lambda: {(fact.amount, fact.exchange) for fact in fees()} == {taken, returned})
    assert len({fact.provider_object_id for fact in fees()}) == 2


def fees_of(simulator: Simulator) -> set[str | None]:
    """Balance entries of the fees that were reported."""
    return {fact.provider_object_id for fact in simulator.facts if fact.kind is FactKind.FEE_KNOWN}
