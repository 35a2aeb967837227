"""Webhooks of the simulator, and how it can be made to misbehave."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

Until = Callable[..., Any]

WANTED: Any = [
    "payment_intent.created",
    "payment_intent.succeeded",
    "charge.succeeded",
    "charge.refunded",
    "refund.created",
    "refund.updated",
]


@pytest.fixture
def secret(client: stripe.StripeClient, receiver: Any) -> str:
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": WANTED})
    assert "secret" not in client.v1.webhook_endpoints.retrieve(endpoint.id)
    return str(endpoint.secret)


def pay(client: stripe.StripeClient, method: str = "pm_card_visa") -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {"amount": 1099, "currency": "eur", "confirm": True, "payment_method": method}
    )


def bodies(receiver: Any) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.received]


def types(receiver: Any) -> list[str]:
    return [event["type"] for event in bodies(receiver)]


def test_events_are_signed_for_the_official_verifier(
    client: stripe.StripeClient, receiver: Any, secret: str, until: Until
) -> None:
    intent = pay(client)

    until(lambda: len(receiver.received) == 3)

    events = [
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret) for headers, body in receiver.received
    ]
    assert {event.type for event in events} == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    }
    succeeded = next(event for event in events if event.type == "payment_intent.succeeded")
    assert succeeded.data.object["id"] == intent.id
    assert succeeded.data.object["amount_received"] == 1099
    assert succeeded.request is not None
    assert client.v1.events.retrieve(succeeded.id).type == succeeded.type
    headers, body = receiver.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")


def test_an_endpoint_gets_only_what_it_wants_in_its_version(
    client: stripe.StripeClient, receiver: Any, until: Until
) -> None:
    client.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["payment_intent.payment_failed"], "api_version": "2025-03-31.basil"}
    )

    pay(client)
    with pytest.raises(stripe.CardError):
        pay(client, "pm_card_chargeDeclined")

    until(lambda: receiver.received)
    assert types(receiver) == ["payment_intent.payment_failed"]
    event = json.loads(receiver.received[0][1])
    assert event["api_version"] == "2025-03-31.basil"
    assert event["data"]["object"]["last_payment_error"]["decline_code"] == "generic_decline"


def test_refund_events(client: stripe.StripeClient, receiver: Any, secret: str, until: Until) -> None:
    intent = pay(client)
    until(lambda: len(receiver.received) == 3)

    client.v1.refunds.create({"payment_intent": intent.id, "amount": 99})

    until(lambda: len(receiver.received) == 6)
    assert sorted(types(receiver)[3:]) == ["charge.refunded", "refund.created", "refund.updated"]


async def test_an_error_is_retried_with_the_same_body_and_a_2xx_ends_it(
    simulator: Any, client: stripe.StripeClient, receiver: Any, secret: str, until: Until
) -> None:
    receiver.answers = [500, 302]

    client.v1.payment_intents.create({"amount": 1099, "currency": "eur"})

    until(lambda: len(receiver.received) == 3)
    bodies = {body for _, body in receiver.received}
    assert len(bodies) == 1
    event = json.loads(bodies.pop())
    record = await ended(simulator, event["id"])
    assert [attempt["status"] for attempt in record["attempts"]] == [500, 302, 200]
    assert record["state"] == "delivered"


async def test_retries_are_bounded(
    simulator: Any, client: stripe.StripeClient, receiver: Any, secret: str, until: Until
) -> None:
    receiver.answers = [503] * 10

    client.v1.payment_intents.create({"amount": 1099, "currency": "eur"})

    until(lambda: len(receiver.received) == 4)
    event = json.loads(receiver.received[0][1])
    record = await ended(simulator, event["id"])
    assert (record["state"], len(record["attempts"])) == ("failed", 4)


async def ended(simulator: Any, event_id: str) -> dict[str, Any]:
    """The record of a delivery, when it is over: the receiver has a request before the simulator has its answer."""

    async def record() -> dict[str, Any] | None:
        found: dict[str, Any] = (await simulator.control("GET", f"/deliveries?event={event_id}"))["data"][0]
        return found if found["state"] != "pending" else None

    return await eventually(record)


async def rule(simulator: Any, account: str, **fields: Any) -> None:
    match = {"secret_key": account, **fields.pop("match", {})}
    await simulator.control("POST", "/rules", {**fields, "match": match})


async def test_duplicates(
    simulator: Any, client: stripe.StripeClient, account: str, receiver: Any, secret: str, until: Until
) -> None:
    await rule(simulator, account, kind="duplicate", count=4, match={"event": "payment_intent.succeeded"})

    pay(client)

    until(lambda: types(receiver).count("payment_intent.succeeded") == 5)
    assert len({body for _, body in receiver.received if b'"payment_intent.succeeded"' in body}) == 1


async def test_reordered_webhooks_arrive_backwards(
    simulator: Any, client: stripe.StripeClient, account: str, receiver: Any, secret: str, until: Until
) -> None:
    await rule(simulator, account, kind="reorder", times=3)

    pay(client)

    until(lambda: len(receiver.received) == 3)
    assert types(receiver) == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


async def test_held_webhooks_go_on_release_and_dropped_ones_never(
    simulator: Any, client: stripe.StripeClient, account: str, receiver: Any, secret: str, until: Until
) -> None:
    await rule(simulator, account, kind="drop", match={"event": "charge.succeeded"})
    await rule(simulator, account, kind="hold", times=0)

    intent = pay(client)
    held = await simulator.control("GET", f"/deliveries?payment_intent={intent.id}&state=held")
    dropped = await simulator.control("GET", f"/deliveries?payment_intent={intent.id}&state=dropped")
    assert (held["total"], dropped["total"]) == (2, 1)
    assert receiver.received == []
    await simulator.control("POST", "/deliveries/release", {"payment_intent": intent.id})

    until(lambda: len(receiver.received) == 2)
    assert types(receiver) == ["payment_intent.created", "payment_intent.succeeded"]


async def test_delay(
    simulator: Any, client: stripe.StripeClient, account: str, receiver: Any, secret: str, until: Until
) -> None:
    await rule(simulator, account, kind="delay", seconds=2, match={"event": "payment_intent.created"})

    pay(client)

    until(lambda: len(receiver.received) == 3)
    delayed = next(event for event in bodies(receiver) if event["type"] == "payment_intent.created")
    record = await ended(simulator, delayed["id"])
    # Not the order of arrival: a receiver that stands still for so long gets them all at once.
    assert record["attempts"][0]["at"] - delayed["created"] >= 2


async def test_any_event_can_be_sent_again(
    simulator: Any, client: stripe.StripeClient, receiver: Any, secret: str, until: Until
) -> None:
    pay(client)
    until(lambda: len(receiver.received) == 3)
    event = client.v1.events.list({"type": "payment_intent.succeeded"}).data[0]

    await simulator.control("POST", f"/events/{event.id}/send", {"times": 2})

    until(lambda: len(receiver.received) == 5)
    assert types(receiver)[3:] == ["payment_intent.succeeded"] * 2


async def test_a_genuine_event_about_an_unknown_payment(
    simulator: Any, account: str, receiver: Any, secret: str, until: Until
) -> None:
    subject = {"id": "pi_unknown", "object": "payment_intent", "status": "succeeded"}

    await simulator.control(
        "POST", "/events", {"secret_key": account, "type": "payment_intent.succeeded", "object": subject}
    )

    until(lambda: receiver.received)
    headers, body = receiver.received[0]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)
    assert event.data.object["id"] == "pi_unknown"


async def test_the_bank_takes_a_wrong_amount(simulator: Any, client: stripe.StripeClient, account: str) -> None:
    await rule(simulator, account, kind="amount", amount=1)

    intent = pay(client)

    assert (intent.status, intent.amount_received) == ("succeeded", 1)


async def test_timeout_then_success(simulator: Any, client: stripe.StripeClient, account: str, until: Until) -> None:
    await rule(simulator, account, kind="api_timeout", seconds=120, match={"path": "/v1/payment_intents"})
    impatient = simulator.client(api_key=account, http_client=stripe.RequestsClient(timeout=2), max_network_retries=0)
    params: Any = {"amount": 900, "currency": "eur"}

    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.payment_intents.create(params, {"idempotency_key": "once"})
    until(lambda: client.v1.payment_intents.list().data)

    again = client.v1.payment_intents.create(params, {"idempotency_key": "once"})
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert len(client.v1.payment_intents.list().data) == 1


@pytest.mark.parametrize("applied", [False, True])
async def test_error_then_success(simulator: Any, client: stripe.StripeClient, account: str, applied: bool) -> None:
    await rule(simulator, account, kind="api_error", status=500, applied=applied)
    params: Any = {"amount": 900, "currency": "eur"}
    once = simulator.client(api_key=account, max_network_retries=0)

    with pytest.raises(stripe.APIError):
        once.v1.payment_intents.create(params, {"idempotency_key": "once"})

    again = client.v1.payment_intents.create(params, {"idempotency_key": "once"})
    assert ("idempotent-replayed" in again.last_response.headers) is applied
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_killed_simulator_remembers_payments_keys_and_pending_webhooks(
    fresh_simulator: Any, receiver: Any, until: Until
) -> None:
    client = fresh_simulator.client()
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]})
    receiver.answers = [500] * 2
    intent = client.v1.payment_intents.create(
        {"amount": 1099, "currency": "eur", "confirm": True, "payment_method": "pm_card_visa"},
        {"idempotency_key": "k"},
    )

    fresh_simulator.kill()
    fresh_simulator.start()

    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    until(lambda: len(receiver.received) >= 1 and not receiver.answers)
    headers, body = receiver.received[-1]
    assert stripe.Webhook.construct_event(body, headers["Stripe-Signature"], str(endpoint.secret))
