"""Mollie's simulator, driven by the official SDK."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from mollie.api.client import Client
from mollie.api.error import NotFoundError, RequestError, ResponseError, UnauthorizedError, UnprocessableEntityError

pytestmark = pytest.mark.integration

Until = Callable[..., Any]
SECRET = "the_subscriptions_secret"


@pytest.fixture(scope="session")
def mollie(start_simulator: Any) -> Any:
    return start_simulator("mollie")


@pytest.fixture
def key() -> str:
    return f"test_{secrets.token_hex(15)}"


@pytest.fixture
def client(mollie: Any, key: str) -> Client:
    return sdk(mollie, key)


def sdk(mollie: Any, key: str, **options: Any) -> Client:
    made = Client(api_endpoint=mollie.origin, **{"timeout": 60, **options})
    made.set_api_key(key)
    return made


def payment_fields(**changes: Any) -> dict[str, Any]:
    return {
        "amount": {"currency": "EUR", "value": "10.99"},
        "description": "Order 42",
        "redirectUrl": "https://shop.example/return",
        "metadata": {"order": "42"},
        **changes,
    }


async def decide(mollie: Any, payment: Any, status: str, **fields: Any) -> None:
    await mollie.control("POST", f"/payments/{payment.id}/status", {"status": status, **fields})


def thin_events(receiver: Any) -> list[str]:
    return [parse_qs(body.decode())["id"][0] for _, body in receiver.received]


def test_a_payment_waits_for_its_customer(client: Client) -> None:
    payment = client.payments.create(payment_fields())

    found = client.payments.get(payment.id)
    assert (found.status, found.amount["value"], found.metadata["order"]) == ("open", "10.99", "42")
    assert found.is_cancelable
    assert found.checkout_url == payment.checkout_url
    assert [entry.id for entry in client.payments.list()] == [payment.id]


@pytest.mark.parametrize("status", ["paid", "failed", "canceled", "expired", "pending", "authorized"])
async def test_the_page_decides_and_the_customer_returns_whatever_it_was(
    mollie: Any, client: Client, receiver: Any, until: Until, status: str
) -> None:
    payment = client.payments.create(payment_fields(webhookUrl=receiver.url))
    async with httpx.AsyncClient(timeout=60) as browser:
        page = await browser.get(payment.checkout_url)
        back = await browser.post(payment.checkout_url, data={"method": "ideal", "status": status})

    until(lambda: receiver.received)
    assert "10.99 EUR" in page.text
    assert (back.status_code, back.headers["location"]) == (303, "https://shop.example/return")
    assert thin_events(receiver) == [payment.id]
    assert receiver.received[0][0]["Content-Type"] == "application/x-www-form-urlencoded"
    assert client.payments.get(payment.id).status == status


async def test_the_page_is_only_for_who_has_its_address(mollie: Any, client: Client) -> None:
    payment = client.payments.create(payment_fields())

    async with httpx.AsyncClient(timeout=60) as browser:
        answer = await browser.get(payment.checkout_url.split("?")[0])

    assert answer.status_code == 404


async def test_a_refund_is_on_its_way_for_a_while(mollie: Any, client: Client, receiver: Any, until: Until) -> None:
    payment = client.payments.create(payment_fields(webhookUrl=receiver.url))
    await decide(mollie, payment, "paid")
    refund = payment.refunds.create({"amount": {"currency": "EUR", "value": "4.00"}, "metadata": {"ours": "1"}})

    with pytest.raises(UnprocessableEntityError, match="higher than the maximum"):
        payment.refunds.create({"amount": {"currency": "EUR", "value": "7.00"}})
    await mollie.control("POST", f"/refunds/{refund.id}/settle", {"status": "refunded"})

    until(lambda: len(receiver.received) == 3)
    found = client.payments.get(payment.id, embed="refunds")
    assert refund.status == "pending"
    assert (found.amount_refunded["value"], found.amount_remaining["value"]) == ("4.00", "6.99")
    assert [(entry.status, entry.metadata["ours"]) for entry in found.refunds.list()] == [("refunded", "1")]
    assert found["_embedded"]["refunds"][0]["status"] == "refunded"
    assert set(thin_events(receiver)) == {payment.id}


async def test_a_failed_refund_can_be_made_again(mollie: Any, client: Client) -> None:
    payment = client.payments.create(payment_fields())
    await decide(mollie, payment, "paid")
    refund = payment.refunds.create({"amount": {"currency": "EUR", "value": "10.99"}})

    await mollie.control("POST", f"/refunds/{refund.id}/settle", {"status": "failed"})

    assert client.payments.get(payment.id).amount_remaining["value"] == "10.99"


async def test_a_chargeback_comes_after_days_and_may_be_reversed(
    mollie: Any, client: Client, receiver: Any, until: Until
) -> None:
    payment = client.payments.create(payment_fields(webhookUrl=receiver.url))
    await decide(mollie, payment, "paid")
    await mollie.control("POST", f"/payments/{payment.id}/chargeback", {"after_days": 30, "amount": 1000})

    await mollie.control("POST", "/clock/advance", {"days": 30})

    [chargeback] = client.payments.get(payment.id).chargebacks.list()
    assert (chargeback.amount["value"], chargeback.reversed_at) == ("10.00", None)
    await mollie.control("POST", f"/chargebacks/{chargeback.id}/reverse")
    [chargeback] = client.payments.get(payment.id).chargebacks.list()
    assert chargeback.reversed_at
    until(lambda: thin_events(receiver) == [payment.id] * 3)
    assert client.payments.get(payment.id).status == "paid"


async def test_a_payment_not_begun_can_be_canceled(mollie: Any, client: Client) -> None:
    unpaid, begun = client.payments.create(payment_fields()), client.payments.create(payment_fields())
    await decide(mollie, begun, "pending", method="ideal")

    assert client.payments.delete(unpaid.id)["status"] == "canceled"
    with pytest.raises(UnprocessableEntityError, match="cannot be canceled"):
        client.payments.delete(begun.id)


async def test_an_authorized_payment_is_captured(mollie: Any, client: Client) -> None:
    payment = client.payments.create(payment_fields())
    await decide(mollie, payment, "authorized")

    capture = payment.captures.create({})

    assert (capture._get_property("status"), client.payments.get(payment.id).status) == ("succeeded", "paid")


async def test_an_open_payment_expires(mollie: Any, client: Client) -> None:
    payment = client.payments.create(payment_fields())

    await mollie.control("POST", "/clock/advance", {"seconds": 3601})

    assert client.payments.get(payment.id).status == "expired"


def test_the_same_key_is_the_same_payment(mollie: Any, client: Client) -> None:
    first = client.payments.create(payment_fields(), idempotency_key="k-1")
    again = client.payments.create(payment_fields(), idempotency_key="k-1")

    assert first.id == again.id
    with pytest.raises(ResponseError):
        client.payments.create(payment_fields(description="another"), idempotency_key="k-1")


def test_refusals_are_those_of_mollie(mollie: Any, client: Client) -> None:
    with pytest.raises(UnprocessableEntityError) as refused:
        client.payments.create(payment_fields(amount={"currency": "EUR", "value": "10.999"}))
    assert refused.value.field == "amount.value"
    with pytest.raises(UnprocessableEntityError):
        client.payments.create(payment_fields(redirectUrl="nowhere"))
    with pytest.raises(NotFoundError):
        client.payments.get("tr_unknown")
    with pytest.raises(UnauthorizedError):
        sdk(mollie, "test_short").payments.list()
    other = sdk(mollie, f"test_{secrets.token_hex(15)}")
    with pytest.raises(NotFoundError):
        other.payments.get(client.payments.create(payment_fields()).id)


def test_lists_go_on(client: Client) -> None:
    made = [client.payments.create(payment_fields()).id for _ in range(5)]

    first = client.payments.list(limit=3)
    second = first.get_next()  # type: ignore[no-untyped-call]  # the SDK has not typed it

    assert [entry.id for entry in [*first, *second]] == made[::-1]
    assert not second.has_next()


async def test_subscriptions_get_signed_events(
    mollie: Any, client: Client, key: str, receiver: Any, until: Until
) -> None:
    given = {"api_key": key, "url": receiver.url, "secret": SECRET, "eventTypes": "payment.paid,payment.failed"}
    hook = await mollie.control("POST", "/webhooks", given)
    payment = client.payments.create(payment_fields())

    await decide(mollie, payment, "paid")

    until(lambda: receiver.received)
    headers, body = receiver.received[0]
    event = json.loads(body)
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert hook["webhookSecret"] == SECRET
    assert headers["X-Mollie-Signature"] == f"sha256={expected}"
    assert (event["resource"], event["type"], event["entityId"]) == ("event", "payment.paid", payment.id)
    assert event["_embedded"]["entity"]["status"] == "paid"


async def test_a_receiver_that_fails_is_called_again_ten_times_at_most(
    mollie: Any, client: Client, receiver: Any, until: Until
) -> None:
    receiver.answers = [500, 404]
    payment = client.payments.create(payment_fields(webhookUrl=receiver.url))

    await decide(mollie, payment, "paid")

    until(lambda: len(receiver.received) == 3)
    assert thin_events(receiver) == [payment.id] * 3


async def test_scripted_misbehaviour(mollie: Any, client: Client, key: str, receiver: Any, until: Until) -> None:
    await mollie.control("POST", "/rules", {"kind": "amount", "amount": 1, "match": {"api_key": key}})
    await mollie.control("POST", "/rules", {"kind": "duplicate", "count": 2, "match": {"api_key": key}})
    once = sdk(mollie, key, timeout=2, retry=0)
    late = {"kind": "api_timeout", "seconds": 120, "match": {"api_key": key, "method": "POST"}}
    await mollie.control("POST", "/rules", late)
    with pytest.raises(RequestError):
        once.payments.create(payment_fields(webhookUrl=receiver.url), idempotency_key="late")
    until(lambda: list(client.payments.list()))
    payment = client.payments.create(payment_fields(webhookUrl=receiver.url), idempotency_key="late")

    await decide(mollie, payment, "paid")

    until(lambda: len(receiver.received) == 3)
    assert client.payments.get(payment.id).amount["value"] == "0.01"
    assert len(list(client.payments.list())) == 1


async def test_a_thin_event_may_come_although_nothing_changed(
    mollie: Any, client: Client, receiver: Any, until: Until
) -> None:
    payment = client.payments.create(payment_fields(webhookUrl=receiver.url))

    await mollie.control("POST", f"/payments/{payment.id}/hint")

    until(lambda: thin_events(receiver) == [payment.id])


async def test_a_refund_vanishes_without_a_word(mollie: Any, client: Client) -> None:
    payment = client.payments.create(payment_fields())
    await decide(mollie, payment, "paid")
    refund = payment.refunds.create({"amount": {"currency": "EUR", "value": "4.00"}})

    await mollie.control("POST", f"/refunds/{refund.id}/vanish", {})

    assert list(client.payments.get(payment.id).refunds.list()) == []
