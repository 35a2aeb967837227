"""The connector and the webhooks against the GoCardless simulator: what one side sends, the other understands."""

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
from gateway_providers.errors import AmountNotSupported, NotCancelable, ProviderRefused, RefundNotEnabled
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.gocardless.client import GoCardlessConnector
from gateway_providers.gocardless.webhook import GoCardlessWebhooks
from gateway_providers.ports import (
    Capturing,
    Connector,
    PaymentIntentRequest,
    ProviderAccount,
    ProviderPayment,
    RefundRequest,
)
from gateway_simulators.gocardless.app import build_app
from gateway_simulators.gocardless.settings import Settings
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

SECRET = "webhook-secret-of-the-dashboard"
EUROS = AMOUNTS[0]
INTENT = PaymentIntentRequest(TRANSACTION, ORGANIZATION, EUROS, "https://pay.example/r", description="Order 42")


@dataclass
class Simulator:
    """A running simulator and everything that it delivered."""

    url: str
    account: ProviderAccount
    facts: list[ProviderFact] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    async def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        async with aiohttp.ClientSession() as session, session.post(self.url + path, json=body or {}) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    async def rule(self, **rule: Any) -> None:
        await self.call("/_sim/rules", rule)

    def kinds(self) -> list[FactKind]:
        return [fact.kind for fact in self.facts if fact.kind is not FactKind.UNKNOWN]

    async def hear(self, kind: FactKind) -> ProviderFact:
        await eventually(lambda: kind in self.kinds())
        return next(fact for fact in self.facts if fact.kind is kind)


@dataclass
class Bank:
    """A payment on its way: made, authorised, captured."""

    simulator: Simulator
    connector: GoCardlessConnector

    async def captured(self, outcome: str = "paid") -> ProviderPayment:
        made = await self.connector.create_payment(self.simulator.account, INTENT, idempotency_key="k")
        await self.simulator.call(f"/_sim/billing_requests/{made.provider_payment_id}/fulfil", {"outcome": outcome})
        return await self.connector.capture_payment(
            self.simulator.account, made.provider_payment_id, idempotency_key="c"
        )

    async def days(self, days: int) -> None:
        await self.simulator.call("/_sim/clock/advance", {"days": days})

    async def state(self, payment: ProviderPayment) -> tuple[str, str]:
        found = await self.connector.fetch_payment(self.simulator.account, payment.provider_payment_id)
        assert found is not None
        return found.state, found.provider_status


async def serve(settings: Settings) -> AsyncIterator[Simulator]:
    port = free_port()
    config = uvicorn.Config(build_app(replace(settings, port=port)), port=port, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    account = ProviderAccount(
        id=new_object_id(),
        organization_id=ORGANIZATION,
        type="gocardless",
        livemode=False,
        secrets={"accessToken": "sandbox_conformance"},
    )
    running = Simulator(f"http://127.0.0.1:{port}", account)
    runner = await receive(running)
    yield running
    server.should_exit = True
    await serving
    await runner.cleanup()


async def receive(simulator: Simulator) -> web.AppRunner:
    """An endpoint that verifies and reads what the simulator sends."""
    webhooks = GoCardlessWebhooks()

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhooks.verify(body, headers, [SECRET], datetime.now(UTC))
        for event in webhooks.split(body):
            simulator.events.append(event.provider_event_id)
            simulator.facts += webhooks.facts(event.raw)
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hooks", handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    token = simulator.account.secrets["accessToken"]
    await simulator.call("/_sim/webhook_endpoints", {"access_token": token, "url": url, "secret": SECRET})
    return runner


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async for running in serve(Settings()):
        yield running


@pytest_asyncio.fixture
async def without_refunds() -> AsyncIterator[Simulator]:
    async for running in serve(Settings(with_refunds=False)):
        yield running


@pytest_asyncio.fixture
async def made(simulator: Simulator) -> AsyncIterator[GoCardlessConnector]:
    connector = GoCardlessConnector(simulator.url)
    yield connector
    await connector.aclose()


@pytest.fixture
def bank(simulator: Simulator, made: GoCardlessConnector) -> Bank:
    return Bank(simulator, made)


class TestAgainstTheSimulator(ConnectorConformance):
    @pytest.fixture
    def connector(self, made: GoCardlessConnector) -> Connector:
        return made

    @pytest.fixture
    def account(self, simulator: Simulator) -> ProviderAccount:
        return simulator.account

    async def test_the_same_key_is_the_same_payment(self, connector: Connector, account: ProviderAccount) -> None:
        first = await connector.create_payment(account, self.intent(), idempotency_key="k-1")
        again = await connector.create_payment(account, self.intent(), idempotency_key="k-1")

        # The page is opened anew; what is paid on it is the same.
        assert first.provider_payment_id == again.provider_payment_id
        assert first.next_action.type == again.next_action.type == "redirect"

    @pytest.mark.parametrize("amount", [Money(1099, "EUR"), Money(1, "GBP"), Money(99_999_999, "SEK")])
    async def test_amounts_survive_the_round_trip(
        self, connector: Connector, account: ProviderAccount, amount: Money
    ) -> None:
        payment = await connector.create_payment(account, self.intent(amount), idempotency_key="k-2")

        assert payment.amount == amount

    @pytest.mark.parametrize("amount", AMOUNTS[1:], ids=lambda amount: amount.currency)
    async def test_other_currencies_are_not_offered(
        self, connector: Connector, account: ProviderAccount, amount: Money
    ) -> None:
        assert not connector.capabilities.offers(amount)
        with pytest.raises(AmountNotSupported):
            await connector.create_payment(account, self.intent(amount), idempotency_key="k-2")


class TestRefunds(RefundingConformance):
    @pytest.fixture
    def connector(self, made: GoCardlessConnector) -> Connector:
        return made

    @pytest.fixture
    def account(self, simulator: Simulator) -> ProviderAccount:
        return simulator.account

    @pytest.fixture(autouse=True)
    def keep(self, bank: Bank) -> None:
        self.bank = bank

    async def give_back(self, minor: int) -> None:
        await self.bank.simulator.call("/_sim/rules", {"kind": "refund_amount", "amount": minor})

    async def paid(self, connector: Connector, account: ProviderAccount) -> str:
        payment = await self.bank.captured()
        await self.bank.days(3)
        return payment.provider_payment_id


async def test_a_mandate_then_a_payment_that_takes_days(bank: Bank) -> None:
    simulator = bank.simulator
    payment = await bank.captured()

    authorized = await simulator.hear(FactKind.AUTHORIZED)
    assert (authorized.provider_payment_id, authorized.amount) == (payment.provider_payment_id, EUROS)
    assert payment.state == "processing"
    await bank.days(1)
    assert await bank.state(payment) == ("processing", "submitted")
    await bank.days(2)
    assert await bank.state(payment) == ("succeeded", "confirmed")
    fact = await simulator.hear(FactKind.CAPTURE_CONFIRMED)
    assert (fact.transaction_id, fact.organization_id, fact.amount) == (TRANSACTION, ORGANIZATION, EUROS)
    assert fact.provider_payment_id == payment.provider_payment_id
    await bank.days(2)
    await simulator.hear(FactKind.PAID_OUT)
    await simulator.hear(FactKind.MANDATE_CHANGED)


async def test_the_customer_authorises_on_the_hosted_page(simulator: Simulator, made: GoCardlessConnector) -> None:
    payment = await made.create_payment(simulator.account, INTENT, idempotency_key="k")
    assert payment.next_action.url is not None

    async with aiohttp.ClientSession() as session:
        async with session.get(payment.next_action.url) as page:
            assert "Authorise" in await page.text()
        options: dict[str, Any] = {"data": {"result": "paid"}, "allow_redirects": False}
        async with session.post(payment.next_action.url, **options) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "https://pay.example/r")

    await simulator.hear(FactKind.AUTHORIZED)
    found = await made.fetch_payment(simulator.account, payment.provider_payment_id)
    assert found is not None
    assert found.state == "authorized"


async def test_a_capture_is_made_once_whatever_the_key(bank: Bank) -> None:
    assert isinstance(bank.connector, Capturing)
    first = await bank.captured()

    again = [
        await bank.connector.capture_payment(bank.simulator.account, first.provider_payment_id, idempotency_key=key)
        for key in ("c", "another")
    ]

    assert [payment.state for payment in again] == ["processing", "processing"]
    await bank.days(3)
    await bank.simulator.hear(FactKind.CAPTURE_CONFIRMED)
    assert bank.simulator.kinds().count(FactKind.CAPTURE_CONFIRMED) == 1


async def test_captures_at_the_same_time_make_one_payment(bank: Bank) -> None:
    account, connector = bank.simulator.account, bank.connector
    made = await connector.create_payment(account, INTENT, idempotency_key="k")
    await bank.simulator.call(f"/_sim/billing_requests/{made.provider_payment_id}/fulfil")

    captured = await asyncio.gather(
        *(connector.capture_payment(account, made.provider_payment_id, idempotency_key=f"c{n}") for n in range(5))
    )
    await bank.days(3)

    assert {payment.state for payment in captured} == {"processing"}
    await bank.simulator.hear(FactKind.CAPTURE_CONFIRMED)
    assert bank.simulator.kinds().count(FactKind.CAPTURE_CONFIRMED) == 1
    # Webhooks are on their way side by side.
    await eventually(lambda: [fact.event_type for fact in bank.simulator.facts].count("payments.created") == 1)


async def test_nothing_is_captured_before_the_mandate(simulator: Simulator, made: GoCardlessConnector) -> None:
    payment = await made.create_payment(simulator.account, INTENT, idempotency_key="k")

    captured = await made.capture_payment(simulator.account, payment.provider_payment_id, idempotency_key="c")

    assert captured.state == "pending"


@pytest.mark.parametrize(
    ("outcome", "days", "kinds"),
    [
        ("failed", 3, [FactKind.DECLINED]),
        ("retried", 7, [FactKind.FAILED_WILL_RETRY, FactKind.CAPTURE_CONFIRMED]),
        ("late_failure", 8, [FactKind.CAPTURE_CONFIRMED, FactKind.DECLINED, FactKind.LATE_FAILURE]),
        ("charged_back", 12, [FactKind.CAPTURE_CONFIRMED, FactKind.DISPUTE_LOST]),
    ],
)
async def test_what_the_bank_may_do(bank: Bank, outcome: str, days: int, kinds: list[FactKind]) -> None:
    await bank.captured(outcome)

    for _ in range(days):
        await bank.days(1)

    for kind in kinds:
        fact = await bank.simulator.hear(kind)
        assert fact.transaction_id == TRANSACTION


async def test_a_chargeback_that_is_called_off_is_won(bank: Bank) -> None:
    payment = await bank.captured("charged_back")
    await bank.days(10)
    lost = await bank.simulator.hear(FactKind.DISPUTE_LOST)

    await bank.simulator.call(f"/_sim/payments/{lost.provider_object_id}/cancel_chargeback")

    won = await bank.simulator.hear(FactKind.DISPUTE_WON)
    assert won.provider_object_id == lost.provider_object_id
    assert won.provider_payment_id == payment.provider_payment_id


async def test_a_mandate_without_payment_is_given_up(bank: Bank) -> None:
    account, connector = bank.simulator.account, bank.connector
    payment = await connector.create_payment(account, INTENT, idempotency_key="k")
    await bank.simulator.call(f"/_sim/billing_requests/{payment.provider_payment_id}/fulfil")

    canceled = await connector.cancel_payment(account, payment.provider_payment_id, idempotency_key="x")
    captured = await connector.capture_payment(account, payment.provider_payment_id, idempotency_key="c")

    assert (canceled.state, captured.state) == ("canceled", "canceled")


async def test_a_payment_is_canceled_only_before_it_is_submitted(bank: Bank) -> None:
    payment = await bank.captured()
    await bank.days(1)

    with pytest.raises(NotCancelable):
        await bank.connector.cancel_payment(bank.simulator.account, payment.provider_payment_id, idempotency_key="x")
    await bank.days(2)
    paid = await bank.connector.cancel_payment(bank.simulator.account, payment.provider_payment_id, idempotency_key="y")
    assert paid.state == "succeeded"


async def test_the_amount_that_was_really_taken_is_what_a_look_shows(bank: Bank) -> None:
    await bank.simulator.rule(kind="amount", amount=1)

    payment = await bank.captured()
    await bank.days(3)

    found = await bank.connector.fetch_payment(bank.simulator.account, payment.provider_payment_id)
    assert found is not None
    assert found.received == Money(1, "EUR")


async def test_an_answer_that_comes_too_late_is_found_by_the_same_key(bank: Bank) -> None:
    await bank.simulator.rule(kind="api_timeout", seconds=2, match={"path": "/billing_requests"}, times=1)
    account, connector = bank.simulator.account, bank.connector

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(account, INTENT, idempotency_key="k", timeout_s=0.5)
    found = await connector.find_payment(account, TRANSACTION)
    again = await connector.create_payment(account, INTENT, idempotency_key="k")

    assert found is not None
    assert found.provider_payment_id == again.provider_payment_id


async def test_refunds_confirm_the_total_and_settle(bank: Bank) -> None:
    payment = await bank.captured()
    await bank.days(3)
    account, connector = bank.simulator.account, bank.connector

    def request(refund_id: str, minor: int, total: int) -> RefundRequest:
        money = Money(total, "EUR")
        identifier = payment.provider_payment_id
        return RefundRequest(refund_id, TRANSACTION, ORGANIZATION, identifier, Money(minor, "EUR"), money)

    await connector.refund_payment(account, request(REFUND, 500, 500), idempotency_key="r1")
    await connector.refund_payment(account, request("b" * 24, 99, 599), idempotency_key="r2")
    with pytest.raises(ProviderRefused) as wrong:
        await connector.refund_payment(account, request("c" * 24, 100, 100), idempotency_key="r3")

    assert wrong.value.provider_code == "total_amount_confirmation_invalid"
    pending = await bank.simulator.hear(FactKind.REFUND_PENDING)
    assert (pending.refund_id, pending.amount) == (REFUND, None)  # the event only repeats what was asked for
    await bank.days(2)
    paid = await bank.simulator.hear(FactKind.REFUND_CONFIRMED)
    assert paid.provider_payment_id == payment.provider_payment_id


async def test_refunds_that_are_not_activated(without_refunds: Simulator) -> None:
    connector = GoCardlessConnector(without_refunds.url)
    bank = Bank(without_refunds, connector)
    payment = await bank.captured()
    await bank.days(3)
    amount = Money(500, "EUR")

    with pytest.raises(RefundNotEnabled) as refused:
        await connector.refund_payment(
            without_refunds.account,
            RefundRequest(REFUND, TRANSACTION, ORGANIZATION, payment.provider_payment_id, amount, amount),
            idempotency_key="r",
        )

    assert refused.value.code == "REFUND_NOT_ENABLED"
    await connector.aclose()


async def test_another_account_sees_nothing(simulator: Simulator, made: GoCardlessConnector) -> None:
    payment = await made.create_payment(simulator.account, INTENT, idempotency_key="k")
    other = ProviderAccount(
        "p2", ORGANIZATION, "gocardless", False, secrets={"accessToken": "sandbox_of_another_account"}
    )

    assert await made.fetch_payment(other, payment.provider_payment_id) is None
    assert await made.find_payment(other, TRANSACTION) is None
