"""The simulator as PayPal's own library sees it, and its webhooks as PayPal tells to verify them."""

import asyncio
import base64
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import uvicorn
from apimatic_core.exceptions.auth_validation_exception import AuthValidationException
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.amount_with_breakdown import AmountWithBreakdown
from paypalserversdk.models.checkout_payment_intent import CheckoutPaymentIntent
from paypalserversdk.models.money import Money
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.purchase_unit_request import PurchaseUnitRequest
from paypalserversdk.models.refund_request import RefundRequest
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from gateway_embedded.servers.process import free_port
from gateway_simulators.paypal.app import build_app
from gateway_simulators.paypal.settings import Settings

pytestmark = pytest.mark.integration

Until = Callable[..., Any]
CLIENT = "official-library"
WEBHOOK_ID = "WH-OFFICIAL"


@pytest.fixture
def origin(until: Until) -> Iterator[str]:
    port = free_port()
    settings = Settings(port=port, retry_schedule_s=(0.05, 0.05, 0.05))
    server = uvicorn.Server(uvicorn.Config(build_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def client_of(origin: str, secret: str = "official-secret") -> PaypalServersdkClient:
    class Simulated(Configuration):  # type: ignore[misc]  # the library has no types
        environments = {Environment.SANDBOX: {Server.DEFAULT: origin}}  # noqa: RUF012 - the library's own attribute

    credentials = ClientCredentialsAuthCredentials(o_auth_client_id=CLIENT, o_auth_client_secret=secret)
    return PaypalServersdkClient(config=Simulated(client_credentials_auth_credentials=credentials))


@pytest.fixture
def client(origin: str) -> PaypalServersdkClient:
    return client_of(origin)


def control(origin: str, path: str, **body: Any) -> Any:
    answer = requests.post(f"{origin}/_sim{path}", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def order_of(value: str = "10.99", currency: str = "EUR") -> OrderRequest:
    unit = PurchaseUnitRequest(amount=AmountWithBreakdown(currency, value), custom_id="order-42")
    return OrderRequest(intent=CheckoutPaymentIntent.CAPTURE, purchase_units=[unit])


def create(client: PaypalServersdkClient, key: str = "k-1", order: OrderRequest | None = None) -> Any:
    return client.orders.create_order({"body": order or order_of(), "paypal_request_id": key}).body


def capture(client: PaypalServersdkClient, order_id: str, key: str = "c-1") -> Any:
    options = {"id": order_id, "paypal_request_id": key, "prefer": "return=representation"}
    return client.orders.capture_order(options).body


def paid(client: PaypalServersdkClient, origin: str) -> Any:
    order = create(client)
    control(origin, f"/orders/{order.id}/approve")
    return capture(client, order.id)


def test_an_order_is_approved_then_captured(client: PaypalServersdkClient, origin: str) -> None:
    order = create(client)
    page = next(link.href for link in order.links if link.rel == "approve")

    assert order.status == "CREATED"
    assert "10.99 EUR" in requests.get(page, timeout=60).text
    with pytest.raises(ApiException) as early:
        capture(client, order.id)
    assert early.value.response_code == 422
    control(origin, f"/orders/{order.id}/approve")
    assert client.orders.get_order({"id": order.id}).body.status == "APPROVED"
    completed = capture(client, order.id)

    assert completed.status == "COMPLETED"
    [found] = completed.purchase_units[0].payments.captures
    assert (found.status, found.amount.value, found.custom_id) == ("COMPLETED", "10.99", "order-42")
    assert client.payments.get_captured_payment({"capture_id": found.id}).body.status == "COMPLETED"


def test_a_request_id_is_one_order(client: PaypalServersdkClient) -> None:
    assert create(client).id == create(client).id
    assert create(client, "k-2").id != create(client).id
    with pytest.raises(ApiException) as reused:
        create(client, "k-1", order_of("1.00"))
    assert reused.value.response_code == 422


def test_refunds_end_when_nothing_is_left(client: PaypalServersdkClient, origin: str) -> None:
    [captured] = paid(client, origin).purchase_units[0].payments.captures

    def refund(value: str, key: str) -> Any:
        body = RefundRequest(amount=Money("EUR", value))
        options = {"capture_id": captured.id, "body": body, "paypal_request_id": key}
        return client.payments.refund_captured_payment(options | {"prefer": "return=representation"}).body

    first = refund("0.99", "r-1")
    assert (first.status, refund("0.99", "r-1").id) == ("COMPLETED", first.id)
    assert client.payments.get_refund({"refund_id": first.id}).body.amount.value == "0.99"
    with pytest.raises(ApiException):
        refund("10.01", "r-2")
    refund("10.00", "r-3")
    assert client.payments.get_captured_payment({"capture_id": captured.id}).body.status == "REFUNDED"


@pytest.mark.parametrize(("value", "currency"), [("10.999", "EUR"), ("10.50", "JPY"), ("0.00", "EUR"), ("1.00", "KWD")])
def test_amounts_that_paypal_refuses(client: PaypalServersdkClient, value: str, currency: str) -> None:
    with pytest.raises(ApiException):
        create(client, order=order_of(value, currency))


def test_a_wrong_secret_gets_no_token(client: PaypalServersdkClient, origin: str) -> None:
    create(client)

    with pytest.raises(AuthValidationException):
        create(client_of(origin, "wrong"))


def verify(headers: dict[str, str], body: bytes, webhook_id: str = WEBHOOK_ID) -> None:
    """As PayPal's documentation describes it."""
    names = {name.lower(): value for name, value in headers.items()}
    certificate, root = x509.load_pem_x509_certificates(requests.get(names["paypal-cert-url"], timeout=60).content)
    certificate.verify_directly_issued_by(root)
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    words = (names["paypal-transmission-id"], names["paypal-transmission-time"], webhook_id, str(zlib.crc32(body)))
    signature = base64.b64decode(names["paypal-transmission-sig"])
    key.verify(signature, "|".join(words).encode(), PKCS1v15(), SHA256())


def test_webhooks_are_signed_by_certificate(
    client: PaypalServersdkClient, origin: str, receiver: Any, until: Until
) -> None:
    control(origin, "/webhook_endpoints", client_id=CLIENT, url=receiver.url, webhook_id=WEBHOOK_ID)

    paid(client, origin)

    until(lambda: len(receiver.received) == 2)
    for headers, body in receiver.received:
        verify(headers, body)
    headers, body = receiver.received[0]
    with pytest.raises(InvalidSignature):
        verify(headers, body + b" ")
    with pytest.raises(InvalidSignature):
        verify(headers, body, "WH-OTHER")
    types = {json.loads(body)["event_type"] for _, body in receiver.received}
    assert types == {"CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"}


def test_what_is_not_answered_comes_again_with_the_same_event(
    client: PaypalServersdkClient, origin: str, receiver: Any, until: Until
) -> None:
    control(origin, "/webhook_endpoints", client_id=CLIENT, url=receiver.url, webhook_id=WEBHOOK_ID)
    receiver.answers = [500, 503]

    order = create(client)
    control(origin, f"/orders/{order.id}/approve")

    until(lambda: len(receiver.received) == 3)
    assert len({body for _, body in receiver.received}) == 1
    for headers, body in receiver.received:
        verify(headers, body)
