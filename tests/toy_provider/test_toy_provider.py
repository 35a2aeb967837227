"""A provider is a plug-in: one that only this folder knows is set up, offered, paid with and reported, end to end."""

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway_providers.registry import PROVIDERS
from gateway_testkit.installation import Installation, running_installation
from gateway_testkit.merchant import Merchant, running_merchant
from gateway_testkit.shop import checkout_body
from gateway_testkit.stack import REQUEST_S
from gateway_testkit.tenants import Tenant, open_tenant
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

FOLDER = Path(__file__).parent
KEY = "toy-key-" + secrets.token_hex(16)


@pytest_asyncio.fixture(scope="module")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """All services, with the toy in their registries: workers here, the APIs as processes."""
    apart = {"PYTHONPATH": str(FOLDER)}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        from toy.provider import TOY

        patch.setitem(PROVIDERS, TOY.type, TOY)
        variables = {"svc-admin-api": apart, "svc-checkout-api": apart}
        async with running_installation(tmp_path_factory.mktemp("toy"), simulators=(), variables=variables) as made:
            yield made


@pytest_asyncio.fixture
async def merchant() -> AsyncIterator[Merchant]:
    async with running_merchant() as running:
        yield running


@pytest_asyncio.fixture
async def tenant(installation: Installation) -> AsyncIterator[Tenant]:
    made = await open_tenant(installation.stack, "Toys")
    yield made
    await made.aclose()


@pytest_asyncio.fixture
async def customer(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    descriptor = installation.stack.descriptor
    origin = {"Origin": descriptor["edge"]["mainFrontend"]}
    async with httpx.AsyncClient(
        base_url=descriptor["urls"]["checkoutApi"], headers=origin, timeout=REQUEST_S
    ) as client:
        yield client


async def test_a_payment_with_a_provider_that_only_this_folder_knows(
    installation: Installation, tenant: Tenant, merchant: Merchant, customer: httpx.AsyncClient
) -> None:
    from toy.webhook import HEADER, sign

    provider = await tenant.make("/providers", {"type": "toy", "label": "Toy coins", "shopNumber": "12"})
    assert (provider["state"], provider["missing"]) == ("incomplete", ["signingKey"])
    assert provider["settings"] == {"shopNumber": "12"}
    ready = await tenant.ask("PATCH", f"/providers/{provider['id']}", {"signingKey": KEY})
    assert ready.json()["state"] == "ready"
    assert set(ready.json()["secrets"]) == {"signingKey"}
    assert KEY not in ready.text

    site = await tenant.make("/sites", {"name": "Toys", "providerIds": [provider["id"]]})
    body = checkout_body(merchant.url)
    checkout = await tenant.make_soon(f"/checkouts/{site['id']}/create", body)

    async def page() -> str | None:
        shown = await customer.get(f"/checkout/{checkout['shortCode']}")
        return shown.text if "Toy coins" in shown.text else None

    assert 'data-kind="redirect"' in await eventually(page)

    started = await customer.post(
        "/api/v1/transactions/create",
        json={
            "sessionPublicId": checkout["sessionPublicId"],
            "providerId": provider["id"],
            "billingAddress": {"name": "Erika Muster", "country": "DE"},
        },
    )
    assert started.status_code == 200, started.text
    transaction_id, action = started.json()["transactionId"], started.json()["nextAction"]
    assert (action["type"], action["url"]) == ("redirect", f"https://pay.toy.example/12/toy-{transaction_id}")

    event = {
        "id": secrets.token_hex(8),
        "type": "paid",
        "at": installation.clock.now().isoformat(),
        "payment": f"toy-{transaction_id}",
        "cents": 4900,
    }
    report = json.dumps(event).encode()
    hook = httpx.URL(provider["webhookUrl"]).path
    forged = await customer.post(hook, content=report, headers={HEADER: sign(report, "another key")})
    assert (forged.status_code, forged.json()["code"]) == (400, "WEBHOOK_SIGNATURE_INVALID")
    accepted = await customer.post(hook, content=report, headers={HEADER: sign(report, KEY)})
    assert accepted.status_code == 200, accepted.text

    async def paid() -> dict[str, Any] | None:
        found: dict[str, Any] = (await tenant.ask("GET", f"/transactions/{transaction_id}")).json()
        return found if found["status"] == "succeeded" else None

    transaction = await eventually(paid)
    assert (transaction["providerId"], transaction["captured"]) == (provider["id"], 4900)
    notification = await merchant.notification(transaction_id, 1)
    assert notification.json["externalReference"] == body["externalReference"]


async def test_its_fields_are_checked_and_described_like_those_of_others(tenant: Tenant) -> None:
    wrong = await tenant.ask("POST", "/providers", {"type": "toy", "label": "A", "shopNumber": "twelve"})
    assert (wrong.status_code, [item["field"] for item in wrong.json()["details"]]) == (422, ["shopNumber"])
    foreign = await tenant.ask("POST", "/providers", {"type": "toy", "label": "A", "shopNumber": "1", "iban": "x"})
    assert (foreign.status_code, [item["field"] for item in foreign.json()["details"]]) == (422, ["iban"])

    document = (await tenant.ask("GET", "/openapi.json")).json()
    shape = document["components"]["schemas"]["ProviderIn"]["properties"]
    assert shape["shopNumber"]["description"] == "toy: number of the shop."
    assert "toy" in shape["type"]["enum"]
