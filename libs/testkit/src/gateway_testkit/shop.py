"""A shop and its customer, speaking only the public APIs: what the stories of the end-to-end tests are made of."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from gateway_testkit.stack import REQUEST_S, Stack
from gateway_testkit.waiting import PATIENCE_S, eventually

LINES = [
    {"name": "Annual plan", "quantity": 1, "unitPrice": 4000, "vatRate": "19", "itemType": "digital_service"},
    {"name": "Sticker", "quantity": 3, "unitPrice": 300, "vatRate": "19", "itemType": "goods"},
]


@dataclass(frozen=True)
class Checkout:
    """Answer to the merchant's request."""

    id: str
    session_public_id: str
    short_code: str
    payment_url: str
    reference: str


@dataclass(frozen=True)
class Started:
    """Answer to the customer's page when it started to pay."""

    transaction_id: str
    status: int
    next_action: dict[str, Any]


def checkout_body(ipn_url: str | None = None, **changes: Any) -> dict[str, Any]:
    """A well-formed request to create a checkout; a change with the value None removes the field."""
    body: dict[str, Any] = {
        "amount": 4900,
        "currency": "EUR",
        # A customer of its own: a lost dispute of one story holds no other customer back.
        "email": f"buyer-{secrets.token_hex(6)}@example.com",
        "externalReference": f"order-{secrets.token_hex(6)}",
        "returnUrl": "http://127.0.0.1:9/thanks?transaction={transactionId}",
        "cancelUrl": "http://127.0.0.1:9/cart",
        "ipnUrl": ipn_url,
        "items": LINES,
        "billingAddress": {
            "firstName": "Erika",
            "lastName": "Muster",
            "address1": "Lindenweg 7",
            "city": "Berlin",
            "postcode": "10115",
            "country": "DE",
        },
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


async def create_checkout(stack: Stack, ipn_url: str | None = None, **changes: Any) -> Checkout:
    """The merchant's server creates a checkout."""
    body = checkout_body(ipn_url, **changes)
    async with stack.admin() as api:
        answer = await api.post(f"/api/v1/checkouts/{stack.descriptor['demo']['siteId']}/create", json=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    return Checkout(
        made["id"], made["sessionPublicId"], made["shortCode"], made["paymentUrl"], body["externalReference"]
    )


async def start_payment(stack: Stack, checkout: Checkout, provider: str = "stripe") -> Started:
    """The customer's page starts to pay with one of the site's providers."""
    body = {
        "sessionPublicId": checkout.session_public_id,
        "providerId": stack.descriptor["demo"]["providers"][provider]["id"],
        "billingAddress": {"name": "Erika Muster", "country": "DE"},
    }
    async with stack.checkout() as api:
        answer = await api.post("/api/v1/transactions/create", json=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    return Started(made["transactionId"], made["status"], made["nextAction"])


def payment_intent_of(started: Started) -> str:
    """The provider's payment id, which its client secret begins with."""
    secret: str = started.next_action["clientSecret"]
    return secret.split("_secret_")[0]


async def confirm_card(stack: Stack, started: Started, payment_method: str = "pm_card_visa") -> httpx.Response:
    """Do as Stripe.js when the customer submits the card form."""
    secret = started.next_action["clientSecret"]
    form = {"client_secret": secret, "payment_method": payment_method, "key": started.next_action["publishableKey"]}
    async with httpx.AsyncClient(base_url=stack.descriptor["simulators"]["stripe"], timeout=REQUEST_S) as stripe:
        return await stripe.post(f"/v1/payment_intents/{payment_intent_of(started)}/confirm", data=form)


async def transaction(stack: Stack, transaction_id: str) -> dict[str, Any]:
    """The merchant reads a transaction."""
    async with stack.admin() as api:
        answer = await api.get(f"/api/v1/transactions/{transaction_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def transaction_in(
    stack: Stack, transaction_id: str, status: str, timeout_s: float = PATIENCE_S
) -> dict[str, Any]:
    """Wait until the transaction has that status."""

    async def check() -> dict[str, Any] | None:
        found = await transaction(stack, transaction_id)
        return found if found["status"] == status else None

    found: dict[str, Any] = await eventually(check, timeout_s)
    return found


async def invoices_of(stack: Stack, transaction_id: str) -> list[dict[str, Any]]:
    """The merchant's invoices for a transaction."""
    async with stack.admin() as api:
        answer = await api.get("/api/v1/invoices", params={"transactionId": transaction_id})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["invoices"]
    return found


async def invoice_pdf(stack: Stack, transaction_id: str, timeout_s: float = PATIENCE_S) -> tuple[dict[str, Any], bytes]:
    """Wait for the invoice of a transaction and its PDF."""
    [found] = await _rendered(stack, "invoices", "invoices", transaction_id, 1, timeout_s)
    return found


async def credit_note_pdfs(
    stack: Stack, transaction_id: str, count: int = 1, timeout_s: float = PATIENCE_S
) -> list[tuple[dict[str, Any], bytes]]:
    """Wait for so many credit notes of a transaction and their PDFs; the newest comes first."""
    return await _rendered(stack, "credit-notes", "creditNotes", transaction_id, count, timeout_s)


async def _rendered(
    stack: Stack, path: str, rows: str, transaction_id: str, count: int, timeout_s: float
) -> list[tuple[dict[str, Any], bytes]]:
    async def check() -> list[tuple[dict[str, Any], bytes]] | None:
        async with stack.admin() as api:
            listed = await api.get(f"/api/v1/{path}?transactionId={transaction_id}")
            assert listed.status_code == 200, listed.text
            found = []
            for document in listed.json()[rows]:
                answer = await api.get(f"/api/v1/{path}/{document['id']}/pdf")
                assert answer.status_code == 200, answer.text
                found.append((document, answer.content))
        return found if len(found) == count else None

    found: list[tuple[dict[str, Any], bytes]] = await eventually(check, timeout_s)
    return found
