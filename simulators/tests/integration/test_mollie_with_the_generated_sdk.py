"""Mollie's newer SDK, whose models refuse an answer that lacks a required field, against the simulator."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

# The older SDK owns ``mollie/__init__.py`` when both are installed; the modules below it are the newer one's own.
from mollie import models
from mollie.sdk import ClientSDK
from mollie.utils.webhooks.signature_validator import SignatureValidator

pytestmark = pytest.mark.integration

# Always in a payment, null or not, as Mollie's reference has them.
NULLABLE = """details locale method metadata cancelUrl webhookUrl countryCode captureMode statusReason settlementId
    restrictPaymentMethodsToCountry isCancelable lines"""


@pytest.fixture(scope="session")
def mollie(start_simulator: Any) -> Any:
    return start_simulator("mollie")


@pytest.fixture
def key() -> str:
    return f"test_{secrets.token_hex(15)}"


@pytest.fixture(scope="session")
def http() -> Iterator[dict[str, Any]]:
    """Connections that all tests share, because a client takes a third of a second to make."""
    with httpx.Client(timeout=60) as client:
        yield {"client": client, "async_client": httpx.AsyncClient()}


@pytest.fixture
def client(mollie: Any, key: str, http: dict[str, Any]) -> ClientSDK:
    # The SDK sends no API key where it manages webhooks, only a token of the organization.
    both = models.Security(api_key=key, advanced_access_token=key)
    return ClientSDK(security=both, server_url=mollie.origin, **http)


def request_of(**changes: Any) -> dict[str, Any]:
    return {
        "amount": {"currency": "EUR", "value": "10.99"},
        "description": "Order 42",
        "redirect_url": "https://shop.example/return",
        **changes,
    }


def create(client: ClientSDK, **changes: Any) -> Any:
    request = models.PaymentRequest.model_validate(request_of(**changes))
    return client.payments.create(payment_request=request)


def refused(mollie: Any, key: str, **changes: Any) -> Any:
    """The error about a payment as it goes over the wire."""
    body = {**request_of(), "redirectUrl": "https://shop.example/return", **changes}
    del body["redirect_url"]
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{mollie.origin}/v2/payments", json=body, headers=headers, timeout=60)


async def decide(mollie: Any, payment: Any, status: str, **fields: Any) -> None:
    await mollie.control("POST", f"/payments/{payment.id}/status", {"status": status, **fields})


async def paid(mollie: Any, client: ClientSDK, **changes: Any) -> Any:
    payment = create(client, **changes)
    await decide(mollie, payment, "paid")
    return payment


@pytest.mark.parametrize("status", ["open", "pending", "paid", "failed", "canceled", "expired", "authorized"])
@pytest.mark.parametrize("method", ["creditcard", "ideal", "bancontact", "banktransfer", "paypal", "klarna", "twint"])
async def test_a_payment_is_read_in_every_state(mollie: Any, client: ClientSDK, status: str, method: str) -> None:
    payment = create(client, locale="de_DE", metadata={"order": "42"})
    if status != "open":
        await decide(mollie, payment, status, method=method)

    found = client.payments.get(payment_id=payment.id)

    assert (found.status, found.locale) == (status, "de_DE")
    assert found.links.dashboard.href.endswith(payment.id)
    assert (found.details is None) == (status == "open")
    assert [entry.id for entry in client.payments.list().result.embedded.payments] == [payment.id]


def test_a_payment_has_its_nullable_fields_too(mollie: Any, client: ClientSDK, key: str) -> None:
    url = f"{mollie.origin}/v2/payments/{create(client).id}"

    found = httpx.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=60).json()

    assert set(NULLABLE.split()) - found.keys() == set()


async def test_a_card_is_described_and_why_it_was_declined(mollie: Any, client: ClientSDK) -> None:
    declined, taken = create(client), create(client)
    await decide(mollie, declined, "failed", reason="insufficient_funds")
    await decide(mollie, taken, "paid", method="creditcard")

    refusal = client.payments.get(payment_id=declined.id).details
    card = client.payments.get(payment_id=taken.id).details

    assert isinstance(refusal, models.PaymentDetails)
    assert isinstance(card, models.PaymentDetails)
    assert isinstance(card.card_number, str)
    assert (refusal.failure_reason, card.failure_reason or None) == ("insufficient_funds", None)
    assert (card.card_label, card.card_security, len(card.card_number)) == ("Mastercard", "3dsecure", 4)


def test_a_payment_is_updated_and_canceled(client: ClientSDK) -> None:
    payment = create(client)

    changed = client.payments.update(payment_id=payment.id, request_body={"description": "Order 43"})
    canceled = client.payments.cancel(payment_id=payment.id, request_body={})

    assert (changed.description, canceled.status) == ("Order 43", "canceled")


async def test_refunds_are_made_read_listed_and_canceled(mollie: Any, client: ClientSDK) -> None:
    payment = await paid(mollie, client)
    amount: Any = {"currency": "EUR", "value": "1.00"}
    request: Any = {"amount": amount, "description": "back", "metadata": {"ours": "1"}}

    refund = client.refunds.create(payment_id=payment.id, refund_request=request)
    plain = client.refunds.create(payment_id=payment.id, refund_request={"amount": amount})

    found = client.refunds.get(payment_id=payment.id, refund_id=refund.id)
    assert (found.status, found.links.payment.href.split("/")[-1]) == ("pending", payment.id)
    ids = [plain.id, refund.id]
    assert [entry.id for entry in client.refunds.list(payment_id=payment.id).result.embedded.refunds] == ids
    assert [entry.id for entry in client.refunds.all().result.embedded.refunds] == ids
    client.refunds.cancel(payment_id=payment.id, refund_id=plain.id)
    assert client.payments.get(payment_id=payment.id).amount_refunded.value == "1.00"


async def test_chargebacks_are_read_and_listed(mollie: Any, client: ClientSDK) -> None:
    payment = await paid(mollie, client)
    made = await mollie.control("POST", f"/payments/{payment.id}/chargeback", {"amount": 500})

    found = client.chargebacks.get(payment_id=payment.id, chargeback_id=made["id"])

    assert (found.amount.value, found.links.payment.href.split("/")[-1]) == ("5.00", payment.id)
    assert isinstance(found.reason, models.EntityChargebackReason)
    assert found.reason.code
    for page in (client.chargebacks.list(payment_id=payment.id), client.chargebacks.all()):
        assert [entry.id for entry in page.result.embedded.chargebacks] == [made["id"]]


async def test_captures_are_made_read_and_listed(mollie: Any, client: ClientSDK) -> None:
    payment, given_up = create(client, capture_mode="manual"), create(client)
    for each in (payment, given_up):
        await decide(mollie, each, "authorized", method="creditcard")

    part: Any = {"amount": {"currency": "EUR", "value": "4.00"}}
    capture = client.captures.create(payment_id=payment.id, entity_capture=part)
    client.payments.release_authorization(payment_id=given_up.id, request_body={})

    found = client.captures.get(payment_id=payment.id, capture_id=capture.id)
    assert (found.status, found.amount.value, found.links.payment.href.split("/")[-1]) == (
        "succeeded",
        "4.00",
        payment.id,
    )
    page = client.captures.list(payment_id=payment.id)
    assert [entry.id for entry in page.result.embedded.captures] == [capture.id]
    after = client.payments.get(payment_id=payment.id)
    assert (after.status, after.amount_captured.value, after.amount_remaining.value) == ("paid", "4.00", "4.00")
    assert client.payments.get(payment_id=given_up.id).status == "canceled"


def test_pages_lead_to_each_other(client: ClientSDK) -> None:
    made = [create(client).id for _ in range(5)]

    first = client.payments.list(limit=3)
    second = first.next()

    assert isinstance(second, models.ListPaymentsResponse)
    ids = [entry.id for page in (first, second) for entry in page.result.embedded.payments]
    assert ids == made[::-1]
    assert second.next() is None


async def test_webhooks_are_managed_and_their_events_are_signed(
    mollie: Any, client: ClientSDK, receiver: Any, until: Any
) -> None:
    both = [models.WebhookEventTypes("payment.paid"), models.WebhookEventTypes("refund.pending")]
    made = client.webhooks.create(request_body={"name": "All", "url": receiver.url, "event_types": both})
    every = models.WebhookEventTypes("*")
    changed = client.webhooks.update(webhook_id=made.id, request_body={"event_types": every})
    client.webhooks.test(webhook_id=made.id)
    until(lambda: len(receiver.received) == 1)
    payment = await paid(mollie, client)
    until(lambda: len(receiver.received) == 2)

    headers, body = receiver.received[1]
    event = json.loads(body)
    assert SignatureValidator.validate(body.decode(), made.webhook_secret, headers["X-Mollie-Signature"])
    found = client.webhook_events.get(webhook_event_id=event["id"])
    assert (found.webhook_event_types, found.entity_id) == ("payment.paid", payment.id)
    assert changed.event_types == ["*"]
    assert client.webhooks.get(webhook_id=made.id).url == receiver.url
    assert [entry.id for entry in client.webhooks.list().result.embedded.webhooks] == [made.id]
    client.webhooks.delete(webhook_id=made.id)
    assert client.webhooks.list().result.embedded.webhooks == []


# The SDK reads a parameter that it calls deprecated itself.
@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")
def test_methods_and_the_profile_are_read(client: ClientSDK) -> None:
    names = [method.id for method in client.methods.list().embedded.methods]

    assert set(names) == {"ideal", "creditcard", "bancontact", "banktransfer"}
    assert client.methods.get(method_id=models.MethodEnum.IDEAL).status == "activated"
    assert len(client.methods.all().embedded.methods) > len(names)
    assert client.profiles.get_current().status == "verified"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": {"currency": "XXX", "value": "10.00"}}, "amount.currency"),
        ({"amount": {"currency": "KWD", "value": "10.000"}}, "amount.currency"),
        ({"amount": {"currency": "eur", "value": "10.00"}}, "amount.currency"),
        ({"amount": {"currency": "JPY", "value": "10.00"}}, "amount.value"),
        ({"amount": {"currency": "EUR", "value": 10}}, "amount.value"),
        ({"locale": "xx_XX"}, "locale"),
        ({"method": "moonmoney"}, "method"),
        ({"method": ["ideal", "moonmoney"]}, "method"),
        ({"description": "x" * 256}, "description"),
        ({"metadata": {"x": "y" * 1024}}, "metadata"),
        ({"redirectUrl": None}, "redirectUrl"),
        ({"webhookUrl": "ftp://shop.example"}, "webhookUrl"),
        ({"webhookUrl": "http://[::1"}, "webhookUrl"),
        ({"sequenceType": "recurring"}, "customerId"),
        ({"colour": "red"}, "colour"),
        ({"lines": [{"description": "Shoe"}]}, "lines.0"),
    ],
)
def test_what_mollie_refuses_is_refused(mollie: Any, key: str, changes: Any, field: str) -> None:
    answer = refused(mollie, key, **changes)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_order_lines_must_add_up(mollie: Any, key: str) -> None:
    line = {
        "description": "Shoe",
        "quantity": 1,
        "unitPrice": {"currency": "EUR", "value": "10.99"},
        "totalAmount": {"currency": "EUR", "value": "10.99"},
    }

    assert refused(mollie, key, lines=[line]).status_code == 201
    assert refused(mollie, key, lines=[line, line]).json()["field"] == "lines"


async def test_more_than_was_authorized_is_not_captured(mollie: Any, client: ClientSDK) -> None:
    payment = create(client)
    too_much: Any = {"amount": {"currency": "EUR", "value": "11.00"}}

    with pytest.raises(models.ErrorResponse):
        client.captures.create(payment_id=payment.id, entity_capture=too_much)
    await decide(mollie, payment, "authorized")
    with pytest.raises(models.ErrorResponse) as refused:
        client.captures.create(payment_id=payment.id, entity_capture=too_much)
    assert refused.value.data.field == "amount"


@pytest.mark.parametrize("path", ["/v2/nothing", "/v2/payments/tr_1/nothing", "/v1/payments", "/", "/payments"])
@pytest.mark.parametrize("method", ["GET", "POST", "TRACE"])
def test_unknown_routes_answer_in_mollies_shape(mollie: Any, method: str, path: str) -> None:
    answer = httpx.request(method, f"{mollie.origin}{path}", timeout=60)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/hal+json"
    models.error_response.ErrorResponseData.model_validate(answer.json())


def test_an_unknown_query_parameter_and_a_deep_body_are_refused(mollie: Any, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}

    filtered = httpx.get(f"{mollie.origin}/v2/payments?colour=red", headers=headers, timeout=60)
    deep = httpx.post(f"{mollie.origin}/v2/payments", content=b"[" * 100_000, headers=headers, timeout=60)

    assert (filtered.status_code, filtered.json()["field"]) == (422, "colour")
    assert deep.status_code == 400
