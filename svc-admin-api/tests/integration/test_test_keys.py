"""A test key changes test objects and test settings only: every mutating route of the OpenAPI document is tried."""

from typing import Any

import pytest
import pytest_asyncio
from admin_world import Api

from admin_api.web.examples import EXAMPLES

pytestmark = pytest.mark.integration

API_PREFIX = "/api/v1"
UNKNOWN = "65f0c0ffee65f0c0ffee65f0"
OWN, PART, BOTH, INSTALLATION = "own mode", "test part", "both modes", None
MATRIX = {
    "POST /checkouts/{site_id}/create": OWN,
    "PATCH /checkouts/{checkout_id}": OWN,
    "PUT /transactions/{transaction_id}": OWN,
    "PATCH /transactions/{transaction_id}": OWN,
    "DELETE /transactions/{transaction_id}": OWN,
    "POST /transactions/manual": OWN,
    "POST /transactions/{transaction_id}/mark": OWN,
    "POST /transactions/{transaction_id}/receipts": OWN,
    "POST /transactions/{transaction_id}/cancel": OWN,
    "POST /transactions/{transaction_id}/refunds": OWN,
    "POST /transactions/{transaction_id}/refunds/{refund_id}/settle": OWN,
    "PATCH /transactions/{transaction_id}/chargeback/{chargeback_id}": OWN,
    "POST /customer-holds/{hold_id}/release": OWN,
    "POST /ipn/deliveries/{delivery_id}/resend": OWN,
    "POST /ipn/deliveries/{delivery_id}/sign": OWN,
    "POST /invoices": OWN,
    "POST /invoices/preview": OWN,
    "POST /invoices/from-transaction/{transaction_id}": OWN,
    "PUT /invoices/{invoice_id}": OWN,
    "PATCH /invoices/{invoice_id}/notes": OWN,
    "PATCH /invoices/{invoice_id}/schedule": OWN,
    "PUT /invoices/{invoice_id}/transaction": OWN,
    "POST /invoices/{invoice_id}/issue": OWN,
    "POST /invoices/{invoice_id}/void": OWN,
    "POST /invoices/{invoice_id}/correct": OWN,
    "POST /invoices/{invoice_id}/regenerate-pdf": OWN,
    "POST /invoices/{invoice_id}/payment-checkout": OWN,
    "DELETE /invoices/{invoice_id}": OWN,
    "POST /credit-notes": OWN,
    "POST /cases/{case_id}/accept": OWN,
    "POST /cases/{case_id}/refund": OWN,
    "POST /cases/{case_id}/dismiss": OWN,
    "POST /clients": OWN,
    "PUT /clients/{client_id}": OWN,
    "PATCH /clients/{client_id}": OWN,
    "DELETE /clients/{client_id}": OWN,
    "POST /sites": PART,
    "PUT /sites/{site_id}": PART,
    "PATCH /sites/{site_id}": PART,
    "DELETE /sites/{site_id}": BOTH,
    "POST /sites/{site_id}/webhook-secret/regenerate": OWN,
    "POST /providers": OWN,
    "PUT /providers/{provider_id}": OWN,
    "PATCH /providers/{provider_id}": OWN,
    "DELETE /providers/{provider_id}": OWN,
    "POST /providers/{provider_id}/toggle": OWN,
    "POST /providers/{provider_id}/test": OWN,
    "POST /providers/{provider_id}/register-webhook": OWN,
    "POST /templates": OWN,
    "PUT /templates/{template_id}": OWN,
    "POST /templates/{template_id}/publish": OWN,
    "POST /templates/{template_id}/preview": OWN,
    "DELETE /templates/{template_id}": OWN,
    "POST /domains": BOTH,
    "DELETE /domains/{domain_id}": BOTH,
    "POST /organizations/{organization_id}/api-keys": OWN,
    "PUT /organizations/{organization_id}/api-keys/{api_key_id}": OWN,
    "PATCH /organizations/{organization_id}/api-keys/{api_key_id}": OWN,
    "DELETE /organizations/{organization_id}/api-keys/{api_key_id}": OWN,
    "POST /organizations/{organization_id}/api-keys/{api_key_id}/rotate": OWN,
    "POST /organizations/{organization_id}/api-keys/{api_key_id}/revoke": OWN,
    "POST /organizations/{organization_id}/members": BOTH,
    "POST /organizations/{organization_id}/members/{member_id}/invite": BOTH,
    "PUT /organizations/{organization_id}/members/{member_id}": BOTH,
    "DELETE /organizations/{organization_id}/members/{member_id}": BOTH,
    "DELETE /organizations/{organization_id}/members/{member_id}/sessions": BOTH,
    "PUT /organizations/{organization_id}": BOTH,
    "PATCH /organizations/{organization_id}": BOTH,
    "PUT /organizations/settings/invoicing": PART,
    "PATCH /organizations/settings/invoicing": PART,
    "PUT /organizations/{organization_id}/settings/invoicing": PART,
    "PATCH /organizations/{organization_id}/settings/invoicing": PART,
    "PUT /organizations/settings/notifications": OWN,
    "PATCH /organizations/settings/notifications": OWN,
    "POST /organizations/settings/notifications/test": OWN,
    "POST /notifications/{notification_id}/resend": OWN,
    "POST /invoices/{invoice_id}/send-email": OWN,
    "POST /credit-notes/{credit_note_id}/send-email": OWN,
    "POST /notifications/templates": OWN,
    "PUT /notifications/templates/{message_template_id}": OWN,
    "POST /notifications/templates/preview": OWN,
    "POST /notifications/templates/{message_template_id}/publish": OWN,
    "DELETE /notifications/templates/{message_template_id}": OWN,
    "PUT /organizations/{organization_id}/encryption": BOTH,
    "POST /organizations/{organization_id}/encryption/rotate": BOTH,
    "POST /organizations/{organization_id}/shred": INSTALLATION,
    "POST /organizations": INSTALLATION,
    "DELETE /organizations/{organization_id}": INSTALLATION,
    "PUT /system/encryption": INSTALLATION,
    "POST /system/encryption/rotate": INSTALLATION,
    "POST /system/api-keys": INSTALLATION,
    "PUT /system/api-keys/{api_key_id}": INSTALLATION,
    "PATCH /system/api-keys/{api_key_id}": INSTALLATION,
    "DELETE /system/api-keys/{api_key_id}": INSTALLATION,
    "POST /system/api-keys/{api_key_id}/rotate": INSTALLATION,
    "POST /system/api-keys/{api_key_id}/revoke": INSTALLATION,
    "POST /operations/dead-letters/redrive": INSTALLATION,
    "POST /operations/dead-letters/{number}/redrive": INSTALLATION,
    "POST /system/operators": INSTALLATION,
    "DELETE /system/operators/{member_id}": INSTALLATION,
    "DELETE /system/operators/{member_id}/sessions": INSTALLATION,
}
"""What each operation that takes a key changes, and so what a test key gets."""
WIRE = {"type": "wire", "label": "Transfer", "accountHolder": "Shop GmbH", "iban": "DE89370400440532013000"}
LIVE_OBJECTS = ("site_id", "provider_id", "client_id", "api_key_id", "member_id", "organization_id")


@pytest_asyncio.fixture
async def shop(api: Api) -> dict[str, Any]:
    """An organization with a key of each mode, a provider of each mode and live objects."""
    organization = await api.organization()
    test, live = await api.key(organization), await api.key(organization, livemode=True)
    spare = await api.key(organization, "site:read", livemode=True)
    providers = {
        mode: (await api.ask("POST", "/providers", key, WIRE)).json()["id"]
        for mode, key in (("test", test), ("live", live))
    }
    both = list(providers.values())
    site = await api.site(live, providerIds=both, defaultProviderId=providers["live"])
    invited = {"email": "x@example.com", "role": "admin"}
    member = await api.ask("POST", f"/organizations/{organization}/members", live, invited)
    return {
        "organization_id": organization,
        "test": test,
        "live": live,
        "test_provider": providers["test"],
        "provider_id": providers["live"],
        "site_id": site["id"],
        "client_id": (await api.ask("POST", "/clients", live, {"name": "x"})).json()["id"],
        "api_key_id": spare.split("_")[2].split(".")[0],
        "member_id": member.json()["member"]["id"],
    }


async def mutating(api: Api) -> dict[str, dict[str, Any]]:
    document = await api.document()
    return {
        f"{verb.upper()} {path.removeprefix(API_PREFIX)}": operation
        for path, operations in document["paths"].items()
        for verb, operation in operations.items()
        if verb != "get" and operation.get("x-required-scope")
    }


async def test_the_document_says_what_each_operation_changes(api: Api) -> None:
    found = {name: operation.get("x-changes") for name, operation in (await mutating(api)).items()}
    assert found == MATRIX
    for name, operation in (await mutating(api)).items():
        assert MATRIX[name] is None or "test key" in operation["description"], name


async def test_a_test_key_gets_no_live_object_from_any_route(api: Api, shop: dict[str, Any]) -> None:
    before = await live_state(api)

    for name in MATRIX:
        verb, _, path = name.partition(" ")
        parts = [shop.get(part[1:-1], UNKNOWN) if part.startswith("{") else part for part in path.split("/")]
        api.owners.asked.clear()
        body = EXAMPLES.get(name, {}) if verb != "DELETE" else None
        answer = await api.ask(verb, "/".join(parts), shop["test"], body)

        code = answer.json().get("code") if answer.content else None
        if MATRIX[name] == BOTH:
            assert (answer.status_code, code) == (403, "LIVE_KEY_REQUIRED"), f"{name}: {answer.text}"
        elif MATRIX[name] == INSTALLATION:
            assert (answer.status_code, code) == (403, "SYSTEM_KEY_REQUIRED"), f"{name}: {answer.text}"
        elif any(f"{{{kind}}}" in path for kind in LIVE_OBJECTS[1:4]):
            assert answer.status_code == 404, f"{name}: {answer.text}"
        # Every other service is asked in the name of test mode.
        assert not any(actor.livemode for _, _, actor, _ in api.owners.asked), name

    assert await live_state(api) == before


async def live_state(api: Api) -> dict[str, Any]:
    """Everything stored that live payments use: objects of live mode, and of both modes without their test part."""
    db = api.db
    state: dict[str, Any] = {
        name: await db[name].find({"livemode": True}).to_list() for name in ("providers", "clients", "api_keys")
    }
    state |= {name: await db[name].find().to_list() for name in ("members", "persons", "kms_settings", "rotation_jobs")}
    versioned = {"version", "updated_at", "record"}
    sites = await db.sites.find({"record.name": "Shop"}).to_list()
    state["sites"] = [
        {name: value for name, value in row.items() if name not in versioned}
        | {
            **{name: value for name, value in row["record"].items() if name not in ("version", "ipnSecrets")},
            "secret": row["record"]["ipnSecrets"]["live"],
        }
        for row in sites
    ]
    organizations = await db.organizations.find().to_list()
    state["organizations"] = [
        {name: value for name, value in row["record"].items() if name not in ("version", "invoicingTest")}
        for row in organizations
    ]
    return state


async def test_a_test_key_neither_renames_nor_deletes_a_site_nor_takes_live_providers_from_it(
    api: Api, shop: dict[str, Any]
) -> None:
    path = f"/sites/{shop['site_id']}"
    bodies: tuple[dict[str, Any], ...] = (
        {"name": "x"},
        {"branding": {}},
        {"settings": {"latePayment": "accept"}},
        {"ipnVersion": 2},
    )
    for body in bodies:
        answer = await api.ask("PATCH", path, shop["test"], body)
        assert (answer.status_code, answer.json()["code"]) == (403, "LIVE_KEY_REQUIRED"), body
        assert answer.json()["fields"] == list(body)
    assert (await api.ask("DELETE", path, shop["test"])).status_code == 403

    taken = await api.ask("PATCH", path, shop["test"], {"providerIds": []})

    assert taken.json()["providerIds"] == [shop["provider_id"]]
    assert taken.json()["defaultProviderId"] == shop["provider_id"]
    assert taken.json()["name"] == "Shop"


async def test_a_test_key_assigns_test_providers(api: Api, shop: dict[str, Any]) -> None:
    path = f"/sites/{shop['site_id']}"
    more = (await api.ask("POST", "/providers", shop["test"], WIRE)).json()["id"]

    # As read from the site, with one more: live ones may be named again.
    body = {"providerIds": [shop["provider_id"], shop["test_provider"], more]}
    changed = await api.ask("PATCH", path, shop["test"], body)
    assert changed.json()["providerIds"] == [shop["provider_id"], shop["test_provider"], more]

    other_live = (await api.ask("POST", "/providers", shop["live"], WIRE)).json()["id"]
    for refused in ({"providerIds": [other_live]}, {"defaultProviderId": more}, {"defaultProviderId": None}):
        answer = await api.ask("PATCH", path, shop["test"], refused)
        assert (answer.status_code, answer.json()["code"]) == (403, "LIVE_KEY_REQUIRED"), refused
    assert (await api.ask("GET", path, shop["live"])).json()["providerIds"] == changed.json()["providerIds"]


async def test_a_test_key_makes_sites_with_test_providers(api: Api, shop: dict[str, Any]) -> None:
    made = await api.site(shop["test"], providerIds=[shop["test_provider"]], defaultProviderId=shop["test_provider"])
    assert made["providerIds"] == [shop["test_provider"]]
    answer = await api.ask("POST", "/sites", shop["test"], {"name": "x", "providerIds": [shop["provider_id"]]})
    assert (answer.status_code, answer.json()["code"]) == (403, "LIVE_KEY_REQUIRED")


async def test_invoicing_settings_of_a_test_key_hold_for_test_documents_only(api: Api, shop: dict[str, Any]) -> None:
    path = "/organizations/settings/invoicing"
    live = {"companyName": "Shop GmbH", "bankIBAN": {"plaintext": "DE89370400440532013000"}}
    await api.ask("PATCH", path, shop["live"], live)
    own = {"bankIBAN": {"plaintext": "DE02120300000000202051"}, "companyEmail": "test@shop.example"}

    answer = (await api.ask("PATCH", path, shop["test"], own)).json()

    assert (answer["bankIBAN"], answer["companyEmail"], answer["companyName"]) == (*own.values(), "Shop GmbH")
    unchanged = (await api.ask("GET", path, shop["live"])).json()
    assert (unchanged["bankIBAN"], unchanged["companyEmail"]) == (live["bankIBAN"], None)
    back = (await api.ask("PATCH", path, shop["test"], {"bankIBAN": None})).json()
    assert back["bankIBAN"] == live["bankIBAN"]


async def test_reading_stays_open_to_test_keys(api: Api, shop: dict[str, Any]) -> None:
    home = f"/organizations/{shop['organization_id']}"
    for path in (f"{home}/members", f"{home}/encryption", home, "/sites"):
        assert (await api.ask("GET", path, shop["test"])).status_code == 200, path
