"""Stripe's objects carry what the official SDK declares; what Stripe refuses is refused."""

import inspect
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any, Union, get_args, get_origin

import httpx
import pytest
import stripe

pytestmark = pytest.mark.integration

# The SDK writes «null» and «not always there» alike; these are always there, as Stripe's reference has it.
NULLABLE = {
    "payment_intent": """allowed_payment_method_types application application_fee_amount automatic_payment_methods
        canceled_at cancellation_reason client_secret customer customer_account description
        excluded_payment_method_types last_payment_error latest_charge managed_payments next_action on_behalf_of
        payment_method payment_method_configuration_details payment_method_options payment_record processing
        receipt_email review setup_future_usage shipping source statement_descriptor statement_descriptor_suffix
        transfer_group""",
    "charge": """application application_fee application_fee_amount balance_transaction
        calculated_statement_descriptor customer description failure_balance_transaction failure_code failure_message
        fraud_details on_behalf_of outcome payment_intent payment_method payment_method_details receipt_email
        receipt_number receipt_url review shipping source source_transfer statement_descriptor
        statement_descriptor_suffix transfer_data transfer_group""",
    "refund": """balance_transaction charge customer customer_account metadata payment_intent payment_method reason
        receipt_number source_transfer_reversal status transfer_reversal""",
    "dispute": "intended_submission_method network_reason_code payment_intent payment_method_details",
    "balance_transaction": "description exchange_rate source",
    "payment_method": "customer customer_account metadata card",
    "webhook_endpoint": "api_version application description",
    "event": "api_version request",
    "account": "email",
}
CARD_OF_CHARGE = """amount_authorized authorization_code brand checks country electronic_commerce_indicator exp_month
    exp_year fingerprint funding installments last4 mandate network network_transaction_id regulated_status
    three_d_secure transaction_link_id wallet"""


def lacking(kind: type[Any], found: Any, path: str = "") -> Iterator[str]:
    """Fields that the SDK's class has and the object has not, or has as null although they never are."""
    for name, declared in inspect.get_annotations(kind).items():
        if name.startswith("_") or "ClassVar" in str(declared):
            continue
        origin: object = get_origin(declared)
        optional = origin is Union and type(None) in get_args(declared)
        if not optional and found.get(name) is None:
            yield f"{path}{name}"
        inner, value = kind._inner_class_types.get(name), found.get(name)
        for part in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(part, dict):
                yield from lacking(inner, part, f"{path}{name}.")


def check(found: Any) -> None:
    """The object, and every object inside it."""
    kinds = (
        stripe.PaymentIntent,
        stripe.Charge,
        stripe.Refund,
        stripe.Dispute,
        stripe.BalanceTransaction,
        stripe.PaymentMethod,
        stripe.WebhookEndpoint,
        stripe.Event,
        stripe.Account,
    )
    name = found["object"]
    [kind] = [kind for kind in kinds if name == kind.OBJECT_NAME]
    assert list(lacking(kind, found)) == []
    assert set(NULLABLE[name].split()) - found.keys() == set()


def pay(client: stripe.StripeClient, **fields: Any) -> stripe.PaymentIntent:
    params: Any = {"amount": 10_000, "currency": "eur", "confirm": True, "payment_method": "pm_card_visa", **fields}
    return client.v1.payment_intents.create(params)


def refusal(act: Callable[[], Any]) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as refused:
        act()
    return refused.value


async def disputed(simulator: Any, client: stripe.StripeClient, **how: Any) -> tuple[stripe.PaymentIntent, str]:
    intent = pay(client)
    opened = await simulator.control("POST", f"/payment_intents/{intent.id}/dispute", how)
    return intent, opened["id"]


async def test_every_object_has_the_fields_of_the_sdk(
    simulator: Any, client: stripe.StripeClient, receiver: Any, until: Any
) -> None:
    endpoint: Any = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    waiting = client.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    challenged = pay(client, payment_method="pm_card_authenticationRequired", return_url="https://shop.example/back")
    await simulator.control("POST", f"/payment_intents/{challenged.id}/challenge", {"result": "succeeded"})
    refusal(lambda: pay(client, payment_method="pm_card_chargeDeclined"))
    intent, dispute = await disputed(simulator, client)
    refund = client.v1.refunds.create({"payment_intent": challenged.id, "amount": 100})

    objects: list[stripe.StripeObject] = [
        waiting,
        *client.v1.payment_intents.list().data,
        *client.v1.charges.list().data,
        *client.v1.refunds.list().data,
        refund,
        *client.v1.balance_transactions.list().data,
        client.v1.disputes.retrieve(dispute),
        *client.v1.disputes.list().data,
        endpoint,
        client.v1.payment_methods.retrieve(str(intent.payment_method)),
        *client.v1.events.list().data,
        client.v1.accounts.retrieve_current(),
    ]
    for found in objects:
        check(found.to_dict())
    until(lambda: len(receiver.received) == len(client.v1.events.list({"limit": 100}).data))
    for headers, body in receiver.received:
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint.secret)
        check(event.to_dict())
        check(event.data.object.to_dict())


def test_a_charge_describes_its_card(client: stripe.StripeClient) -> None:
    charges = [client.v1.charges.retrieve(str(pay(client).latest_charge)) for _ in range(2)]
    other = client.v1.charges.retrieve(str(pay(client, payment_method="pm_card_mastercard").latest_charge))

    cards = [charge.to_dict()["payment_method_details"]["card"] for charge in (*charges, other)]
    assert set(CARD_OF_CHARGE.split()) - cards[0].keys() == set()
    assert cards[0]["fingerprint"] == cards[1]["fingerprint"] != cards[2]["fingerprint"]


async def test_disputes_say_of_which_card_and_entries_of_which_balance(
    simulator: Any, client: stripe.StripeClient
) -> None:
    _, inquiry = await disputed(simulator, client, status="warning_needs_response")
    _, chargeback = await disputed(simulator, client)

    shown = [client.v1.disputes.retrieve(each) for each in (inquiry, chargeback)]

    assert [each.payment_method_details.card.case_type for each in shown] == ["inquiry", "chargeback"]
    assert {each.payment_method_details.card.brand for each in shown} == {"visa"}
    assert shown[1].balance_transactions[0].balance_type == "payments"
    assert shown[1].balance_transactions[0].reporting_category == "dispute"


def test_expansion_goes_four_levels_deep(client: stripe.StripeClient) -> None:
    intent = pay(client)
    refund = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 100, "expand": ["charge.payment_intent.latest_charge.refunds"]}
    )

    found: Any = client.v1.payment_intents.retrieve(
        intent.id, {"expand": ["latest_charge.balance_transaction.source", "latest_charge.refunds", "payment_method"]}
    )
    listed: Any = client.v1.payment_intents.list({"expand": ["data.latest_charge.balance_transaction"]})
    entries: Any = client.v1.balance_transactions.list({"expand": ["data.source.charge"]})

    assert found.latest_charge.balance_transaction.source.id == found.latest_charge.id
    assert [entry.id for entry in found.latest_charge.refunds.data] == [refund.id]
    assert found.payment_method.card.last4 == "4242"
    assert listed.data[0].latest_charge.balance_transaction.net == found.latest_charge.balance_transaction.net
    assert refund.to_dict()["charge"]["payment_intent"]["latest_charge"]["refunds"]["data"][0]["id"] == refund.id
    assert entries.data[0].source.charge.id == found.latest_charge.id


@pytest.mark.parametrize(
    "path", ["colour", "latest_charge.colour", "metadata", "latest_charge.balance_transaction.source.charge.refunds"]
)
def test_what_cannot_be_expanded_is_refused_before_anything_happens(client: stripe.StripeClient, path: str) -> None:
    refused = refusal(lambda: pay(client, expand=[path]))

    assert refused.http_status == 400
    assert client.v1.payment_intents.list().data == []


def test_a_refund_is_announced_under_both_names(client: stripe.StripeClient) -> None:
    refund = client.v1.refunds.create({"payment_intent": pay(client).id})
    client.v1.refunds.update(refund.id, {"metadata": {"order": "42"}})

    kinds: Any = ["refund.updated", "charge.refund.updated"]
    events = client.v1.events.list({"types": kinds}).data
    assert sorted(event.type for event in events) == sorted(kinds * 2)
    assert events[0].data.object["metadata"]["order"] == "42"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"payment_method_types": ["card", "moonmoney"]}, "payment_intent_invalid_parameter", "payment_method_types"),
        ({"payment_method_types": ["sepa_debit"]}, "payment_intent_invalid_parameter", "payment_method_types"),
        ({"currency": "xyz"}, None, "currency"),
        ({"currency": "zzz", "amount": 5}, None, "currency"),
        ({"currency": "isk", "amount": 10_050}, "invalid_charge_amount", "amount"),
        ({"currency": "kwd", "amount": 10_005}, "invalid_charge_amount", "amount"),
        ({"currency": "idr", "amount": 10**12}, "amount_too_large", "amount"),
        ({"currency": "huf", "amount": 10_000}, "amount_too_small", "amount"),
        ({"customer": "cus_unknown"}, "resource_missing", "customer"),
        ({"receipt_email": "not-an-address"}, "email_invalid", "receipt_email"),
        ({"shipping": {"name": "Ada"}}, "parameter_missing", "shipping[address]"),
        ({"return_url": "nowhere"}, "url_invalid", "return_url"),
        ({"setup_future_usage": "always"}, None, "setup_future_usage"),
    ],
)
def test_what_stripe_refuses_is_refused(client: stripe.StripeClient, params: Any, code: str | None, param: str) -> None:
    asked: Any = {"amount": 10_000, "currency": "eur", **params}
    refused: Any = refusal(lambda: client.v1.payment_intents.create(asked))

    assert (refused.http_status // 100, refused.code, refused.param) == (4, code, param)


def test_rupiahs_have_twelve_digits(client: stripe.StripeClient) -> None:
    assert pay(client, amount=999_999_999_999, currency="idr").amount_received == 999_999_999_999


def test_only_one_way_to_name_methods(client: stripe.StripeClient) -> None:
    both: Any = {"payment_method_types": ["card"], "automatic_payment_methods": {"enabled": True}}
    asked: Any = {"amount": 500, "currency": "eur", **both}

    assert refusal(lambda: client.v1.payment_intents.create(asked))


def test_unknown_filters_and_parameters_are_refused(client: stripe.StripeClient) -> None:
    intent = pay(client)
    colour: Any = {"colour": "red"}

    acts = (
        lambda: client.v1.charges.list(colour),
        lambda: client.v1.refunds.list(colour),
        lambda: client.v1.payment_intents.retrieve(intent.id, colour),
        lambda: client.v1.payment_intents.confirm(intent.id, colour),
        lambda: client.v1.payment_intents.cancel(intent.id, colour),
    )
    assert {refusal(act).code for act in acts} == {"parameter_unknown"}


async def test_a_charged_back_payment_is_not_refunded(simulator: Any, client: stripe.StripeClient) -> None:
    intent, dispute = await disputed(simulator, client)

    assert refusal(lambda: client.v1.refunds.create({"payment_intent": intent.id})).code == "charge_disputed"
    unknown: Any = {"evidence": {"colour": "red"}}
    assert refusal(lambda: client.v1.disputes.update(dispute, unknown)).code == "parameter_unknown"
    assert client.v1.disputes.close(dispute).status == "lost"
    assert refusal(lambda: client.v1.disputes.close(dispute)).http_status == 400


def test_a_card_that_wants_its_customer_is_declined_off_session(client: stripe.StripeClient) -> None:
    refused = refusal(lambda: pay(client, payment_method="pm_card_authenticationRequired", off_session=True))

    assert (refused.http_status, refused.code) == (402, "authentication_required")


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/charges/ch_1/nothing", "/v2/core/events", "/", "/payments"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "TRACE"])
def test_unknown_routes_answer_in_stripes_shape(simulator: Any, method: str, path: str) -> None:
    answer = httpx.request(method, f"{simulator.origin}{path}", timeout=60)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/json")
    error = json.loads(answer.text)["error"]
    assert error["type"] == "invalid_request_error"
    assert path in error["message"]


def test_hostile_forms_are_refused_in_stripes_shape(simulator: Any) -> None:
    key = {"Authorization": f"Bearer sk_test_{secrets.token_hex(12)}"}
    for body in ("metadata" + "[a]" * 5000 + "=1", "expand[²]=latest_charge", "expand=latest_charge", "[]=1"):
        answer = httpx.post(
            f"{simulator.origin}/v1/payment_intents",
            content=f"amount=500&currency=eur&{body}".encode(),
            headers={**key, "Content-Type": "application/x-www-form-urlencoded"},
            timeout=60,
        )
        assert answer.status_code == 400, body[:40]
        assert answer.json()["error"]["type"] == "invalid_request_error"
