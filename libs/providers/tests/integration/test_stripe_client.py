"""Calls to Stripe, against a small HTTP server that answers as scripted or like Stripe."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from conformance import AMOUNTS, ORGANIZATION, TRANSACTION, ConnectorConformance

from gateway_contracts.errors import OutcomeUnknown, Transient
from gateway_providers.breaker import FAILURES_MAX, Breaker
from gateway_providers.errors import NotCancelable, ProviderRefused
from gateway_providers.ports import MARKER_TRANSACTION, Connector, PaymentIntentRequest, ProviderAccount
from gateway_providers.stripe.client import StripeConnector
from gateway_providers.stripe.http import API_VERSION, StripeHttp

ACCOUNT = ProviderAccount(
    id="p1",
    organization_id=ORGANIZATION,
    type="stripe",
    livemode=False,
    public={"publishableKey": "pk_test_1"},
    secrets={"secretKey": "sk_test_1"},
)
INTENT = PaymentIntentRequest(
    TRANSACTION, ORGANIZATION, AMOUNTS[0], "https://pay.example/return", description="Order 42"
)
OVER = web.AppKey("over", asyncio.Event)
Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Double:
    """Keeps PaymentIntents like Stripe; ``script`` answers the next requests instead."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    script: list[web.Response | Answer] = field(default_factory=list)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.seen.append(Seen(request.method, request.path_qs, headers, form))
        if self.script:
            answer = self.script.pop(0)
            return answer if isinstance(answer, web.Response) else await answer(request)
        return self.route(request, form)

    def route(self, request: web.Request, form: dict[str, str]) -> web.Response:
        if request.path == "/v1/payment_intents/search":
            wanted = request.query["query"].split(":")[1].strip("'")
            hits = [item for item in self.intents.values() if item["metadata"].get(MARKER_TRANSACTION) == wanted]
            return web.json_response({"object": "search_result", "data": hits})
        if request.path == "/v1/payment_intents":
            return web.json_response(self.create(form, request.headers["Idempotency-Key"]))
        intent = self.intents.get(request.path.split("/")[3])
        if intent is None:
            return web.json_response({"error": {"code": "resource_missing"}}, status=404)
        if request.path.endswith("/cancel"):
            intent["status"] = "canceled"
        return web.json_response(intent)

    def create(self, form: dict[str, str], key: str) -> dict[str, Any]:
        if key not in self.keys:
            number = len(self.intents) + 1
            made = an_intent(
                id=f"pi_{number}",
                amount=int(form["amount"]),
                currency=form["currency"],
                metadata={name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")},
            )
            self.intents[made["id"]] = self.keys[key] = made
        return self.keys[key]


def an_intent(**fields: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 1099,
        "amount_received": 0,
        "currency": "eur",
        "status": "requires_payment_method",
        "client_secret": "pi_1_secret_x",
        "metadata": {MARKER_TRANSACTION: TRANSACTION},
        "last_payment_error": None,
    } | fields


def an_error(status: int, **error: Any) -> web.Response:
    headers = error.pop("headers", {})
    return web.json_response({"error": error}, status=status, headers=headers)


@pytest_asyncio.fixture
async def stripe_api() -> AsyncIterator[Double]:
    double = Double()
    app = web.Application()
    app[OVER] = asyncio.Event()
    app.router.add_route("*", "/{tail:.*}", double.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield double
    app[OVER].set()
    await runner.cleanup()


@pytest_asyncio.fixture
async def connector(stripe_api: Double) -> AsyncIterator[StripeConnector]:
    made = StripeConnector(stripe_api.url)
    yield made
    await made.aclose()


class TestStripeConnector(ConnectorConformance):
    @pytest.fixture
    def connector(self, connector: StripeConnector) -> Connector:
        return connector

    @pytest.fixture
    def account(self) -> ProviderAccount:
        return ACCOUNT


async def hang(request: web.Request) -> web.Response:
    """No answer for as long as the test runs."""
    await request.app[OVER].wait()
    return web.Response()


async def cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_what_is_sent(connector: StripeConnector, stripe_api: Double) -> None:
    payment = await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")

    [seen] = stripe_api.seen
    assert (seen.method, seen.path) == ("POST", "/v1/payment_intents")
    assert seen.headers["authorization"] == "Bearer sk_test_1"
    assert seen.headers["stripe-version"] == API_VERSION
    assert seen.headers["idempotency-key"] == "key-1"
    assert seen.form == {
        "amount": "1099",
        "currency": "eur",
        "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true",
        "description": "Order 42",
        "metadata[gatewayTransactionId]": TRANSACTION,
        "metadata[gatewayOrganizationId]": ORGANIZATION,
    }
    assert payment.next_action.type == "stripe"
    assert payment.next_action.publishable_key == "pk_test_1"
    assert payment.client_secret == "pi_1_secret_x"
    assert "pi_1_secret_x" not in repr(payment)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_fault_of_stripe_is_repeated_under_the_same_key(
    connector: StripeConnector, stripe_api: Double, status: int
) -> None:
    stripe_api.script = [an_error(status), an_error(429, headers={"Retry-After": "0"})]

    await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")

    assert [seen.headers["idempotency-key"] for seen in stripe_api.seen] == ["key-1"] * 3


async def test_a_lasting_fault_leaves_the_outcome_unknown(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [an_error(500), an_error(500), an_error(500)]

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")


async def test_stripe_may_forbid_the_repeat(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [an_error(500, headers={"Stripe-Should-Retry": "false"})]

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")

    assert len(stripe_api.seen) == 1


async def test_a_timeout_leaves_the_outcome_unknown(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [hang]

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1", timeout_s=0.2)


async def test_a_cut_connection_is_repeated_and_then_unknown(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [cut, cut, cut]

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")


async def test_half_an_answer_leaves_the_outcome_unknown(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [web.Response(text='{"id": "pi_'), web.Response(text="<html>"), web.json_response({"id": "x"})]

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")


async def test_a_server_that_is_not_there_is_transient() -> None:
    with socket.socket() as probe:
        # Bound and not listening: no other process gets it meanwhile.
        probe.bind(("127.0.0.1", 0))
        connector = StripeConnector(f"http://127.0.0.1:{probe.getsockname()[1]}")

        with pytest.raises(Transient) as missing:
            await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1", timeout_s=0.6)

    assert missing.value.code == "PROVIDER_UNAVAILABLE"
    await connector.aclose()


async def test_a_fault_while_reading_is_transient(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [hang]

    with pytest.raises(Transient):
        await connector.fetch_payment(ACCOUNT, "pi_1", timeout_s=0.2)


async def test_too_many_requests_are_transient(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [an_error(429, headers={"Retry-After": "0"}) for _ in range(3)]

    with pytest.raises(Transient):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")


async def test_a_refusal_names_stripes_code(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [
        an_error(402, type="card_error", code="card_declined", decline_code="insufficient_funds", message="No money.")
    ]

    with pytest.raises(ProviderRefused) as refused:
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")

    assert refused.value.code == "PROVIDER_REFUSED"
    assert refused.value.data == {"providerCode": "insufficient_funds", "providerMessage": "No money."}


async def test_wrong_credentials_are_refused_without_repeating_the_key(
    connector: StripeConnector, stripe_api: Double
) -> None:
    stripe_api.script = [an_error(401, message="Invalid API Key provided: sk_test_1")]

    with pytest.raises(ProviderRefused) as refused:
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")

    assert "sk_test" not in str(refused.value)


async def test_a_key_that_is_in_use_is_repeated_and_then_unknown(
    connector: StripeConnector, stripe_api: Double
) -> None:
    stripe_api.script = [an_error(409, code="idempotency_key_in_use") for _ in range(3)]

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")


async def test_a_key_with_another_payload_leaves_the_outcome_unknown(
    connector: StripeConnector, stripe_api: Double
) -> None:
    stripe_api.script = [an_error(400, type="idempotency_error")]

    with pytest.raises(OutcomeUnknown):
        await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")


@pytest.mark.parametrize("embedded", [True, False])
async def test_a_cancel_that_comes_too_late_answers_the_paid_payment(
    connector: StripeConnector, stripe_api: Double, embedded: bool
) -> None:
    paid = an_intent(status="succeeded", amount_received=1099)
    stripe_api.intents["pi_1"] = paid
    extra = {"payment_intent": paid} if embedded else {}
    stripe_api.script = [an_error(400, code="payment_intent_unexpected_state", **extra)]

    payment = await connector.cancel_payment(ACCOUNT, "pi_1", idempotency_key="key-2")

    assert payment.state == "succeeded"
    assert payment.received == AMOUNTS[0]
    assert payment.client_secret is None


async def test_a_payment_that_stripe_is_processing_cannot_be_canceled(
    connector: StripeConnector, stripe_api: Double
) -> None:
    busy = an_intent(status="processing")
    stripe_api.script = [an_error(400, code="payment_intent_unexpected_state", payment_intent=busy)]

    with pytest.raises(NotCancelable):
        await connector.cancel_payment(ACCOUNT, "pi_1", idempotency_key="key-2")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "pending"),
        ({"status": "requires_confirmation"}, "pending"),
        ({"status": "requires_action"}, "requires_action"),
        ({"status": "processing"}, "processing"),
        ({"status": "requires_capture"}, "authorized"),
        ({"status": "succeeded", "amount_received": 1099}, "succeeded"),
        ({"status": "canceled"}, "canceled"),
        ({"status": "something_new"}, "unknown"),
        ({"last_payment_error": {"code": "expired_card"}}, "failed"),
        ({"status": "processing", "last_payment_error": {"code": "expired_card"}}, "processing"),
    ],
)
async def test_states(connector: StripeConnector, stripe_api: Double, fields: dict[str, Any], state: str) -> None:
    stripe_api.intents["pi_1"] = an_intent(**fields)

    payment = await connector.fetch_payment(ACCOUNT, "pi_1")

    assert payment is not None
    assert payment.state == state
    assert (payment.failure is not None) is (state == "failed")


async def test_of_several_with_our_marker_the_paid_one_is_found(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.intents = {
        "pi_1": an_intent(status="canceled"),
        "pi_2": an_intent(id="pi_2", status="succeeded", amount_received=1099),
    }

    found = await connector.find_payment(ACCOUNT, TRANSACTION)

    assert found is not None
    assert found.provider_payment_id == "pi_2"


async def test_a_quote_in_a_reference_stays_inside_the_search(connector: StripeConnector, stripe_api: Double) -> None:
    stripe_api.script = [web.json_response({"data": []})]

    assert await connector.find_payment(ACCOUNT, "x' OR status:'succeeded") is None
    assert "x%5C'" in stripe_api.seen[0].path or "x\\'" in stripe_api.seen[0].path


async def test_after_faults_the_account_is_left_alone(stripe_api: Double) -> None:
    # Its pause does not end while the test runs.
    connector = StripeConnector(http=StripeHttp(stripe_api.url, breaker=Breaker(lambda: 1000.0)))
    stripe_api.script = [hang] * FAILURES_MAX
    for _ in range(FAILURES_MAX):
        with pytest.raises(Transient):
            await connector.fetch_payment(ACCOUNT, "pi_1", timeout_s=0.05)
    stripe_api.script = []

    with pytest.raises(Transient):
        await connector.fetch_payment(ACCOUNT, "pi_later")

    # A request that was given up may still arrive; this one was never sent.
    await connector.aclose()
    assert not [seen for seen in stripe_api.seen if "pi_later" in seen.path]


async def test_a_refusal_does_not_count_as_a_fault(connector: StripeConnector, stripe_api: Double) -> None:
    for _ in range(8):
        stripe_api.script = [an_error(402, code="card_declined")]
        with pytest.raises(ProviderRefused):
            await connector.create_payment(ACCOUNT, INTENT, idempotency_key="key-1")
