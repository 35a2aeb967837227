"""The connector against Mollie's simulator: payments, thin events that are resolved by asking, refunds, chargebacks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from aiohttp import web
from conformance import AMOUNTS, ORGANIZATION, REFUND, TRANSACTION, ConnectorConformance, RefundingConformance

from gateway_contracts.errors import OutcomeUnknown, Transient
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_embedded.servers.process import free_port
from gateway_providers.errors import NotCancelable, ProviderRefused
from gateway_providers.events import Exchange, FactKind, ProviderFact
from gateway_providers.mollie.client import MollieConnector
from gateway_providers.mollie.webhook import MollieWebhooks
from gateway_providers.ports import Connector, PaymentIntentRequest, ProviderAccount, ProviderPayment, RefundRequest
from gateway_simulators.mollie.app import build_app
from gateway_simulators.mollie.settings import Settings
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

PAID, REFUNDED = FactKind.CAPTURE_CONFIRMED, FactKind.REFUND_CONFIRMED


@dataclass
class Simulator:
    """A running simulator, an endpoint, and the facts that its thin events led to."""

    url: str
    account: ProviderAccount
    connector: MollieConnector
    hook: str = ""
    thin_events: list[bytes] = field(default_factory=list)
    facts: list[ProviderFact] = field(default_factory=list)

    async def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        async with aiohttp.ClientSession() as session, session.post(self.url + path, json=body or {}) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    async def decide(self, payment_id: str, status: str, **fields: Any) -> None:
        await self.call(f"/_sim/payments/{payment_id}/status", {"status": status, **fields})

    async def pay(self, *, key: str = "k-1", status: str = "paid") -> ProviderPayment:
        payment = await self.connector.create_payment(self.account, self.intent(), idempotency_key=key)
        await self.decide(payment.provider_payment_id, status)
        return payment

    def intent(self, amount: Money = AMOUNTS[0]) -> PaymentIntentRequest:
        return PaymentIntentRequest(
            TRANSACTION, ORGANIZATION, amount, "https://pay.example/return", webhook_url=self.hook
        )

    async def resolve(self, payment_id: str) -> list[ProviderFact]:
        return await self.connector.resolve_thin_event(self.account, f"id={payment_id}".encode())

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert MollieWebhooks().is_thin_event(body, headers)
        self.thin_events.append(body)
        self.facts += await self.connector.resolve_thin_event(self.account, body)
        return web.Response()

    def kinds(self) -> list[FactKind]:
        """Each fact once, as an inbox would let it pass."""
        return [fact.kind for fact in {fact.event_key: fact for fact in self.facts}.values()]


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(build_app(Settings(port=port)), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    secrets = {"apiKey": "test_conformance0123456789"}
    account = ProviderAccount(new_object_id(), ORGANIZATION, "mollie", False, secrets=secrets)
    url = f"http://127.0.0.1:{port}"
    running = Simulator(url, account, MollieConnector(url))
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


class TestAgainstTheSimulator(ConnectorConformance, RefundingConformance):
    simulator: Simulator

    @pytest.fixture
    def connector(self, simulator: Simulator) -> Connector:
        return simulator.connector

    @pytest.fixture
    def account(self, simulator: Simulator) -> ProviderAccount:
        self.simulator = simulator
        return simulator.account

    @pytest.mark.parametrize("amount", [*AMOUNTS[:2], Money(500, "ISK"), Money(1, "USD")], ids=str)
    async def test_amounts_survive_the_round_trip(
        self, connector: Connector, account: ProviderAccount, amount: Money
    ) -> None:
        payment = await connector.create_payment(account, self.intent(amount), idempotency_key="k-2")

        assert connector.capabilities.offers(amount)
        assert payment.amount == amount

    @pytest.mark.parametrize("amount", [Money(1250, "KWD"), Money(700, "UGX")], ids=str)
    async def test_a_currency_that_mollie_does_not_take_is_neither_offered_nor_accepted(
        self, connector: Connector, account: ProviderAccount, amount: Money
    ) -> None:
        assert not connector.capabilities.offers(amount)
        with pytest.raises(ProviderRefused):
            await connector.create_payment(account, self.intent(amount), idempotency_key="k-2")

    async def give_back(self, minor: int) -> None:
        await self.simulator.call("/_sim/rules", {"kind": "refund_amount", "amount": minor})

    async def paid(self, connector: Connector, account: ProviderAccount) -> str:
        return (await self.simulator.pay()).provider_payment_id


async def test_a_payment_leads_to_the_hosted_page(simulator: Simulator) -> None:
    payment = await simulator.connector.create_payment(simulator.account, simulator.intent(), idempotency_key="k")

    assert payment.next_action.type == "redirect"
    assert (payment.next_action.url or "").startswith(f"{simulator.url}/checkout/")


@pytest.mark.parametrize(
    ("status", "state", "kind"),
    [
        ("paid", "succeeded", FactKind.CAPTURE_CONFIRMED),
        ("failed", "failed", FactKind.DECLINED),
        ("canceled", "canceled", FactKind.CANCELED),
        ("expired", "canceled", FactKind.CANCELED),
        ("pending", "processing", FactKind.PROCESSING),
        ("authorized", "authorized", FactKind.AUTHORIZED),
    ],
)
async def test_the_thin_event_is_resolved_into_what_happened(
    simulator: Simulator, status: str, state: str, kind: FactKind
) -> None:
    payment = await simulator.pay(status=status)

    await eventually(lambda: simulator.facts)
    [fact] = simulator.facts
    fetched = await simulator.connector.fetch_payment(simulator.account, payment.provider_payment_id)
    assert simulator.thin_events == [f"id={payment.provider_payment_id}".encode()]
    assert (fact.kind, fact.provider_status, fact.provider_payment_id) == (kind, status, payment.provider_payment_id)
    assert (fact.transaction_id, fact.organization_id, fact.livemode) == (TRANSACTION, ORGANIZATION, False)
    assert fact.amount == AMOUNTS[0]
    assert fetched is not None
    assert (fetched.state, fetched.received) == (state, AMOUNTS[0] if status == "paid" else None)


async def test_a_decline_says_why_and_never_that_it_looked_like_fraud(simulator: Simulator) -> None:
    payment = await simulator.connector.create_payment(simulator.account, simulator.intent(), idempotency_key="k")
    await simulator.decide(payment.provider_payment_id, "failed", reason="possible_fraud")

    [fact] = await simulator.resolve(payment.provider_payment_id)

    assert fact.failure is not None
    assert (fact.failure.code, fact.failure.provider_code) == ("PAYMENT_DECLINED", "possible_fraud")
    assert "fraud" not in fact.failure.message


async def test_the_same_state_is_the_same_fact_and_another_state_another(simulator: Simulator) -> None:
    payment = await simulator.pay()
    first = await simulator.resolve(payment.provider_payment_id)
    again = await simulator.resolve(payment.provider_payment_id)
    chargeback = await simulator.call(f"/_sim/payments/{payment.provider_payment_id}/chargeback", {"amount": 1000})
    after = await simulator.resolve(payment.provider_payment_id)
    await simulator.call(f"/_sim/chargebacks/{chargeback['id']}/reverse")
    last = await simulator.resolve(payment.provider_payment_id)

    assert first == again
    assert [fact.kind for fact in after] == [PAID, FactKind.DISPUTE_LOST]
    assert after[0].event_key == first[0].event_key
    assert [fact.kind for fact in last] == [PAID, FactKind.DISPUTE_LOST, FactKind.DISPUTE_WON]
    assert [fact.event_key for fact in last[:2]] == [fact.event_key for fact in after]
    assert len({fact.event_key for fact in last}) == 3
    assert (last[2].amount, last[2].dispute_kind) == (Money(1000, "EUR"), "chargeback")
    assert last[2].provider_object_id == last[1].provider_object_id == chargeback["id"]
    other = replace(simulator.account, id=new_object_id())
    elsewhere = await simulator.connector.resolve_thin_event(other, f"id={payment.provider_payment_id}".encode())
    assert elsewhere[0].event_key != first[0].event_key


async def test_an_account_in_another_currency(simulator: Simulator) -> None:
    await simulator.call("/_sim/rules", {"kind": "settlement", "currency": "USD", "rate": 1.1})
    payment = await simulator.pay()
    amount = Money(400, "EUR")
    request = RefundRequest(REFUND, TRANSACTION, ORGANIZATION, payment.provider_payment_id, amount, amount)
    await simulator.connector.refund_payment(simulator.account, request, idempotency_key="r")
    await simulator.call(f"/_sim/payments/{payment.provider_payment_id}/chargeback", {"amount": 100})

    reported = [fact for fact in await simulator.resolve(payment.provider_payment_id) if fact.exchange]

    assert [fact.exchange for fact in reported] == [
        Exchange(AMOUNTS[0], Money(1209, "USD")),
        Exchange(Money(-400, "EUR"), Money(-440, "USD")),
        Exchange(Money(-100, "EUR"), Money(-110, "USD")),
    ]
    assert {fact.kind for fact in reported} == {FactKind.FEE_KNOWN}
    assert len({fact.event_key for fact in reported}) == 3


async def test_a_refund_from_its_request_to_the_confirmed_fact(simulator: Simulator) -> None:
    payment = await simulator.pay()
    amount = Money(400, "EUR")
    request = RefundRequest(REFUND, TRANSACTION, ORGANIZATION, payment.provider_payment_id, amount, amount)

    refund = await simulator.connector.refund_payment(simulator.account, request, idempotency_key="r")
    await simulator.call(f"/_sim/refunds/{refund.provider_refund_id}/settle", {"status": "refunded"})
    await eventually(lambda: REFUNDED in simulator.kinds())
    await simulator.call(f"/_sim/refunds/{refund.provider_refund_id}/settle", {"status": "failed"})

    await eventually(lambda: FactKind.REFUND_FAILED in simulator.kinds())
    reported = [fact for fact in simulator.facts if fact.kind is REFUNDED]
    assert {(fact.refund_id, fact.provider_object_id) for fact in reported} == {(REFUND, refund.provider_refund_id)}
    assert reported[0].amount == amount


async def test_more_than_was_paid_is_refused(simulator: Simulator) -> None:
    payment = await simulator.pay()
    amount = Money(1100, "EUR")
    request = RefundRequest(REFUND, TRANSACTION, ORGANIZATION, payment.provider_payment_id, amount, amount)

    with pytest.raises(ProviderRefused) as refused:
        await simulator.connector.refund_payment(simulator.account, request, idempotency_key="r")

    assert refused.value.provider_code == "unprocessable_entity:amount"


async def test_an_authorized_payment_is_captured_once(simulator: Simulator) -> None:
    payment = await simulator.pay(status="authorized")

    captured = await simulator.connector.capture_payment(
        simulator.account, payment.provider_payment_id, idempotency_key="c-1"
    )
    again = await simulator.connector.capture_payment(
        simulator.account, payment.provider_payment_id, idempotency_key="c-2"
    )

    assert (captured.state, again.state) == ("succeeded", "succeeded")


async def test_a_paid_payment_answers_a_cancel_and_a_begun_one_refuses_it(simulator: Simulator) -> None:
    paid, begun = await simulator.pay(), await simulator.pay(key="k-2", status="pending")
    cancel = simulator.connector.cancel_payment

    assert (await cancel(simulator.account, paid.provider_payment_id, idempotency_key="x")).state == "succeeded"
    with pytest.raises(NotCancelable):
        await cancel(simulator.account, begun.provider_payment_id, idempotency_key="y")


async def test_a_timeout_is_an_unknown_outcome_that_the_same_key_resolves(simulator: Simulator) -> None:
    slow = {"kind": "api_timeout", "seconds": 1, "match": {"path": "/v2/payments", "method": "POST"}}
    await simulator.call("/_sim/rules", slow)

    with pytest.raises(OutcomeUnknown):
        await simulator.connector.create_payment(
            simulator.account, simulator.intent(), idempotency_key="k", timeout_s=0.3
        )
    again = await simulator.connector.create_payment(simulator.account, simulator.intent(), idempotency_key="k")
    found = await simulator.connector.find_payment(simulator.account, TRANSACTION)

    assert found is not None
    assert found.provider_payment_id == again.provider_payment_id


async def test_a_provider_that_fails_leaves_a_read_for_later(simulator: Simulator) -> None:
    payment = await simulator.pay()
    await simulator.call("/_sim/rules", {"kind": "api_error", "status": 503, "times": 0})

    with pytest.raises(Transient):
        await simulator.resolve(payment.provider_payment_id)


@pytest.mark.parametrize("thin_event", [b"id=tr_unknown", b"id=ord_12345", b"id=pl_1"])
async def test_a_thin_event_about_nothing_of_ours_is_no_fact(simulator: Simulator, thin_event: bytes) -> None:
    assert await simulator.connector.resolve_thin_event(simulator.account, thin_event) == []


async def test_wrong_money_is_reported_as_it_is(simulator: Simulator) -> None:
    await simulator.call("/_sim/rules", {"kind": "amount", "amount": 5, "currency": "USD"})
    payment = await simulator.pay()

    [fact] = await simulator.resolve(payment.provider_payment_id)

    assert (fact.kind, fact.amount) == (PAID, Money(5, "USD"))


async def test_a_reference_is_found_behind_many_payments(simulator: Simulator) -> None:
    made = await simulator.connector.create_payment(simulator.account, simulator.intent(), idempotency_key="k")
    other = replace(simulator.intent(), transaction_id="f" * 24)
    for number in range(260):
        await simulator.connector.create_payment(simulator.account, other, idempotency_key=f"o-{number}")

    found = await simulator.connector.find_payment(simulator.account, TRANSACTION)

    assert found is not None
    assert found.provider_payment_id == made.provider_payment_id
