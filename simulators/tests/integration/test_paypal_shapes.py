"""PayPal's resources as its own library reads them, its webhooks as PayPal verifies them, and what it refuses."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.error_exception import ErrorException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

pytestmark = pytest.mark.integration

ALL = "return=representation"
# The library calls nearly every field optional; these are always there, as PayPal's reference has them.
ALWAYS = {
    "CapturedPayment": """status id amount seller_protection final_capture seller_receivable_breakdown links
        create_time update_time supplementary_data payee""",
    "PaymentAuthorization": """status id amount seller_protection expiration_time links create_time update_time
        supplementary_data payee""",
    "Order": "create_time id intent purchase_units status links",
    "PurchaseUnit": "reference_id amount payee",
    "Refund": "status id amount seller_payable_breakdown links create_time update_time",
    "SellerProtection": "status dispute_categories",
    "SellerReceivableBreakdown": "gross_amount paypal_fee net_amount",
    "SellerPayableBreakdown": "gross_amount paypal_fee net_amount total_refunded_amount",
    "Payer": "email_address payer_id name address",
    "PaypalWalletResponse": "email_address account_id account_status name",
}


@pytest.fixture(scope="session")
def paypal(start_simulator: Any) -> Any:
    return start_simulator("paypal")


@pytest.fixture
def client_id() -> str:
    return f"app-{secrets.token_hex(8)}"


@pytest.fixture
def client(paypal: Any, client_id: str) -> PaypalServersdkClient:
    class Simulated(Configuration):  # type: ignore[misc]  # the library has no types
        environments = {Environment.SANDBOX: {Server.DEFAULT: paypal.origin}}  # noqa: RUF012 - the library's own

    credentials = ClientCredentialsAuthCredentials(o_auth_client_id=client_id, o_auth_client_secret="secret")
    return PaypalServersdkClient(config=Simulated(client_credentials_auth_credentials=credentials))


@pytest.fixture
def http(paypal: Any, client_id: str) -> Iterator[httpx.Client]:
    """Calls that the library does not have."""
    with httpx.Client(base_url=paypal.origin, timeout=60) as session:
        form = {"grant_type": "client_credentials"}
        token = session.post("/v1/oauth2/token", data=form, auth=(client_id, "secret")).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        yield session


def euros(value: str) -> dict[str, Any]:
    return {"currency_code": "EUR", "value": value}


def unit_of(**changes: Any) -> dict[str, Any]:
    items = [
        {"name": "Shoe", "unit_amount": euros("4.00"), "quantity": "2", "tax": euros("0.76"), "sku": "S-1"},
        {"name": "Sock", "unit_amount": euros("1.00"), "quantity": "1", "category": "PHYSICAL_GOODS"},
    ]
    breakdown = {"item_total": euros("9.00"), "tax_total": euros("1.52"), "shipping": euros("3.00")}
    amount = {**euros("13.00"), "breakdown": {**breakdown, "discount": euros("0.52")}}
    address = {"address_line_1": "1 Main Street", "admin_area_2": "Paris", "country_code": "FR"}
    shipping = {"name": {"full_name": "Ada Lovelace"}, "address": address}
    return {"amount": amount, "items": items, "shipping": shipping, "custom_id": "order-42", **changes}


def order_of(intent: str = "CAPTURE", **changes: Any) -> dict[str, Any]:
    payer = {"email_address": "ada@example.com", "name": {"given_name": "Ada", "surname": "Lovelace"}}
    return {"intent": intent, "purchase_units": [unit_of(**changes)], "payer": payer}


def create(client: PaypalServersdkClient, body: dict[str, Any], **options: Any) -> Any:
    return client.orders.create_order({"body": body, "prefer": ALL, **options}).body


def control(paypal: Any, path: str, **body: Any) -> Any:
    answer = httpx.post(f"{paypal.origin}/_sim{path}", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def approved(paypal: Any, client: PaypalServersdkClient, body: dict[str, Any] | None = None) -> str:
    order = create(client, body or order_of())
    control(paypal, f"/orders/{order.id}/approve")
    return str(order.id)


def lacking(found: Any, path: str = "") -> Iterator[str]:
    """Fields that the library's model requires, or that PayPal always sends, and the object has not."""
    name = type(found).__name__
    optional = getattr(found, "_optionals", [])
    for attribute in found._names:
        value = getattr(found, attribute, None)
        required = attribute not in optional or attribute in ALWAYS.get(name, "").split()
        if required and value is None:
            yield f"{path}{name}.{attribute}"
        for part in value if isinstance(value, list) else [value]:
            if hasattr(part, "_names"):
                yield from lacking(part, f"{path}{name}.")


def issue_of(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["debug_id"]
    return answer.status_code, body["details"][0]["issue"]


def test_every_resource_has_the_fields_of_the_library(paypal: Any, client: PaypalServersdkClient) -> None:
    held = approved(paypal, client, order_of("AUTHORIZE"))
    order_id = approved(paypal, client)

    authorized = client.orders.authorize_order({"id": held, "prefer": ALL}).body
    captured = client.orders.capture_order({"id": order_id, "prefer": ALL}).body
    [capture] = captured.purchase_units[0].payments.captures
    [authorization] = authorized.purchase_units[0].payments.authorizations
    refunded = client.payments.refund_captured_payment(
        {"capture_id": capture.id, "body": {"amount": euros("1.00"), "note_to_payer": "sorry"}, "prefer": ALL}
    ).body

    assert refunded.note_to_payer == "sorry"
    read = (
        create(client, {"intent": "CAPTURE", "purchase_units": [unit_of()]}),
        authorized,
        captured,
        refunded,
        client.orders.get_order({"id": order_id}).body,
        client.payments.get_captured_payment({"capture_id": capture.id}).body,
        client.payments.get_authorized_payment({"authorization_id": authorization.id}).body,
        client.payments.get_refund({"refund_id": refunded.id}).body,
    )
    assert [list(lacking(found)) for found in read] == [[]] * len(read)
    assert capture.seller_protection.status == "ELIGIBLE"


def test_an_order_keeps_what_it_was_made_with(paypal: Any, client: PaypalServersdkClient) -> None:
    order_id = approved(paypal, client)

    found = client.orders.get_order({"id": order_id}).body

    [unit] = found.purchase_units
    assert [(item.name, item.unit_amount.value, item.quantity) for item in unit.items] == [
        ("Shoe", "4.00", "2"),
        ("Sock", "1.00", "1"),
    ]
    assert (unit.amount.breakdown.item_total.value, unit.amount.breakdown.discount.value) == ("9.00", "0.52")
    assert (unit.shipping.name.full_name, unit.shipping.address.country_code) == ("Ada Lovelace", "FR")
    assert (found.payer.email_address, found.payer.name.surname) == ("ada@example.com", "Lovelace")
    assert found.payment_source.paypal.email_address == "ada@example.com"


def test_prefer_decides_how_much_is_answered(paypal: Any, http: httpx.Client) -> None:
    short = http.post("/v2/checkout/orders", json=order_of()).json()
    whole = http.post("/v2/checkout/orders", json=order_of(), headers={"Prefer": ALL}).json()
    control(paypal, f"/orders/{short['id']}/approve")
    captured = http.post(f"/v2/checkout/orders/{short['id']}/capture", json={}).json()
    capture = captured["purchase_units"][0]["payments"]["captures"][0]["id"]
    refund = http.post(f"/v2/payments/captures/{capture}/refund", json={"amount": euros("1.00")}).json()

    assert set(short) == {"id", "status", "links"}
    assert {"intent", "purchase_units", "create_time", "payer"} <= set(whole)
    assert {"id", "status", "payer", "payment_source", "purchase_units"} <= set(captured)
    assert "intent" not in captured
    assert set(refund) == {"id", "status", "links"}
    assert http.get(f"/v2/payments/refunds/{refund['id']}").json()["amount"] == euros("1.00")


def test_a_replay_makes_nothing(http: httpx.Client) -> None:
    headers = {"PayPal-Request-Id": "k-1"}
    first = http.post("/v2/checkout/orders", json=order_of(), headers=headers)
    again = http.post("/v2/checkout/orders", json=order_of(), headers={**headers, "Prefer": ALL})

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["id"], "intent" in again.json()) == (again.json()["id"], True)


def test_an_authorization_is_captured_in_parts(paypal: Any, client: PaypalServersdkClient) -> None:
    order_id = approved(paypal, client, order_of("AUTHORIZE"))
    with pytest.raises(ErrorException) as mismatch:
        client.orders.capture_order({"id": order_id})
    ordered = client.orders.authorize_order({"id": order_id, "prefer": ALL}).body
    identifier = ordered.purchase_units[0].payments.authorizations[0].id

    def take(value: str, key: str) -> Any:
        body = {"amount": euros(value)}
        options = {"authorization_id": identifier, "body": body, "paypal_request_id": key, "prefer": ALL}
        return client.payments.capture_authorized_payment(options).body

    part = take("5.00", "a-1")
    between = client.payments.get_authorized_payment({"authorization_id": identifier}).body.status
    with pytest.raises(ErrorException):
        take("8.01", "a-2")
    rest = take("8.00", "a-3")

    assert mismatch.value.details[0].issue == "ACTION_DOES_NOT_MATCH_INTENT"
    assert (part.status, part.final_capture, between, rest.final_capture) == (
        "COMPLETED",
        False,
        "PARTIALLY_CAPTURED",
        True,
    )
    assert part.supplementary_data.related_ids.authorization_id == identifier
    assert client.payments.get_authorized_payment({"authorization_id": identifier}).body.status == "CAPTURED"
    found = client.orders.get_order({"id": order_id}).body.purchase_units[0].payments
    assert [entry.amount.value for entry in found.captures] == ["5.00", "8.00"]
    with pytest.raises(ErrorException):
        client.payments.void_payment({"authorization_id": identifier})


def test_an_authorization_is_given_up(paypal: Any, client: PaypalServersdkClient) -> None:
    order_id = approved(paypal, client, order_of("AUTHORIZE"))
    ordered = client.orders.authorize_order({"id": order_id, "prefer": ALL}).body
    options = {"authorization_id": ordered.purchase_units[0].payments.authorizations[0].id, "prefer": ALL}

    with pytest.raises(ErrorException):
        client.payments.reauthorize_payment(options)
    assert client.payments.void_payment(options).body.status == "VOIDED"
    with pytest.raises(ErrorException) as late:
        client.payments.capture_authorized_payment(options)
    assert late.value.details[0].issue == "AUTHORIZATION_VOIDED"


def test_an_order_is_patched_until_it_is_completed(paypal: Any, client: PaypalServersdkClient) -> None:
    order_id = approved(paypal, client)
    here = "/purchase_units/@reference_id=='default'"

    def patch(*operations: dict[str, Any]) -> None:
        client.orders.patch_order({"id": order_id, "body": list(operations)})

    patch(
        {"op": "replace", "path": f"{here}/amount", "value": euros("20.00")},
        {"op": "remove", "path": f"{here}/items"},
        {"op": "replace", "path": f"{here}/custom_id", "value": "order-43"},
        {"op": "add", "path": f"{here}/invoice_id", "value": f"INV-{order_id}"},
    )

    [unit] = client.orders.get_order({"id": order_id}).body.purchase_units
    assert (unit.amount.value, unit.custom_id, unit.invoice_id) == ("20.00", "order-43", f"INV-{order_id}")
    for operation in (
        {"op": "add", "path": f"{here}/custom_id", "value": "x"},
        {"op": "replace", "path": f"{here}/payments", "value": {}},
        {"op": "replace", "path": "/purchase_units/@reference_id=='other'/custom_id", "value": "x"},
        {"op": "replace", "path": f"{here}/amount"},
        {"op": "test", "path": f"{here}/amount", "value": euros("20.00")},
        {"op": "replace", "path": f"{here}/amount", "value": euros("0.00")},
    ):
        with pytest.raises(ErrorException):
            patch(operation)
    captured = client.orders.capture_order({"id": order_id, "prefer": ALL}).body
    assert captured.purchase_units[0].payments.captures[0].amount.value == "20.00"
    with pytest.raises(ErrorException) as late:
        patch({"op": "remove", "path": f"{here}/custom_id"})
    assert late.value.details[0].issue == "ORDER_ALREADY_COMPLETED"


def test_the_wallet_is_named_afterwards(paypal: Any, client: PaypalServersdkClient) -> None:
    order = create(client, {"intent": "CAPTURE", "purchase_units": [{"amount": euros("1.00")}]})

    source = {"payment_source": {"paypal": {"email_address": "ada@example.com"}}}
    confirmed = client.orders.confirm_order({"id": order.id, "body": source, "prefer": ALL}).body

    assert confirmed.status == "PAYER_ACTION_REQUIRED"
    assert "payer-action" in [link.rel for link in confirmed.links]
    control(paypal, f"/orders/{order.id}/approve")
    assert client.orders.get_order({"id": order.id}).body.payer.email_address == "ada@example.com"


BROKEN: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"amount": {**euros("13.01"), "breakdown": {"item_total": euros("9.00")}}}, (422, "TAX_TOTAL_REQUIRED")),
    ({"amount": euros("13.00")}, (422, "ITEM_TOTAL_REQUIRED")),
    (
        {"amount": {**euros("9.00"), "breakdown": {"item_total": euros("8.00"), "tax_total": euros("1.52")}}},
        (422, "ITEM_TOTAL_MISMATCH"),
    ),
    (
        {"amount": {**euros("9.00"), "breakdown": {"item_total": euros("9.00"), "tax_total": euros("1.00")}}},
        (422, "TAX_TOTAL_MISMATCH"),
    ),
    (
        {"amount": {**euros("9.00"), "breakdown": {"item_total": euros("9.00"), "tax_total": euros("1.52")}}},
        (422, "AMOUNT_MISMATCH"),
    ),
    (
        {"items": [], "amount": {**euros("9.00"), "breakdown": {"item_total": {"currency_code": "USD", "value": "9"}}}},
        (422, "MULTI_CURRENCY_ORDER"),
    ),
    (
        {"items": [], "amount": {**euros("9.00"), "breakdown": {"item_total": euros("-9.00")}}},
        (422, "CANNOT_BE_NEGATIVE"),
    ),
    ({"items": [{"unit_amount": euros("1.00"), "quantity": "1"}]}, (400, "MISSING_REQUIRED_PARAMETER")),
    (
        {"items": [{"name": "x", "unit_amount": euros("1.00"), "quantity": "1.5"}]},
        (400, "INVALID_PARAMETER_SYNTAX"),
    ),
    ({"items": {"name": "x"}}, (400, "INVALID_PARAMETER_SYNTAX")),
    ({"shipping": {"address": {"address_line_1": "x"}}}, (400, "MISSING_REQUIRED_PARAMETER")),
    ({"shipping": "home"}, (400, "INVALID_PARAMETER_SYNTAX")),
    ({"custom_id": "x" * 256}, (400, "INVALID_STRING_MAX_LENGTH")),
    ({"amount": euros("1_0")}, (400, "INVALID_PARAMETER_SYNTAX")),
    ({"amount": euros("1e2")}, (400, "INVALID_PARAMETER_SYNTAX")),
    ({"amount": euros("9" * 31)}, (422, "MAX_VALUE_EXCEEDED")),
    ({"amount": {"value": "1.00"}}, (400, "MISSING_REQUIRED_PARAMETER")),
    ({"amount": {"value": "1.00", "currency_code": "KWD"}}, (422, "CURRENCY_NOT_SUPPORTED")),
    ({"amount": {"value": "1.50", "currency_code": "JPY"}}, (422, "DECIMALS_NOT_SUPPORTED")),
]


@pytest.mark.parametrize(("changes", "expected"), BROKEN)
def test_a_purchase_unit_that_paypal_refuses(
    http: httpx.Client, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert issue_of(http.post("/v2/checkout/orders", json=order_of(**changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"intent": "SUBSCRIBE"}, (400, "INVALID_PARAMETER_VALUE")),
        ({"purchase_units": []}, (400, "MISSING_REQUIRED_PARAMETER")),
        ({"payment_source": {"card": {"number": "4111111111111111"}}}, (422, "PAYEE_NOT_ENABLED_FOR_CARD_PROCESSING")),
        ({"payment_source": []}, (400, "INVALID_PARAMETER_SYNTAX")),
        ({"payment_source": {"paypal": "me"}}, (400, "INVALID_PARAMETER_SYNTAX")),
        ({"payer": "me"}, (400, "INVALID_PARAMETER_SYNTAX")),
    ],
)
def test_an_order_that_paypal_refuses(http: httpx.Client, changes: Any, expected: tuple[int, str]) -> None:
    assert issue_of(http.post("/v2/checkout/orders", json=order_of() | changes)) == expected


def test_an_invoice_is_paid_once(paypal: Any, client: PaypalServersdkClient) -> None:
    first, second = [approved(paypal, client, order_of(invoice_id="INV-1")) for _ in range(2)]

    client.orders.capture_order({"id": first})
    with pytest.raises(ErrorException) as refused:
        client.orders.capture_order({"id": second})

    assert refused.value.details[0].issue == "DUPLICATE_INVOICE_ID"


def test_paypal_tells_whether_a_webhook_is_its_own(
    paypal: Any, client: PaypalServersdkClient, http: httpx.Client, receiver: Any, until: Any
) -> None:
    hook = http.post("/v1/notifications/webhooks", json={"url": receiver.url, "event_types": [{"name": "*"}]}).json()
    approved(paypal, client)
    until(lambda: receiver.received)
    headers, body = receiver.received[0]
    names = {name.lower().removeprefix("paypal-").replace("-", "_"): value for name, value in headers.items()}
    signed = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time")
    given = {name: names[name] for name in signed}
    given |= {"webhook_id": hook["id"], "webhook_event": json.loads(body)}

    def status(**changes: Any) -> str:
        answer = http.post("/v1/notifications/verify-webhook-signature", json=given | changes)
        assert answer.status_code == 200
        return str(answer.json()["verification_status"])

    assert status() == "SUCCESS"
    forged = json.loads(body)
    forged["resource"]["id"] = "ANOTHER"
    assert status(webhook_event=forged) == "FAILURE"
    assert status(webhook_id="WH-OTHER") == "FAILURE"
    assert status(transmission_time="2020-01-01T00:00:00Z") == "FAILURE"
    assert status(transmission_sig="bm90IGEgc2lnbmF0dXJl") == "FAILURE"
    del given["transmission_id"]
    assert http.post("/v1/notifications/verify-webhook-signature", json=given).status_code == 400


def test_webhooks_and_events_are_managed(
    paypal: Any, client: PaypalServersdkClient, http: httpx.Client, receiver: Any, until: Any
) -> None:
    hook = http.post("/v1/notifications/webhooks", json={"url": receiver.url, "event_types": [{"name": "X"}]}).json()
    path = f"/v1/notifications/webhooks/{hook['id']}"
    operation = {"op": "replace", "path": "/event_types", "value": [{"name": "CHECKOUT.ORDER.APPROVED"}]}
    assert http.patch(path, json=[operation]).json()["event_types"] == operation["value"]
    assert http.get("/v1/notifications/webhooks").json()["webhooks"] == [http.get(path).json()]
    order_id = approved(paypal, client)
    until(lambda: len(receiver.received) == 1)

    [event] = http.get("/v1/notifications/webhooks-events").json()["events"]
    assert http.get(f"/v1/notifications/webhooks-events/{event['id']}").json()["resource"]["id"] == order_id
    assert http.post(f"/v1/notifications/webhooks-events/{event['id']}/resend").status_code == 202
    until(lambda: len(receiver.received) == 2)
    assert http.delete(path).status_code == 204
    assert http.get(path).status_code == 404


def test_disputes_are_listed_and_given_in_to(paypal: Any, client: PaypalServersdkClient, http: httpx.Client) -> None:
    order_id = approved(paypal, client)
    captured = client.orders.capture_order({"id": order_id, "prefer": ALL}).body
    capture_id = captured.purchase_units[0].payments.captures[0].id
    made = control(paypal, f"/captures/{capture_id}/dispute", amount=euros("5.00"))

    found = http.get("/v1/customer/disputes", params={"disputed_transaction_id": capture_id}).json()["items"]

    assert [(entry["dispute_id"], entry["dispute_amount"]) for entry in found] == [(made["dispute_id"], euros("5.00"))]
    assert found[0]["disputed_transactions"][0]["buyer"]["name"] == "Ada Lovelace"
    path = f"/v1/customer/disputes/{made['dispute_id']}"
    assert http.post(f"{path}/accept-claim", json={"note": "sorry"}).status_code == 200
    assert http.get(path).json()["dispute_outcome"]["outcome_code"] == "RESOLVED_BUYER_FAVOUR"
    assert http.post(f"{path}/accept-claim", json={"note": "sorry"}).status_code == 422


@pytest.mark.parametrize("path", ["/v2/nothing", "/v2/checkout/orders/1/nothing", "/v1/payments/payment", "/"])
@pytest.mark.parametrize("method", ["GET", "POST", "TRACE"])
def test_unknown_routes_answer_in_paypals_shape(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path)

    assert (answer.status_code, answer.json()["name"]) == (404, "RESOURCE_NOT_FOUND")
    assert issue_of(answer) == (404, "INVALID_RESOURCE_ID")


def test_wrong_methods_and_bodies_answer_in_paypals_shape(http: httpx.Client) -> None:
    orders = "/v2/checkout/orders"

    assert issue_of(http.delete(orders)) == (405, "METHOD_NOT_SUPPORTED")
    assert issue_of(http.post(orders, content=b"[" * 100_000)) == (400, "MALFORMED_REQUEST_JSON")
    assert issue_of(http.post(orders, json=[1])) == (400, "MALFORMED_REQUEST_JSON")
    assert issue_of(http.patch(f"{orders}/1", json={"op": "add"})) == (400, "MALFORMED_REQUEST_JSON")
