"""The official SDK drives the API as a merchant's server would."""

from typing import Any

import aiohttp
import pytest
import stripe
from stripe.params import PaymentIntentCreateParams

pytestmark = pytest.mark.integration


def create(
    client: stripe.StripeClient, *, capture_method: str | None = None, metadata: dict[str, str] | None = None
) -> stripe.PaymentIntent:
    params: PaymentIntentCreateParams = {
        "amount": 1099,
        "currency": "eur",
        "automatic_payment_methods": {"enabled": True},
    }
    if capture_method is not None:
        params["capture_method"] = capture_method
    if metadata is not None:
        params["metadata"] = metadata
    return client.v1.payment_intents.create(params)


def confirm(client: stripe.StripeClient, intent: stripe.PaymentIntent, method: str) -> stripe.PaymentIntent:
    return client.v1.payment_intents.confirm(
        intent.id, {"payment_method": method, "return_url": "https://shop.example/back"}
    )


def test_create_and_retrieve(client: stripe.StripeClient) -> None:
    intent = create(client, metadata={"order": "42"})

    found = client.v1.payment_intents.retrieve(intent.id)

    assert found.status == "requires_payment_method"
    assert (found.amount, found.currency, found.metadata["order"]) == (1099, "eur", "42")
    assert found.client_secret is not None
    assert found.client_secret.startswith(f"{intent.id}_secret_")
    assert found.last_response.headers["request-id"].startswith("req_")
    assert found.last_response.headers["stripe-version"] == stripe.api_version


def test_a_good_card_succeeds_and_leaves_a_charge(client: stripe.StripeClient) -> None:
    intent = confirm(client, create(client), "pm_card_visa")

    found = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})

    assert (found.status, found.amount_received) == ("succeeded", 1099)
    charge = found.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.captured
    assert charge.payment_method_details["card"]["last4"] == "4242"
    assert client.v1.charges.retrieve(charge.id).payment_intent == intent.id


def test_what_was_settled_is_in_the_balance(client: stripe.StripeClient) -> None:
    before = client.v1.balance.retrieve()
    confirm(client, create(client), "pm_card_visa")

    after = client.v1.balance.retrieve()

    assert (before.livemode, before.available[0].amount) == (False, 0)
    assert 0 < after.available[0].amount < 1099


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_decline_is_a_card_error_and_the_intent_can_be_paid_again(
    client: stripe.StripeClient, method: str, code: str, decline_code: str
) -> None:
    intent = create(client)

    with pytest.raises(stripe.CardError) as declined:
        confirm(client, intent, method)

    assert (declined.value.http_status, declined.value.code) == (402, code)
    assert declined.value.error is not None
    assert declined.value.error.decline_code == decline_code
    after = client.v1.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.decline_code == decline_code
    assert confirm(client, after, "pm_card_visa").status == "succeeded"


def test_canceling_a_paid_intent_is_refused_with_the_intent_in_the_error(client: stripe.StripeClient) -> None:
    intent = confirm(client, create(client), "pm_card_visa")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error is not None
    assert refused.value.error.payment_intent["status"] == "succeeded"


def test_a_canceled_intent_cannot_be_confirmed(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.cancel(create(client).id, {"cancellation_reason": "abandoned"})

    assert (intent.status, intent.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        confirm(client, intent, "pm_card_visa")
    assert refused.value.code == "payment_intent_unexpected_state"


def test_authorization_and_capture(client: stripe.StripeClient) -> None:
    intent = confirm(client, create(client, capture_method="manual"), "pm_card_visa")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1099)

    captured = client.v1.payment_intents.capture(intent.id)

    assert (captured.status, captured.amount_received) == ("succeeded", 1099)


async def test_3d_secure_waits_for_the_customer(simulator: Any, client: stripe.StripeClient) -> None:
    intent = confirm(client, create(client), "pm_card_authenticationRequired")

    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert str(intent.next_action.redirect_to_url.url).startswith(f"{simulator.origin}/v3/challenge/{intent.id}")

    await simulator.control("POST", f"/payment_intents/{intent.id}/challenge", {"result": "succeeded"})
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


async def test_failed_3d_secure_leaves_an_authentication_error(simulator: Any, client: stripe.StripeClient) -> None:
    intent = confirm(client, create(client), "pm_card_threeDSecure2Required")

    await simulator.control("POST", f"/payment_intents/{intent.id}/challenge", {"result": "failed"})

    after = client.v1.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.code == "payment_intent_authentication_failure"


def test_the_same_idempotency_key_gives_the_same_answer(client: stripe.StripeClient) -> None:
    params: Any = {"amount": 500, "currency": "eur"}
    first = client.v1.payment_intents.create(params, {"idempotency_key": "key-1"})
    again = client.v1.payment_intents.create(params, {"idempotency_key": "key-1"})

    assert again.id == first.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.headers["original-request"] == first.last_response.headers["request-id"]
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.payment_intents.create({"amount": 501, "currency": "eur"}, {"idempotency_key": "key-1"})
    assert refused.value.http_status == 400


def test_a_decline_is_replayed_but_a_refused_parameter_is_not(client: stripe.StripeClient) -> None:
    intent = create(client)
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            client.v1.payment_intents.confirm(
                intent.id, {"payment_method": "pm_card_chargeDeclined"}, {"idempotency_key": "confirm-1"}
            )
    assert declined.value.headers is not None
    assert declined.value.headers["idempotent-replayed"] == "true"
    assert len(client.v1.charges.list({"payment_intent": intent.id}).data) == 1

    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 0, "currency": "eur"}, {"idempotency_key": "key-2"})
    assert client.v1.payment_intents.create({"amount": 700, "currency": "eur"}, {"idempotency_key": "key-2"}).id


def test_refunds_whole_and_in_parts(client: stripe.StripeClient) -> None:
    intent = confirm(client, create(client), "pm_card_visa")

    part = client.v1.refunds.create({"payment_intent": intent.id, "amount": 99, "metadata": {"refund": "r1"}})
    assert (part.status, part.amount, part.payment_intent) == ("succeeded", 99, intent.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1001})
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 1000

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"
    assert client.v1.charges.retrieve(str(intent.latest_charge)).refunded


async def test_a_pending_refund_ends_when_the_bank_says_so(simulator: Any, client: stripe.StripeClient) -> None:
    intent = confirm(client, create(client), "pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"

    await simulator.control("POST", f"/refunds/{refund.id}/settle", {"status": "failed"})

    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert client.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 0


def test_lists_and_search(client: stripe.StripeClient) -> None:
    intents = [create(client, metadata={"order": f"o-{number}"}) for number in range(3)]

    page = client.v1.payment_intents.list({"limit": 2})
    assert [entry.id for entry in page.data] == [intents[2].id, intents[1].id]
    assert page.has_more
    assert [entry.id for entry in page.auto_paging_iter()] == [entry.id for entry in reversed(intents)]
    found = client.v1.payment_intents.search({"query": "metadata['order']:'o-1' AND status:'requires_payment_method'"})
    assert [entry.id for entry in found.data] == [intents[1].id]
    assert client.v1.payment_intents.search({"query": 'metadata["order"]:"other"'}).data == []


def test_accounts_do_not_see_each_other(simulator: Any, client: stripe.StripeClient) -> None:
    intent = create(client)
    stranger = simulator.client(api_key="sk_test_stranger")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        stranger.v1.payment_intents.retrieve(intent.id)

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert client.v1.accounts.retrieve_current().id.startswith("acct_")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"currency": "eur"}, "parameter_missing"),
        ({"amount": 100}, "parameter_missing"),
        ({"amount": 10, "currency": "eur"}, "amount_too_small"),
        ({"amount": 100_000_000, "currency": "eur"}, "amount_too_large"),
        ({"amount": "1.5", "currency": "eur"}, "parameter_invalid_integer"),
        ({"amount": 100, "currency": "eur", "colour": "red"}, "parameter_unknown"),
    ],
)
def test_wrong_parameters_are_named(client: stripe.StripeClient, params: Any, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params)

    assert refused.value.code == code


def test_wrong_keys(simulator: Any) -> None:
    with pytest.raises(stripe.AuthenticationError):
        simulator.client(api_key="nonsense").v1.payment_intents.list()
    with pytest.raises(stripe.PermissionError):
        simulator.client(api_key="pk_test_merchant").v1.payment_intents.list()


async def test_browsers_need_the_client_secret_and_see_less(
    simulator: Any, client: stripe.StripeClient, account: str
) -> None:
    intent = create(client, metadata={"order": "secret"})
    headers = {"Authorization": f"Bearer {account.replace('sk_', 'pk_')}", "Origin": "https://shop.example"}
    url = f"{simulator.origin}/v1/payment_intents/{intent.id}"
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(url, params={"client_secret": f"{intent.id}_secret_wrong"}) as refused:
            assert refused.status == 400
        async with session.get(url, params={"client_secret": str(intent.client_secret)}) as answer:
            seen = await answer.json()
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        async with session.options(url) as preflight:
            assert preflight.status == 204
        async with session.get(f"{simulator.origin}/v1/nothing") as unknown:
            assert unknown.status == 404
            assert (await unknown.json())["error"]["type"] == "invalid_request_error"

    assert seen["amount"] == 1099
    assert "metadata" not in seen
    assert "latest_charge" not in seen
