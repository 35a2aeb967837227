"""The connector and the webhooks against the PayPal simulator: what one side sends, the other understands."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from aiohttp import web
from conformance import AMOUNTS, ORGANIZATION, REFUND, TRANSACTION, ConnectorConformance, RefundingConformance

from gateway_contracts.errors import OutcomeUnknown
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_embedded.servers.process import free_port
from gateway_providers.errors import NotCancelable, ProviderRefused
from gateway_providers.events import Exchange, FactKind, ProviderFact
from gateway_providers.paypal.certificates import Certificates
from gateway_providers.paypal.client import PayPalConnector
from gateway_providers.paypal.webhook import PayPalWebhooks
from gateway_providers.ports import Connector, PaymentIntentRequest, ProviderAccount, ProviderPayment, RefundRequest
from gateway_simulators.paypal.app import build_app
from gateway_simulators.paypal.settings import Settings
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

WEBHOOK_ID = "WH-CONFORMANCE"
EUROS = AMOUNTS[0]
INTENT = PaymentIntentRequest(TRANSACTION, ORGANIZATION, EUROS, "https://pay.example/r?a=b", description="Order 42")


@dataclass
class Simulator:
    """A running simulator and everything that it delivered."""

    url: str
    account: ProviderAccount
    connector: PayPalConnector
    facts: list[ProviderFact] = field(default_factory=list)

    async def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        async with aiohttp.ClientSession() as session, session.post(self.url + path, json=body or {}) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    def kinds(self) -> list[FactKind]:
        return [fact.kind for fact in self.facts if fact.kind is not FactKind.UNKNOWN]

    async def hear(self, kind: FactKind) -> ProviderFact:
        await eventually(lambda: kind in self.kinds())
        return next(fact for fact in self.facts if fact.kind is kind)

    async def approved(self, outcome: str = "paid") -> ProviderPayment:
        payment = await self.connector.create_payment(self.account, INTENT, idempotency_key="k")
        await self.call(f"/_sim/orders/{payment.provider_payment_id}/approve", {"outcome": outcome})
        return payment

    async def captured(self, outcome: str = "paid") -> ProviderPayment:
        payment = await self.approved(outcome)
        return await self.connector.capture_payment(self.account, payment.provider_payment_id, idempotency_key="c")


async def receive(simulator: Simulator) -> web.AppRunner:
    """An endpoint that verifies and reads what the simulator sends."""
    webhooks = PayPalWebhooks(Certificates([simulator.url]))

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        await webhooks.prepare(headers)
        webhooks.verify(body, headers, [WEBHOOK_ID], datetime.now(UTC))
        for event in webhooks.split(body):
            simulator.facts += webhooks.facts(event.raw)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    client = simulator.account.public["clientId"]
    await simulator.call("/_sim/webhook_endpoints", {"client_id": client, "url": url, "webhook_id": WEBHOOK_ID})
    return runner


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(build_app(Settings(port=port)), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    account = ProviderAccount(
        id=new_object_id(),
        organization_id=ORGANIZATION,
        type="paypal",
        livemode=False,
        public={"clientId": "conformance-client"},
        secrets={"clientSecret": "conformance-secret", "webhookId": WEBHOOK_ID},
    )
    url = f"http://127.0.0.1:{port}"
    running = Simulator(url, account, PayPalConnector(url))
    runner = await receive(running)
    yield running
    await running.connector.aclose()
    server.should_exit = True
    await serving
    await runner.cleanup()


class TestAgainstTheSimulator(ConnectorConformance):
    @pytest.fixture
    def connector(self, simulator: Simulator) -> Connector:
        return simulator.connector

    @pytest.fixture
    def account(self, simulator: Simulator) -> ProviderAccount:
        return simulator.account

    @pytest.mark.parametrize("amount", [Money(1099, "EUR"), Money(1200, "JPY"), Money(120_000, "HUF"), Money(1, "USD")])
    async def test_amounts_survive_the_round_trip(
        self, connector: Connector, account: ProviderAccount, amount: Money
    ) -> None:
        payment = await connector.create_payment(account, self.intent(amount), idempotency_key="k-2")

        assert connector.capabilities.offers(amount)
        assert payment.amount == amount

    @pytest.mark.parametrize("amount", [*AMOUNTS[2:], Money(120_050, "HUF")], ids=str)
    def test_what_paypal_does_not_take_is_not_offered(self, connector: Connector, amount: Money) -> None:
        assert not connector.capabilities.offers(amount)

    async def test_a_payment_is_found_by_id_and_by_our_reference(
        self, connector: Connector, account: ProviderAccount
    ) -> None:
        """PayPal finds by id only; an order without a customer's visit cannot be paid."""
        made = await connector.create_payment(account, self.intent(), idempotency_key="k-3")

        fetched = await connector.fetch_payment(account, made.provider_payment_id)

        assert fetched == made
        assert await connector.find_payment(account, TRANSACTION) is None


class TestRefunds(RefundingConformance):
    @pytest.fixture
    def connector(self, simulator: Simulator) -> Connector:
        return simulator.connector

    @pytest.fixture
    def account(self, simulator: Simulator) -> ProviderAccount:
        return simulator.account

    @pytest.fixture(autouse=True)
    def keep(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def give_back(self, minor: int) -> None:
        await self.simulator.call("/_sim/rules", {"kind": "refund_amount", "amount": minor})

    async def paid(self, connector: Connector, account: ProviderAccount) -> str:
        return (await self.simulator.captured()).provider_payment_id


async def test_approval_is_not_payment_and_the_capture_is(simulator: Simulator) -> None:
    payment = await simulator.approved()
    authorized = await simulator.hear(FactKind.AUTHORIZED)
    seen = await simulator.connector.fetch_payment(simulator.account, payment.provider_payment_id)

    captured = await simulator.connector.capture_payment(
        simulator.account, payment.provider_payment_id, idempotency_key="c"
    )

    assert (authorized.provider_payment_id, authorized.amount) == (payment.provider_payment_id, EUROS)
    assert seen is not None
    assert (seen.state, seen.received) == ("authorized", None)
    assert (captured.state, captured.received) == ("succeeded", EUROS)
    fact = await simulator.hear(FactKind.CAPTURE_CONFIRMED)
    assert (fact.transaction_id, fact.organization_id, fact.amount) == (TRANSACTION, ORGANIZATION, EUROS)
    assert fact.provider_payment_id == payment.provider_payment_id
    fee = await simulator.hear(FactKind.FEE_KNOWN)
    assert fee.amount == Money(68, "EUR")


async def test_an_account_in_another_currency(simulator: Simulator) -> None:
    await simulator.call("/_sim/rules", {"kind": "settlement", "currency": "USD", "rate": 1.1})
    captured = await simulator.captured()
    fee = await simulator.hear(FactKind.FEE_KNOWN)
    simulator.facts.clear()
    request = RefundRequest(REFUND, TRANSACTION, ORGANIZATION, captured.provider_payment_id, EUROS, EUROS)
    await simulator.connector.refund_payment(simulator.account, request, idempotency_key="r")
    back = await simulator.hear(FactKind.FEE_KNOWN)

    assert (fee.amount, fee.exchange) == (Money(68, "EUR"), Exchange(Money(1031, "EUR"), Money(1134, "USD")))
    assert back.exchange == Exchange(Money(-1099, "EUR"), Money(-1209, "USD"))
    assert (back.amount, back.transaction_id) == (Money(0, "EUR"), TRANSACTION)


async def test_the_customer_agrees_on_paypals_page(simulator: Simulator) -> None:
    payment = await simulator.connector.create_payment(simulator.account, INTENT, idempotency_key="k")
    url = payment.next_action.url
    assert url is not None

    async with aiohttp.ClientSession() as session:
        async with session.get(url) as page:
            assert "10.99 EUR" in await page.text()
        options: dict[str, Any] = {"data": {"result": "paid"}, "allow_redirects": False}
        async with session.post(url, **options) as answer:
            assert answer.headers["Location"].startswith("https://pay.example/r?a=b&token=")

    await simulator.hear(FactKind.AUTHORIZED)


async def test_a_capture_happens_once(simulator: Simulator) -> None:
    payment = await simulator.captured()

    again = [
        await simulator.connector.capture_payment(simulator.account, payment.provider_payment_id, idempotency_key=key)
        for key in ("c", "another")
    ]

    assert [found.state for found in again] == ["succeeded", "succeeded"]
    await simulator.hear(FactKind.CAPTURE_CONFIRMED)
    assert simulator.kinds().count(FactKind.CAPTURE_CONFIRMED) == 1


@pytest.mark.parametrize(
    ("outcome", "state", "kind"),
    [("pending", "succeeded", FactKind.CAPTURE_CONFIRMED), ("denied", "failed", FactKind.DECLINED)],
)
async def test_a_review_decides_later(simulator: Simulator, outcome: str, state: str, kind: FactKind) -> None:
    payment = await simulator.captured(outcome)
    assert payment.state == "processing"
    await simulator.hear(FactKind.PROCESSING)
    with pytest.raises(NotCancelable):
        await simulator.connector.cancel_payment(simulator.account, payment.provider_payment_id, idempotency_key="x")

    await simulator.call("/_sim/clock/advance", {"days": 1})

    await simulator.hear(kind)
    found = await simulator.connector.fetch_payment(simulator.account, payment.provider_payment_id)
    assert found is not None
    assert found.state == state


async def test_a_declined_instrument_is_a_failure(simulator: Simulator) -> None:
    payment = await simulator.captured("declined")

    assert payment.state == "failed"
    assert payment.failure is not None
    assert payment.failure.provider_code == "INSTRUMENT_DECLINED"


async def test_an_approval_without_a_capture_is_given_up(simulator: Simulator) -> None:
    payment = await simulator.approved()

    await simulator.call("/_sim/clock/advance", {"days": 3})

    fact = await simulator.hear(FactKind.CANCELED)
    assert (fact.provider_payment_id, fact.transaction_id) == (payment.provider_payment_id, TRANSACTION)
    captured = await simulator.connector.capture_payment(
        simulator.account, payment.provider_payment_id, idempotency_key="c"
    )
    assert captured.state == "canceled"


async def capture_id(simulator: Simulator) -> str:
    await simulator.captured()
    fact = await simulator.hear(FactKind.CAPTURE_CONFIRMED)
    assert fact.provider_object_id is not None
    return fact.provider_object_id


async def test_disputes(simulator: Simulator) -> None:
    path = f"/_sim/captures/{await capture_id(simulator)}/dispute"

    for body, kind in (
        ({"stage": "INQUIRY"}, FactKind.INQUIRY_CHANGED),
        ({}, FactKind.DISPUTE_OPENED),
        ({"status": "UNDER_REVIEW"}, FactKind.DISPUTE_UNDER_REVIEW),
        ({"status": "RESOLVED"}, FactKind.DISPUTE_LOST),
    ):
        await simulator.call(path, body)
        fact = await simulator.hear(kind)
        assert (fact.transaction_id, fact.amount) == (TRANSACTION, EUROS)


async def test_a_reversal_is_lost_money(simulator: Simulator) -> None:
    await simulator.call(f"/_sim/captures/{await capture_id(simulator)}/reverse")

    fact = await simulator.hear(FactKind.DISPUTE_LOST)
    assert (fact.transaction_id, fact.amount, fact.dispute_kind) == (TRANSACTION, EUROS, "chargeback")


async def test_refunds_until_nothing_is_left(simulator: Simulator) -> None:
    payment = await simulator.captured()
    account, connector = simulator.account, simulator.connector

    def request(minor: int) -> RefundRequest:
        money, identifier = Money(minor, "EUR"), payment.provider_payment_id
        return RefundRequest(REFUND, TRANSACTION, ORGANIZATION, identifier, money, money)

    first = await connector.refund_payment(account, request(599), idempotency_key="r1")
    await connector.refund_payment(account, request(500), idempotency_key="r2")
    with pytest.raises(ProviderRefused) as refused:
        await connector.refund_payment(account, request(1), idempotency_key="r3")

    assert (first.state, first.amount) == ("succeeded", Money(599, "EUR"))
    assert refused.value.provider_code == "CAPTURE_FULLY_REFUNDED"
    fact = await simulator.hear(FactKind.REFUND_CONFIRMED)
    assert (fact.refund_id, fact.transaction_id) == (REFUND, TRANSACTION)


async def test_another_amount_shows(simulator: Simulator) -> None:
    await simulator.call("/_sim/rules", {"kind": "amount", "amount": 100})

    payment = await simulator.captured()

    assert payment.received == Money(100, "EUR")


async def test_a_withdrawn_token_is_replaced(simulator: Simulator) -> None:
    await simulator.connector.create_payment(simulator.account, INTENT, idempotency_key="k")
    revoked = await simulator.call("/_sim/tokens/revoke")

    again = await simulator.connector.create_payment(simulator.account, INTENT, idempotency_key="k")

    assert revoked["revoked"] == 1
    assert again.state == "pending"


async def test_calls_at_the_same_time_share_one_token(simulator: Simulator) -> None:
    create = simulator.connector.create_payment
    await asyncio.gather(*(create(simulator.account, INTENT, idempotency_key=f"k{number}") for number in range(8)))

    assert (await simulator.call("/_sim/tokens/revoke"))["revoked"] == 1


async def test_a_wrong_secret_is_refused(simulator: Simulator) -> None:
    await simulator.connector.create_payment(simulator.account, INTENT, idempotency_key="k")
    wrong = replace(simulator.account, secrets={"clientSecret": "another"})

    with pytest.raises(ProviderRefused) as refused:
        await simulator.connector.create_payment(wrong, INTENT, idempotency_key="k2")

    assert refused.value.provider_code == "invalid_credentials"


async def test_an_answer_that_comes_too_late_comes_again_under_the_same_key(simulator: Simulator) -> None:
    rule = {"kind": "api_timeout", "seconds": 2, "match": {"path": "/v2/checkout/orders"}, "times": 1}
    await simulator.call("/_sim/rules", rule)
    create = simulator.connector.create_payment

    with pytest.raises(OutcomeUnknown):
        await create(simulator.account, INTENT, idempotency_key="k", timeout_s=0.5)
    again = await create(simulator.account, INTENT, idempotency_key="k")
    with pytest.raises(OutcomeUnknown):
        await create(simulator.account, replace(INTENT, amount=Money(1, "EUR")), idempotency_key="k")

    assert again.state == "pending"


async def test_another_account_sees_nothing(simulator: Simulator) -> None:
    payment = await simulator.connector.create_payment(simulator.account, INTENT, idempotency_key="k")
    other = replace(simulator.account, id=new_object_id(), public={"clientId": "another-client"})

    assert await simulator.connector.fetch_payment(other, payment.provider_payment_id) is None
