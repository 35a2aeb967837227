"""Fees that are known later, disputes that the bank opens and closes, a clock that is set forward."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.integration

Until = Callable[..., Any]


@pytest.fixture
def endpoint(client: stripe.StripeClient, receiver: Any) -> Any:
    wanted: Any = ["charge.updated", *(f"charge.dispute.{name}" for name in EVENTS)]
    return client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": wanted})


EVENTS = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")


def pay(client: stripe.StripeClient, **fields: Any) -> stripe.PaymentIntent:
    params: Any = {"amount": 10_000, "currency": "eur", "confirm": True, "payment_method": "pm_card_visa", **fields}
    return client.v1.payment_intents.create(params)


def seen(receiver: Any) -> list[tuple[str, str]]:
    events = [json.loads(body) for _, body in receiver.received]
    return [(event["type"], event["data"]["object"]["status"]) for event in events]


def test_the_fee_is_known_with_the_balance_transaction(
    client: stripe.StripeClient, endpoint: Any, receiver: Any, until: Until
) -> None:
    intent = pay(client)

    until(lambda: receiver.received)
    charge = json.loads(receiver.received[0][1])["data"]["object"]
    entry = client.v1.balance_transactions.retrieve(charge["balance_transaction"])
    assert charge["payment_intent"] == intent.id
    assert (entry.amount, entry.fee, entry.net, entry.source) == (10_000, 175, 9_825, charge["id"])


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        ("won", [("charge.dispute.closed", "won"), ("charge.dispute.funds_reinstated", "won")]),
        ("lost", [("charge.dispute.closed", "lost")]),
    ],
)
async def test_a_chargeback_takes_the_money_until_it_is_won(
    simulator: Any,
    client: stripe.StripeClient,
    endpoint: Any,
    receiver: Any,
    until: Until,
    outcome: str,
    after: list[tuple[str, str]],
) -> None:
    intent = pay(client)
    path = f"/payment_intents/{intent.id}/dispute"
    # Webhooks overtake each other: the payment's own is not to be among those of the dispute.
    until(lambda: len(receiver.received) == 1)

    opened = await simulator.control("POST", path, {"reason": "product_not_received"})
    until(lambda: len(receiver.received) == 3)
    await simulator.control("POST", path, {"status": outcome})

    until(lambda: len(receiver.received) == 3 + len(after))
    assert sorted(seen(receiver)[1:3]) == [
        ("charge.dispute.created", "needs_response"),
        ("charge.dispute.funds_withdrawn", "needs_response"),
    ]
    assert sorted(seen(receiver)[3:]) == sorted(after)
    dispute = client.v1.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.amount, dispute.payment_intent) == (outcome, 10_000, intent.id)
    assert [entry.amount for entry in dispute.balance_transactions] == [-10_000, 10_000][: 1 + (outcome == "won")]
    assert dispute.balance_transactions[0].fee == 2000


async def test_an_inquiry_takes_no_money_until_it_becomes_a_chargeback(
    simulator: Any, client: stripe.StripeClient
) -> None:
    intent = pay(client)
    path = f"/payment_intents/{intent.id}/dispute"

    inquiry = await simulator.control("POST", path, {"status": "warning_needs_response", "amount": 4_000})
    escalated = await simulator.control("POST", path, {"status": "needs_response"})

    assert (inquiry["balance_transactions"], inquiry["is_charge_refundable"]) == ([], True)
    assert [entry["amount"] for entry in escalated["balance_transactions"]] == [-4_000]
    submitted = client.v1.disputes.update(inquiry["id"], {"evidence": {"uncategorized_text": "it was sent"}})
    assert submitted.status == "under_review"
    assert client.v1.disputes.close(inquiry["id"]).status == "lost"


async def test_a_chargeback_after_days_of_the_test_clock(fresh_simulator: Any, until: Until) -> None:
    client = fresh_simulator.client()
    intent = pay(client)
    path = f"/payment_intents/{intent.id}/dispute"
    await fresh_simulator.control("POST", path, {"after_days": 20})

    early = await fresh_simulator.control("POST", "/clock/advance", {"days": 19})
    assert (early["ran"], client.v1.disputes.list().data) == (0, [])
    due = await fresh_simulator.control("POST", "/clock/advance", {"days": 1})

    assert due["ran"] == 1
    [dispute] = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert dispute.status == "needs_response"
    assert dispute.created - intent.created >= 20 * 86_400


async def test_a_silent_provider_never_calls_back(
    simulator: Any, client: stripe.StripeClient, account: str, endpoint: Any, receiver: Any
) -> None:
    await simulator.control("POST", "/rules", {"kind": "silent", "match": {"secret_key": account}})

    intents = [pay(client).id, pay(client).id]

    for intent in intents:
        found = await simulator.control("GET", f"/deliveries?payment_intent={intent}")
        assert {entry["state"] for entry in found["data"]} == {"dropped"}
    assert receiver.received == []


async def test_money_of_a_lost_dispute_comes_back_in_parts(simulator: Any, client: stripe.StripeClient) -> None:
    path = f"/payment_intents/{pay(client).id}/dispute"
    opened = await simulator.control("POST", path, {"status": "lost"})
    await simulator.control("POST", path, {"reinstate": 4_000})
    await simulator.control("POST", path, {"reinstate": 6_000})

    dispute = client.v1.disputes.retrieve(opened["id"])
    assert dispute.status == "lost"
    assert [entry.amount for entry in dispute.balance_transactions] == [-10_000, 4_000, 6_000]
