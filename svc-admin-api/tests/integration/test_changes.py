"""Changes keep, clear and replace fields in the same way for every object: PATCH merges, PUT replaces."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from admin_world import Api

pytestmark = pytest.mark.integration

WIRE = {
    "type": "wire",
    "label": "Bank",
    "accountHolder": "Example GmbH",
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
    "bankName": "Bank",
}
PERSON = {
    "email": "jane@example.com",
    "phone": "+49 30 1",
    "address": {"line1": "Main 1", "city": "Berlin", "country": "DE"},
    "taxInfo": {
        "taxId": "DE123456789",
        "taxCountry": "DE",
        "peppolRoutingAddress": {"schemeId": "9930", "value": "DE123456789"},
    },
}
INVOICING = {
    "enabled": True,
    "companyName": "Example GmbH",
    "companyAddress": {"street": "Main 1", "city": "Berlin", "country": "DE"},
    "bankIBAN": {"plaintext": "DE89370400440532013000"},
    "invoiceNumberLayout": {"prefix": "", "sequenceDigits": 4},
    "legalTimeZone": "Europe/Berlin",
}
SETTINGS = "/organizations/settings/invoicing"
Change = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def key(api: Api) -> str:
    return str(await api.key(await api.organization(), livemode=True))


@pytest.fixture
def change(api: Api, key: str) -> Change:
    async def changed(path: str, body: Any, verb: str = "PATCH") -> dict[str, Any]:
        answer = await api.ask(verb, path, key, body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return changed


@pytest.mark.parametrize("empty", [None, ""])
async def test_a_site(api: Api, key: str, change: Change, empty: Any) -> None:
    provider = (await api.ask("POST", "/providers", key, WIRE)).json()["id"]
    site = await api.site(
        key,
        providerIds=[provider],
        defaultProviderId=provider,
        ipnVersion=1,
        branding={"logo": "https://shop.example/logo.png", "primaryColor": "#0b5fff"},
        settings={"latePayment": "review", "wireDeadlineDays": 7},
    )
    path = f"/sites/{site['id']}"

    left = await change(path, {"branding": {"logo": empty}, "settings": {"latePayment": empty}})
    assert (left["branding"], left["settings"]) == ({"primaryColor": "#0b5fff"}, {"wireDeadlineDays": 7})
    assert left["providerIds"] == [provider]
    assert (await change(path, {"branding": {}, "settings": {}}))["settings"] == {"wireDeadlineDays": 7}
    cleared = await change(path, dict.fromkeys(("branding", "settings", "defaultProviderId"), empty))
    assert (cleared["branding"], cleared["settings"], cleared["defaultProviderId"]) == ({}, {}, None)
    assert (await change(path, {"providerIds": empty}))["providerIds"] == []
    refused = await api.ask("PATCH", path, key, {"name": empty, "ipnVersion": empty})
    assert (refused.status_code, refused.json()["code"]) == (422, "VALIDATION_FAILED")
    assert refused.json()["details"] == [
        {"field": field, "message": "cannot be cleared"} for field in ("name", "ipnVersion")
    ]


async def test_a_site_is_replaced(api: Api, key: str, change: Change) -> None:
    site = await api.site(key, ipnVersion=1, branding={"primaryColor": "#0b5fff"}, settings={"wireDeadlineDays": 7})
    path = f"/sites/{site['id']}"

    replaced = await change(path, {"name": "New", "ipnVersion": 1, "settings": {"latePayment": "review"}}, "PUT")

    assert (replaced["branding"], replaced["settings"]) == ({}, {"latePayment": "review"})
    # The version of notifications never changes because a request left it out.
    refused = await api.ask("PUT", path, key, {"name": ""})
    assert {(one["field"], one["message"]) for one in refused.json()["details"]} == {
        ("name", "is required"),
        ("ipnVersion", "is required"),
    }


@pytest.mark.parametrize("empty", [None, ""])
async def test_a_provider(api: Api, key: str, change: Change, empty: Any) -> None:
    made = (await api.ask("POST", "/providers", key, {**WIRE, "instructions": empty, "secretKey": empty})).json()
    path = f"/providers/{made['id']}"

    left = await change(path, {"bic": empty, "secretKey": empty})
    assert "bic" not in left["settings"]
    assert (left["settings"]["bankName"], left["label"]) == ("Bank", "Bank")
    for field in ("iban", "label", "enabled"):
        refused = await api.ask("PATCH", path, key, {field: empty})
        assert (refused.status_code, refused.json()["details"]) == (
            422,
            [{"field": field, "message": "cannot be cleared"}],
        )
    whole = {"label": "New", "accountHolder": "Example AG", "iban": WIRE["iban"]}
    replaced = await change(path, whole, "PUT")
    assert (replaced["label"], set(replaced["settings"])) == ("New", {"accountHolder", "iban"})
    refused = await api.ask("PUT", path, key, {**whole, "iban": empty})
    assert refused.json()["details"] == [{"field": "iban", "message": "is required"}]


@pytest.mark.parametrize("empty", [None, "", {"plaintext": ""}, {"plaintext": None}])
async def test_a_client(api: Api, key: str, change: Change, empty: Any) -> None:
    made = (await api.ask("POST", "/clients", key, {**PERSON, "name": empty, "company": empty})).json()
    path = f"/clients/{made['id']}"
    assert (made["name"], made["company"], made["warnings"]) == (None, None, [])

    left = await change(path, {"phone": empty, "address": {"city": empty}, "loyalty": {"level": 3}})
    assert (left["phone"], left["address"]["city"]) == (None, None)
    assert (left["email"], left["address"]["line1"]) == ({"plaintext": "jane@example.com"}, {"plaintext": "Main 1"})
    assert [warning["field"] for warning in left["warnings"]] == ["loyalty"]
    left = await change(path, {"taxInfo": {"peppolRoutingAddress": {"schemeId": "", "value": empty}}})
    assert set(left["taxInfo"]) == {"taxId", "taxIdType", "taxCountry"}
    left = await change(path, {"address": None, "taxInfo": ""})
    assert (set(left["address"].values()), left["taxInfo"]) == ({None}, None)


async def test_a_client_is_replaced(api: Api, key: str, change: Change) -> None:
    made = (await api.ask("POST", "/clients", key, PERSON)).json()

    replaced = await change(f"/clients/{made['id']}", {"name": "Jane", "email": {"plaintext": "j@example.com"}}, "PUT")

    assert (replaced["name"], replaced["email"]) == ({"plaintext": "Jane"}, {"plaintext": "j@example.com"})
    assert (replaced["phone"], replaced["taxInfo"], set(replaced["address"].values())) == (None, None, {None})


@pytest.mark.parametrize("empty", [None, ""])
async def test_invoicing(api: Api, key: str, change: Change, empty: Any) -> None:
    await change(SETTINGS, INVOICING, "PUT")

    left = await change(SETTINGS, {"companyAddress": {"city": empty}, "legalTimeZone": empty})
    assert left["companyAddress"] == {"street": "Main 1", "country": "DE"}
    assert (left["companyName"], left["legalTimeZone"]) == ("Example GmbH", None)
    # An empty prefix is a prefix: numbers without one.
    assert left["invoiceNumberLayout"] == {"prefix": "", "sequenceDigits": 4}
    assert (await change(SETTINGS, {"invoiceNumberLayout": {"prefix": None}}))["invoiceNumberLayout"] == {
        "sequenceDigits": 4
    }
    for cleared in (empty, {"plaintext": empty}):
        await change(SETTINGS, {"bankIBAN": INVOICING["bankIBAN"]})
        assert (await change(SETTINGS, {"bankIBAN": cleared}))["bankIBAN"] is None
    assert (await change(SETTINGS, {"companyAddress": empty}))["companyAddress"] is None


async def test_invoicing_is_replaced(api: Api, key: str, change: Change) -> None:
    await change(SETTINGS, INVOICING, "PUT")

    replaced = await change(SETTINGS, {"enabled": False, "companyAddress": {"city": "Bern", "street": ""}}, "PUT")

    assert (replaced["enabled"], replaced["companyAddress"]) == (False, {"city": "Bern"})
    assert not any(replaced[name] for name in ("companyName", "bankIBAN", "invoiceNumberLayout", "legalTimeZone"))


async def test_a_test_key_merges_with_what_holds_for_its_documents(api: Api) -> None:
    organization = await api.organization()
    live, test = await api.key(organization, livemode=True), await api.key(organization)
    await api.ask("PUT", SETTINGS, live, INVOICING)

    own = (await api.ask("PATCH", SETTINGS, test, {"companyAddress": {"city": "Bern"}})).json()

    assert own["companyAddress"] == {"street": "Main 1", "city": "Bern", "country": "DE"}
    assert (await api.ask("GET", SETTINGS, live)).json()["companyAddress"] == INVOICING["companyAddress"]
    back = (await api.ask("PUT", SETTINGS, test, {})).json()
    assert back["companyAddress"] == INVOICING["companyAddress"]


async def test_an_organization_and_a_key(api: Api) -> None:
    organization = await api.organization()
    admin = await api.key(organization, livemode=True)
    home = f"/organizations/{organization}"
    assert (await api.ask("PATCH", home, admin, {"country": ""})).json()["country"] is None
    assert (await api.ask("PATCH", home, admin, {"name": None})).status_code == 422
    assert (await api.ask("PUT", home, admin, {"country": "AT"})).json()["details"][0]["field"] == "name"

    body = {
        "label": "a",
        "scopes": ["site:read"],
        "livemode": "",
        "role": None,
        "ipAllowList": ["203.0.113.0/24"],
        "expiresAt": "2035-01-31T12:00:00Z",
    }
    made = (await api.ask("POST", f"{home}/api-keys", admin, body)).json()
    path = f"{home}/api-keys/{made['id']}"
    cleared = (await api.ask("PATCH", path, admin, {"ipAllowList": "", "expiresAt": ""})).json()
    assert (cleared["label"], cleared["ipAllowList"], cleared["expiresAt"]) == ("a", [], None)
    assert (await api.ask("PATCH", path, admin, {"scopes": None})).status_code == 422
    assert (await api.ask("PUT", path, admin, {"label": "b"})).json()["details"][0]["field"] == "scopes"
    await api.ask("PATCH", path, admin, {"expiresAt": "2035-01-31T12:00:00Z"})
    replaced = (await api.ask("PUT", path, admin, {"label": "b", "scopes": ["site:read"]})).json()
    assert (replaced["label"], replaced["expiresAt"]) == ("b", None)


STRIPE = {"type": "stripe", "label": "Cards", "publishableKey": "pk_live_abcdefgh", "secretKey": "sk_live_abcdefgh"}
WITH_SECRET = {**STRIPE, "webhookSecret": "whsec_abcdefgh"}
LEFT = {"label": "New", "publishableKey": STRIPE["publishableKey"]}


async def test_what_was_read_may_be_sent_back(api: Api, key: str, change: Change) -> None:
    """GET, then PUT and PATCH of the same body: accepted, and nothing is different."""
    await change(SETTINGS, INVOICING)
    shop = {"name": "Shop", "settings": {"latePayment": "review"}, "branding": {"primaryColor": "#0b5fff"}}
    bodies = (
        ("providers", WIRE),
        ("providers", WITH_SECRET),
        ("providers", STRIPE),
        ("clients", PERSON),
        ("sites", shop),
    )
    made = [f"/{kind}/{(await api.ask('POST', f'/{kind}', key, body)).json()['id']}" for kind, body in bodies]
    for path in (SETTINGS, *made):
        before = (await api.ask("GET", path, key)).json()
        for verb in ("PUT", "PATCH"):
            after = await change(path, before, verb)
            assert {**after, "updatedAt": None, "warnings": []} == {**before, "updatedAt": None, "warnings": []}


async def test_records_of_the_installation_may_be_sent_back(api: Api) -> None:
    organization = await api.organization()
    await api.key(organization, "checkout:create", livemode=True)
    keys = await api.ask("GET", f"/organizations/{organization}/api-keys", api.system_key)
    (own,) = keys.json()["apiKeys"]
    for path in (f"/organizations/{organization}", f"/organizations/{organization}/api-keys/{own['id']}"):
        before = (await api.ask("GET", path, api.system_key)).json()
        for verb in ("PUT", "PATCH"):
            answer = await api.ask(verb, path, api.system_key, before)
            assert answer.status_code == 200, answer.text
            assert {**answer.json(), "updatedAt": None} == {**before, "updatedAt": None}


async def test_shown_settings_that_are_sent_back_count(api: Api, key: str, change: Change) -> None:
    path = f"/providers/{(await api.ask('POST', '/providers', key, WIRE)).json()['id']}"
    read = (await api.ask("GET", path, key)).json()

    changed = await change(path, {**read, "settings": {**read["settings"], "bankName": "Other"}}, "PUT")
    assert changed["settings"] == {**read["settings"], "bankName": "Other"}
    changed = await change(path, {**read, "bankName": "Third"}, "PUT")
    assert changed["settings"]["bankName"] == "Third"
    refused = await api.ask("PUT", path, key, {**read, "settings": {"secretKey": "x", "iban": WIRE["iban"]}})
    assert (refused.status_code, {one["field"] for one in refused.json()["details"]}) == (
        422,
        {"accountHolder", "secretKey"},
    )


async def test_credentials_that_are_not_given_stay(api: Api, key: str, change: Change) -> None:
    made = (await api.ask("POST", "/providers", key, WITH_SECRET)).json()
    path, before = f"/providers/{made['id']}", made["secrets"]

    replaced = await change(path, LEFT, "PUT")
    assert (replaced["secrets"], replaced["state"], replaced["missing"]) == (before, "ready", [])
    for verb in ("PUT", "PATCH"):
        for empty in (None, ""):
            refused = await api.ask(verb, path, key, {**LEFT, "webhookSecret": empty})
            assert (refused.status_code, refused.json()["details"]) == (
                422,
                [{"field": "webhookSecret", "message": "cannot be cleared"}],
            )
    rotated = await change(path, {**LEFT, "secretKey": "sk_live_zyxwvuts0987"}, "PUT")
    assert rotated["secrets"]["secretKey"] != before["secretKey"]
    assert rotated["secrets"]["webhookSecret"] == before["webhookSecret"]


@pytest.mark.parametrize("empty", [None, ""])
async def test_an_optional_credential_is_cleared_by_null_alone(api: Api, key: str, change: Change, empty: Any) -> None:
    mollie = {"type": "mollie", "label": "M", "apiKey": "live_abcdefghijklmnopqrstuvwxyz1234"}
    made = await api.ask("POST", "/providers", key, {**mollie, "webhookSecret": "mollie-secret-1234567"})
    assert made.status_code == 201, made.text
    path = f"/providers/{made.json()['id']}"

    kept = await change(path, {"label": "M"}, "PUT")
    assert set(kept["secrets"]) == {"apiKey", "webhookSecret"}
    cleared = await change(path, {"label": "M", "webhookSecret": empty}, "PUT")
    assert set(cleared["secrets"]) == {"apiKey"}
