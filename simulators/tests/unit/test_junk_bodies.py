"""A body with any one of its parts replaced by junk is refused in the provider's own words, never with a fault."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway_simulators.gocardless.app import build_app as gocardless
from gateway_simulators.gocardless.settings import Settings as GoCardlessSettings
from gateway_simulators.mollie.app import build_app as mollie
from gateway_simulators.mollie.settings import Settings as MollieSettings
from gateway_simulators.paypal.app import build_app as paypal
from gateway_simulators.paypal.settings import Settings as PayPalSettings
from gateway_simulators.stripe.app import build_app as stripe
from gateway_simulators.stripe.settings import Settings as StripeSettings
from gateway_simulators.wise.app import build_app as wise
from gateway_simulators.wise.settings import Settings as WiseSettings

JUNK: list[Any] = [None, 0, -1, 1.5, True, "", [], {}, "\ud800", "\x00", [None], [[]], {"": []}, "9" * 400, 10**30]

URL, EUR = "https://shop.example", {"currency": "EUR", "value": "10.00"}
MOLLIE = {
    "amount": EUR,
    "description": "x",
    "redirectUrl": URL,
    "webhookUrl": URL,
    "metadata": {"a": 1},
    "locale": "de_DE",
    "method": ["ideal"],
    "sequenceType": "oneoff",
    "lines": [{"description": "a", "quantity": 1, "unitPrice": EUR, "totalAmount": EUR}],
}
GOCARDLESS = {
    "billing_requests": {
        "mandate_request": {"currency": "EUR", "scheme": "sepa_core", "metadata": {"a": "b"}, "verify": "always"},
        "payment_request": {"currency": "EUR", "amount": 5, "description": "x", "reference": "r"},
        "links": {"customer": "CU1"},
    }
}
EURO = {"currency_code": "EUR", "value": "9.00"}
PAYPAL = {
    "intent": "CAPTURE",
    "purchase_units": [
        {
            "amount": {**EURO, "breakdown": {"item_total": EURO}},
            "items": [{"name": "a", "unit_amount": EURO, "quantity": "1"}],
            "shipping": {"name": {"full_name": "x"}, "address": {"country_code": "DE"}},
            "custom_id": "c",
        }
    ],
    "payer": {"email_address": "x", "name": {"given_name": "a"}},
    "payment_source": {"paypal": {"experience_context": {"return_url": URL}}},
}
WISE = {"name": "x", "trigger_on": "incoming-transfer#credited", "delivery": {"version": "4.0.0", "url": URL}}
_STRIPE_TEXT = """
amount currency expand expand[] expand[a] metadata metadata[a] metadata[a][b] payment_method_types[] shipping key[]
shipping[address] payment_method_data payment_method_data[card] automatic_payment_methods customer
"""
STRIPE = _STRIPE_TEXT.split()


def junked(body: Any) -> Iterator[Any]:
    """The body with each of its parts replaced by each piece of junk."""
    yield from JUNK
    names = body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    for name in names:
        for part in junked(body[name]):
            changed = dict(body) if isinstance(body, dict) else list(body)
            changed[name] = part
            yield changed


async def answers(app: Starlette, path: str, bodies: Iterator[bytes], headers: dict[str, str]) -> list[str]:
    """The bodies that led to a fault."""
    faults = []
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator", headers=headers) as client:
        for body in bodies:
            answer = await client.post(path, content=body)
            json.loads(answer.text)
            if answer.status_code >= 500:
                faults.append(body.decode()[:200])
    return faults


async def paypal_token(app: Starlette) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://simulator") as client:
        answer = await client.post("/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=("a", "b"))
        return str(answer.json()["access_token"])


@pytest.mark.parametrize("provider", ["mollie", "gocardless", "paypal", "wise"])
async def test_no_body_is_a_fault(provider: str) -> None:
    starts: dict[str, Callable[[], tuple[Starlette, str, dict[str, Any], str]]] = {
        "mollie": lambda: (mollie(MollieSettings()), "/v2/payments", MOLLIE, "test_abcdefghijkl"),
        "gocardless": lambda: (gocardless(GoCardlessSettings()), "/billing_requests", GOCARDLESS, "sandbox_abcdefgh"),
        "paypal": lambda: (paypal(PayPalSettings()), "/v2/checkout/orders", PAYPAL, ""),
        "wise": lambda: (wise(WiseSettings()), "/v3/profiles/{profile}/subscriptions", WISE, "token-of-a-merchant"),
    }
    app, path, body, token = starts[provider]()
    if provider == "paypal":
        token = await paypal_token(app)
    if provider == "wise":
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://simulator") as client:
            found = await client.get("/v1/profiles", headers={"Authorization": f"Bearer {token}"})
            path = path.format(profile=found.json()[0]["id"])
    headers = {"Authorization": f"Bearer {token}", "GoCardless-Version": "2015-07-06"}

    assert await answers(app, path, (json.dumps(each).encode() for each in junked(body)), headers) == []


async def test_no_form_is_a_fault() -> None:
    values = ["", "x", "-1", "1.5", "9" * 400, "%00", "%ED%A0%80"]
    forms = (f"amount=500&currency=eur&{name}={value}".encode() for name in STRIPE for value in values)
    kind = "application/x-www-form-urlencoded"
    headers = {"Authorization": "Bearer sk_test_abcdefgh", "Content-Type": kind}

    assert await answers(stripe(StripeSettings()), "/v1/payment_intents", forms, headers) == []


async def test_no_call_of_the_control_api_is_a_fault() -> None:
    rule = {"kind": "delay", "match": {"event": "x"}, "times": 1, "seconds": 1}
    batch = {"access_token": "sandbox_abcdefgh", "events": [{"resource_type": "payments", "action": "x"}]}
    headers = {"Content-Type": "application/json"}

    for path, body in (("/_sim/rules", rule), ("/_sim/events", batch)):
        bodies = (json.dumps(each).encode() for each in junked(body))
        assert await answers(gocardless(GoCardlessSettings()), path, bodies, headers) == []
