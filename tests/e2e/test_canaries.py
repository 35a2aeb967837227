"""Secrets are planted through the public APIs; then everything that the gateway keeps is searched for them.

Databases (with the operations log, which remembers every write), JetStream's files with the documents in them, and all
logs. A marker that may be seen is planted beside it and must be found: so the search itself is known to work.
"""

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio

from gateway_testkit.dump import documents, found_in, jetstream_files, logs
from gateway_testkit.shop import checkout_body
from gateway_testkit.stack import REQUEST_S, Stack
from gateway_testkit.tenants import INVOICING, Tenant, open_tenant
from gateway_testkit.waiting import eventually

CARD = "4242424242424242"
ADDRESS = "203.0.113.177"


@dataclass
class Planted:
    """The canaries by what they are, and the marker that may be seen."""

    canaries: dict[str, str] = field(default_factory=dict)
    marker: str = field(default_factory=lambda: f"order-{secrets.token_hex(8)}")

    def new(self, kind: str, form: str = "{}") -> str:
        """A fresh one that occurs nowhere else."""
        self.canaries[kind] = form.format(secrets.token_hex(8))
        return self.canaries[kind]


@pytest_asyncio.fixture(scope="module")
async def planted(stack: Stack) -> Planted:
    planted = Planted({"card number": CARD, "address of the caller": ADDRESS, "IBAN": "DE75512108001245126199"})
    tenant = await open_tenant(stack, "Canaries")
    planted.canaries["API key"] = tenant.key.split(".")[1]
    planted.canaries["live API key"] = tenant.live_key.split(".")[1]
    site_id, providers = await plant_settings(tenant, planted)
    await plant_people(tenant, planted)
    checkout = await plant_checkout(tenant, planted, site_id)
    await pay(tenant, planted, checkout, providers)
    await plant_refused(tenant, planted, site_id)
    await tenant.aclose()
    return planted


async def plant_settings(tenant: Tenant, planted: Planted) -> tuple[str, dict[str, str]]:
    demo = tenant.stack.descriptor["demo"]
    await tenant.ask(
        "PUT",
        "/organizations/settings/invoicing",
        {
            **INVOICING,
            "companyEmail": planted.new("e-mail of the company", "company-{}@example.com"),
            "bankIBAN": {"plaintext": planted.canaries["IBAN"]},
        },
    )
    stripe = await tenant.make(
        "/providers",
        {
            "type": "stripe",
            "label": "Cards",
            "publishableKey": "pk_test_canary",
            "secretKey": planted.new("provider's secret key", "sk_test_{}"),
            "webhookSecret": planted.new("provider's webhook secret", "whsec_{}"),
        },
    )
    wire = await tenant.make(
        "/providers",
        {
            "type": "wire",
            "label": "Transfer",
            "accountHolder": "Shop GmbH",
            "iban": planted.canaries["IBAN"],
            "bic": "COBADEFFXXX",
        },
    )
    ids = {"stripe": stripe["id"], "wire": wire["id"]}
    site = await tenant.make(
        "/sites", {"name": "Shop", "providerIds": list(ids.values()), "defaultProviderId": wire["id"], "ipnVersion": 2}
    )
    planted.canaries["secret of notifications"] = site["webhookSecret"].removeprefix("whsec_")
    assert demo["siteId"] != site["id"]
    return site["id"], ids


async def plant_people(tenant: Tenant, planted: Planted) -> None:
    invitation = await tenant.make(
        f"/organizations/{tenant.organization_id}/members",
        {"email": planted.new("e-mail of a member", "member-{}@example.com"), "role": "admin"},
        tenant.live_key,
    )
    planted.canaries["invitation"] = invitation["token"]
    client = {
        "email": {"plaintext": planted.new("e-mail of a client", "client-{}@example.com")},
        "name": {"plaintext": planted.new("name of a client", "Nora {}")},
        "phone": {"plaintext": "+49 30 99887766554"},
        "address": {"line1": {"plaintext": planted.new("street of a client", "Canary Lane {}")}, "country": "DE"},
        "taxInfo": {"taxId": {"plaintext": "DE317829456"}, "taxIdType": "vat", "taxCountry": "DE"},
    }
    planted.canaries |= {"phone": "+49 30 99887766554", "tax id": "DE317829456"}
    made = await tenant.make("/clients", client)
    read = await tenant.ask("GET", f"/clients/{made['id']}")
    assert planted.canaries["street of a client"] in read.text
    await tenant.ask("GET", f"/clients/search?email={planted.canaries['e-mail of a client']}")


async def plant_checkout(tenant: Tenant, planted: Planted, site_id: str) -> dict[str, Any]:
    address = {
        "firstName": planted.new("first name", "Erika{}"),
        "lastName": planted.new("last name", "Muster{}"),
        "address1": planted.new("street", "Lindenweg {}"),
        "city": planted.new("city", "Berlin{}"),
        "postcode": "10115",
        "country": "DE",
        "phone": "+49 171 5566778899",
    }
    planted.canaries["phone of the buyer"] = "+49 171 5566778899"
    body = checkout_body(
        planted.new("notification URL", "http://127.0.0.1:9/ipn?token={}"),
        externalReference=planted.marker,
        email=planted.new("e-mail of the buyer", "buyer-{}@example.com"),
        returnUrl=planted.new("return URL", "http://127.0.0.1:9/back?token={}"),
        cancelUrl=planted.new("cancel URL", "http://127.0.0.1:9/cart?token={}"),
        billingAddress=address,
    )
    made = await tenant.make_soon(f"/checkouts/{site_id}/create", body)
    # A caller that knows one of these two opens the checkout: they are secrets like a key.
    planted.canaries |= {"name of the session": made["sessionPublicId"], "short code": made["shortCode"]}
    return made


async def pay(tenant: Tenant, planted: Planted, checkout: dict[str, Any], providers: dict[str, str]) -> None:
    """First by card (the number goes to the provider alone), then by transfer."""
    urls = tenant.stack.descriptor["urls"]
    person = {"name": planted.new("name of the payer", "Paula {}"), "email": "payer@example.com", "country": "DE"}
    headers = {"Origin": tenant.stack.descriptor["edge"]["mainFrontend"], "X-Real-IP": ADDRESS}
    async with httpx.AsyncClient(base_url=urls["checkoutApi"], headers=headers, timeout=REQUEST_S) as page:
        body = {"sessionPublicId": checkout["sessionPublicId"], "billingAddress": person}
        recorded = {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"}
        await page.get(f"/checkout/{checkout['shortCode']}", headers=recorded)
        card = await page.post("/api/v1/transactions/create", json={**body, "providerId": providers["stripe"]})
        assert card.status_code == 200, card.text
        await submit_card(tenant, card.json())
        owner = {"X-Checkout-Session": checkout["sessionPublicId"]}
        await page.post(f"/api/v1/transactions/{card.json()['transactionId']}/cancel", headers=owner)
        wire = await page.post("/api/v1/transactions/create", json={**body, "providerId": providers["wire"]})
        assert wire.status_code == 200, wire.text
    transaction_id = wire.json()["transactionId"]
    receipt = {"amount": 4900, "currency": "EUR", "receivedAt": "2026-01-05T09:00:00Z", "bankReference": "canary"}
    await tenant.make(f"/transactions/{transaction_id}/receipts", receipt)

    async def rendered() -> bool:
        listed = await tenant.ask("GET", f"/invoices?transactionId={transaction_id}")
        for row in listed.json()["invoices"]:
            answer = await tenant.ask("GET", f"/invoices/{row['id']}/pdf")
            return answer.status_code == 200 and answer.content.startswith(b"%PDF")
        return False

    await eventually(rendered)


async def submit_card(tenant: Tenant, started: dict[str, Any]) -> None:
    """Do as the provider's form with the number; it never comes to us."""
    secret = started["nextAction"]["clientSecret"]
    form = {
        "client_secret": secret,
        "key": started["nextAction"]["publishableKey"],
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": CARD,
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "2034",
        "payment_method_data[card][cvc]": "123",
    }
    async with httpx.AsyncClient(base_url=tenant.stack.descriptor["simulators"]["stripe"], timeout=REQUEST_S) as stripe:
        await stripe.post(f"/v1/payment_intents/{secret.split('_secret_')[0]}/confirm", data=form)


async def plant_refused(tenant: Tenant, planted: Planted, site_id: str) -> None:
    """Refused requests are not kept either: bad fields, wrong keys, secrets in query strings and unknown paths."""
    ignored = await tenant.ask("POST", f"/checkouts/{site_id}/create", checkout_body(cardNumber=CARD))
    assert [warning["field"] for warning in ignored.json()["warnings"]] == ["cardNumber"]
    email = planted.new("e-mail in a refused body", "refused-{}@example.com")
    bad = checkout_body(cardNumber=CARD, email=email, amount=-1)
    assert (await tenant.ask("POST", f"/checkouts/{site_id}/create", bad)).status_code == 422
    wrong = planted.new("a wrong key", "sk_test_{}")
    assert (await tenant.ask("GET", "/sites", None, wrong)).status_code == 401
    token = planted.new("a secret in a query", "{}")
    assert (await tenant.ask("GET", f"/sites?name={token}")).status_code == 200
    assert (await tenant.ask("GET", f"/sites?token={token}&{token}=1")).status_code == 422
    assert (await tenant.ask("GET", f"/nothing/{planted.new('a secret in a path')}")).status_code == 404


def report(found: dict[str, set[str]], planted: Planted) -> dict[str, set[str]]:
    """Places by what was found there."""
    kinds = {text: kind for kind, text in planted.canaries.items()}
    return {kinds.get(text, text): places for text, places in found.items() if text != planted.marker}


async def test_databases_hold_none(stack: Stack, planted: Planted) -> None:
    found = defaultdict[str, set[str]](set)
    async for place, data in documents(stack):
        for text in found_in(data, [*planted.canaries.values(), planted.marker]):
            found[text].add(place)

    assert any(place.startswith("gw_transaction") for place in found[planted.marker])
    assert "local.oplog.rs" in found[planted.marker]
    assert report(found, planted) == {}


async def test_streams_and_documents_on_disk_hold_none(stack: Stack, planted: Planted) -> None:
    def is_marked() -> bool:
        files = jetstream_files(stack)
        return any("TRANSACTIONS" in place and found_in(data, [planted.marker]) for place, data in files)

    # The server writes them out when it likes.
    await eventually(is_marked)
    found = defaultdict[str, set[str]](set)
    for place, data in jetstream_files(stack):
        for text in found_in(data, [*planted.canaries.values(), planted.marker]):
            found[text].add(place)
        # A document's text is compressed: one that lay there in clear would show by its form.
        assert b"%PDF-1" not in data, place

    assert any("TRANSACTIONS" in place for place in found[planted.marker])
    assert report(found, planted) == {}


async def test_logs_hold_none(stack: Stack, planted: Planted) -> None:
    found = defaultdict[str, set[str]](set)
    read = 0
    for place, data in logs(stack):
        read += len(data)
        for text in found_in(data, planted.canaries.values()):
            found[text].add(place)

    assert read > 10_000
    assert report(found, planted) == {}
