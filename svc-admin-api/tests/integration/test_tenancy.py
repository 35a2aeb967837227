"""Organizations, sites, providers and keys over HTTP, against a real database."""

import json
from typing import Any

import pytest
from admin_world import Api

from admin_api.encryption.use_cases.provision_keys import provision_keys, republish_configuration
from gateway_contracts.config import ProviderConfig, SiteConfig
from gateway_contracts.requests.provider import (
    CHECK_PROVIDER,
    REGISTER_WEBHOOK,
    ProviderCheck,
    ProviderChecks,
    WebhookRegistered,
)
from gateway_kit.crypto.config_secrets import ipn_secrets, provider_secrets, seal_provider_secret
from gateway_kit.crypto.keyring import Keyring

pytestmark = pytest.mark.integration

STRIPE = {
    "type": "stripe",
    "label": "Cards",
    "publishableKey": "pk_test_abcdefgh12345678",
    "secretKey": "sk_test_abcdefgh12345678",
    "webhookSecret": "whsec_abcdefgh12345678",
}
WIRE = {"type": "wire", "label": "Transfer", "accountHolder": "Shop GmbH", "iban": "DE89 3704 0044 0532 0130 00"}


async def outbox(api: Api, kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await api.db.outbox.find({"kind": kind}).sort("_id", 1).to_list()
    return rows


async def test_an_organization_comes_with_its_keys_in_one_transaction(api: Api) -> None:
    organization = await api.organization()

    keys = [row["subject"] for row in await outbox(api, "config")]
    assert f"org.{organization}" in keys
    assert {f"dek.org.{organization}.operational.1", f"dek.org.{organization}.records.1"} <= set(keys)
    assert [row["subject"] for row in await outbox(api, "event")] == [f"tenancy.organization_created.v1.{organization}"]
    assert api.tenancy.keyring.has_keys(organization, "records")
    listed = await api.ask("GET", "/organizations", api.system_key)
    assert listed.json()["total"] == 1
    assert (await api.ask("GET", f"/organizations/{organization}", api.system_key)).json()["name"] == "Shop GmbH"


async def test_only_a_system_key_makes_organizations(api: Api) -> None:
    key = await api.key(await api.organization())

    answer = await api.ask("POST", "/organizations", key, {"name": "Mine"})

    assert (answer.status_code, answer.json()["code"]) == (403, "SYSTEM_KEY_REQUIRED")
    answer = await api.ask("GET", "/sites", api.system_key)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORGANIZATION_KEY_REQUIRED")


async def test_wrong_and_missing_keys_are_401_and_missing_scopes_403(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, "site:read")

    for wrong in ("", "nonsense", key[:-1] + ("a" if key[-1] != "a" else "b"), key.replace("sk_test", "sk_live")):
        answer = await api.ask("GET", "/sites", wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_API_KEY"), wrong
    assert (await api.http.get("/api/v1/sites")).status_code == 401
    assert (await api.ask("GET", "/sites", key)).status_code == 200
    answer = await api.ask("POST", "/sites", key, {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE")
    assert answer.json()["requiredScope"] == "site:create"


async def test_new_sites_send_version_2_and_existing_ones_stay(api: Api) -> None:
    key = await api.key(await api.organization(), livemode=True)
    new, older = await api.site(key), await api.site(key, ipnVersion=1)

    assert (new["ipnVersion"], older["ipnVersion"]) == (2, 1)
    changed = await api.ask("PATCH", f"/sites/{older['id']}", key, {"name": "Renamed"})
    assert (changed.status_code, changed.json()["ipnVersion"]) == (200, 1)
    # A site that was stored before versions were.
    stored = next(row["body"] for row in await outbox(api, "config") if row["subject"] == f"site.{new['id']}")
    assert SiteConfig.model_validate({k: v for k, v in stored.items() if k != "ipnVersion"}).ipn_version == 1


async def test_how_a_site_writes_amounts_is_read_changed_audited_and_published(api: Api) -> None:
    key = await api.key(await api.organization(), livemode=True)
    site = await api.site(key)
    path = f"/sites/{site['id']}"
    assert "amountFormat" not in site["settings"]

    for wrong in ("cents", "Minor", 100, True):
        refused = await api.ask("PATCH", path, key, {"settings": {"amountFormat": wrong}})
        assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, "settings.amountFormat"), wrong
    for value in ("hundredths", None):
        assert (await api.ask("PATCH", path, key, {"settings": {"amountFormat": value}})).status_code == 200
        assert (await api.ask("GET", path, key)).json()["settings"].get("amountFormat") == value

    records = [
        SiteConfig.model_validate(row["body"])
        for row in await outbox(api, "config")
        if row["subject"] == f"site.{site['id']}"
    ]
    assert [(each.version, each.amount_format) for each in records] == [(1, "minor"), (2, "hundredths"), (3, "minor")]
    entries = (await api.ask("GET", "/audit?action=site.update", key)).json()["entries"]
    changed = [entry["changes"]["settings/amountFormat"] for entry in entries]
    assert {"from": None, "to": "hundredths"} in changed
    assert (await api.site(key, settings={"amountFormat": "hundredths"}))["settings"] == {"amountFormat": "hundredths"}


async def test_a_site_is_published_with_encrypted_secrets(api: Api) -> None:
    key = await api.key(await api.organization())
    created = await api.site(key, branding={"primaryColor": "#0b5fff"}, settings={"wireDeadlineDays": 7})

    assert created["webhookSecret"].startswith("whsec_")
    row = next(row for row in await outbox(api, "config") if row["subject"] == f"site.{created['id']}")
    assert created["webhookSecret"] not in json.dumps(row["body"])
    config = SiteConfig.model_validate(row["body"])
    assert ipn_secrets(api.tenancy.keyring, config, livemode=False) == (created["webhookSecret"],)
    assert ipn_secrets(api.tenancy.keyring, config, livemode=True) != (created["webhookSecret"],)
    read = (await api.ask("GET", f"/sites/{created['id']}", key)).json()
    assert "webhookSecret" not in read
    assert read["settings"] == {"wireDeadlineDays": 7}


async def test_a_site_changes_by_guarded_versions(api: Api) -> None:
    key = await api.key(await api.organization(), livemode=True)
    site = await api.site(key, settings={"wireDeadlineDays": 7, "latePayment": "review"})

    answer = await api.ask(
        "PATCH",
        f"/sites/{site['id']}",
        key,
        {"name": "New", "settings": {"latePayment": None, "duplicatePayment": "refund"}},
    )

    assert answer.json()["name"] == "New"
    assert answer.json()["settings"] == {"wireDeadlineDays": 7, "duplicatePayment": "refund"}
    versions = [row["body"]["version"] for row in await outbox(api, "config") if row["subject"] == f"site.{site['id']}"]
    assert versions == [1, 2]
    assert (await api.ask("DELETE", f"/sites/{site['id']}", key)).status_code == 204
    assert (await api.ask("GET", f"/sites/{site['id']}", key)).status_code == 404
    events = [row["body"]["type"] for row in await outbox(api, "event") if row["entity_id"] == site["id"]]
    assert events == ["tenancy.site_created.v1", "tenancy.site_updated.v1", "tenancy.site_deleted.v1"]


async def test_a_regenerated_secret_is_shown_once_and_the_old_one_overlaps(api: Api) -> None:
    key = await api.key(await api.organization())
    site = await api.site(key)
    path = f"/sites/{site['id']}/webhook-secret/regenerate"

    first = (await api.ask("POST", path, key, Idempotency_Key="r1")).json()["webhookSecret"]
    again = (await api.ask("POST", path, key, Idempotency_Key="r1")).json()["webhookSecret"]
    kept = await api.tenancy.sites.existing((await _organization_of(api, key)), site["id"])

    assert first == again != site["webhookSecret"]
    assert ipn_secrets(api.tenancy.keyring, kept.record, livemode=False) == (first, site["webhookSecret"])
    await api.ask("POST", path, key, {"keepPrevious": False})
    kept = await api.tenancy.sites.existing((await _organization_of(api, key)), site["id"])
    assert len(kept.record.ipn_secrets["test"]) == 1


async def _organization_of(api: Api, key: str) -> str:
    row = await api.db.api_keys.find_one({"_id": key.split("_")[2].split(".")[0]})
    return str(row["organization_id"])


async def test_providers_are_masked_and_published_encrypted(api: Api) -> None:
    key = await api.key(await api.organization())

    created = (await api.ask("POST", "/providers", key, STRIPE)).json()
    wire = (await api.ask("POST", "/providers", key, WIRE)).json()

    assert created["secrets"] == {"secretKey": "••••5678", "webhookSecret": "••••5678"}
    assert created["settings"] == {"publishableKey": STRIPE["publishableKey"]}
    assert created["webhookUrl"] == f"https://hooks.example/hooks/stripe/{created['id']}"
    assert wire["settings"] == {"accountHolder": "Shop GmbH", "iban": "DE89370400440532013000"}
    row = next(row for row in await outbox(api, "config") if row["subject"] == f"provider.{created['id']}")
    assert STRIPE["secretKey"] not in json.dumps(row["body"])
    config = ProviderConfig.model_validate(row["body"])
    assert provider_secrets(api.tenancy.keyring, config, "secretKey") == (STRIPE["secretKey"],)


async def test_a_provider_is_incomplete_until_its_webhook_secret_follows(api: Api) -> None:
    key = await api.key(await api.organization())
    first = {name: value for name, value in STRIPE.items() if name != "webhookSecret"}

    made = await api.ask("POST", "/providers", key, first)
    provider = made.json()
    path = f"/providers/{provider['id']}"
    emptied = await api.ask("PATCH", path, key, {"webhookSecret": ""})
    renamed = (await api.ask("PATCH", path, key, {"label": "New"})).json()
    complete = (await api.ask("PATCH", path, key, {"webhookSecret": STRIPE["webhookSecret"]})).json()

    assert made.status_code == 201
    assert (provider["state"], provider["missing"]) == ("incomplete", ["webhookSecret"])
    assert provider["webhookUrl"] == f"https://hooks.example/hooks/stripe/{provider['id']}"
    assert emptied.status_code == 422
    assert (renamed["state"], renamed["missing"]) == ("incomplete", ["webhookSecret"])
    assert (complete["state"], complete["missing"]) == ("ready", [])
    published = [row["body"] for row in await outbox(api, "config") if row["subject"] == f"provider.{provider['id']}"]
    assert [ProviderConfig.model_validate(body).missing for body in published] == [
        ("webhookSecret",),
        ("webhookSecret",),
        (),
    ]


@pytest.mark.parametrize(("result", "ok"), [("passed", True), ("unknown", True), ("failed", False)])
async def test_a_connection_is_tested_and_audited(api: Api, result: Any, *, ok: bool) -> None:
    key = await api.key(await api.organization())
    provider = (await api.ask("POST", "/providers", key, STRIPE)).json()
    check = ProviderCheck(check="credentials", result=result, code=None, field="secretKey", message="It is as it is.")
    api.owners.answers[CHECK_PROVIDER.subject] = lambda request: ProviderChecks(checks=(check,))

    answer = await api.ask("POST", f"/providers/{provider['id']}/test", key)

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "providerId": provider["id"],
        "ok": ok,
        "checks": [check.model_dump(by_alias=True)],
    }
    assert [(asked.provider_id, asked.version) for _, asked, _, _ in api.owners.asked_for(CHECK_PROVIDER)] == [
        (provider["id"], 1)
    ]
    log = (await api.ask("GET", f"/audit?objectId={provider['id']}", key)).json()["entries"]
    assert [entry["action"] for entry in log] == ["provider.test", "provider.create"]


async def test_a_webhook_is_registered_and_its_secret_kept(api: Api) -> None:
    key = await api.key(organization := await api.organization())
    first = {name: value for name, value in STRIPE.items() if name != "webhookSecret"}
    provider = (await api.ask("POST", "/providers", key, first)).json()
    path = f"/providers/{provider['id']}/register-webhook"
    sealed = seal_provider_secret(api.tenancy.keyring, provider["id"], "webhookSecret", "whsec_of_the_endpoint")
    api.owners.answers[REGISTER_WEBHOOK.subject] = lambda _: WebhookRegistered(is_new=True, secret=sealed)

    made, again = [await api.ask("POST", path, key, Idempotency_Key="r") for _ in range(2)]

    assert made.json() == {
        "providerId": provider["id"],
        "webhookUrl": provider["webhookUrl"],
        "created": True,
        "state": "ready",
        "missing": [],
    }
    assert again.content == made.content
    [(_, asked, _, _)] = api.owners.asked_for(REGISTER_WEBHOOK)
    assert (asked.provider_id, asked.version) == (provider["id"], 1)
    kept = await api.tenancy.providers.existing(organization, provider["id"])
    assert provider_secrets(api.tenancy.keyring, kept.record, "webhookSecret") == ("whsec_of_the_endpoint",)

    # Another secret leaves the one before valid; no secret changes nothing.
    newer = seal_provider_secret(api.tenancy.keyring, provider["id"], "webhookSecret", "whsec_of_the_next")
    for secret, is_new in ((newer, True), (None, False)):
        api.owners.answers[REGISTER_WEBHOOK.subject] = lambda _, s=secret, n=is_new: WebhookRegistered(
            is_new=n, secret=s
        )
        assert (await api.ask("POST", path, key)).json()["created"] is is_new
    kept = await api.tenancy.providers.existing(organization, provider["id"])
    assert provider_secrets(api.tenancy.keyring, kept.record, "webhookSecret") == (
        "whsec_of_the_next",
        "whsec_of_the_endpoint",
    )
    log = (await api.ask("GET", f"/audit?objectId={provider['id']}", key)).json()["entries"]
    assert [entry["action"] for entry in log] == ["provider.register_webhook"] * 3 + ["provider.create"]
    assert "whsec" not in json.dumps(log)


async def test_a_provider_says_whether_its_webhook_can_be_registered(api: Api) -> None:
    key = await api.key(await api.organization())
    answers = [(await api.ask("POST", "/providers", key, body)).json() for body in (STRIPE, WIRE)]
    assert [answer["canRegisterWebhook"] for answer in answers] == [True, False]


async def test_who_may_change_a_provider_may_test_it(api: Api) -> None:
    organization = await api.organization()
    provider = (await api.ask("POST", "/providers", await api.key(organization), STRIPE)).json()
    api.owners.answers[CHECK_PROVIDER.subject] = lambda request: ProviderChecks(checks=())

    async def status(*scopes: str) -> int:
        key = await api.key(organization, *scopes)
        return int((await api.ask("POST", f"/providers/{provider['id']}/test", key)).status_code)

    assert await status("provider:update") == 200
    assert await status("provider:read", "provider:create", "provider:delete") == 403


async def test_a_provider_that_sends_no_webhooks_has_no_address_for_them(api: Api) -> None:
    key = await api.key(await api.organization())

    wire = (await api.ask("POST", "/providers", key, WIRE)).json()

    assert (wire["state"], wire["missing"], wire["webhookUrl"]) == ("ready", [], None)


async def test_a_provider_is_toggled_updated_and_deleted(api: Api) -> None:
    key = await api.key(await api.organization())
    provider = (await api.ask("POST", "/providers", key, STRIPE)).json()
    path = f"/providers/{provider['id']}"

    assert (await api.ask("POST", f"{path}/toggle", key, Idempotency_Key="t")).json()["enabled"] is False
    assert (await api.ask("POST", f"{path}/toggle", key, Idempotency_Key="t")).json()["enabled"] is False
    assert (await api.ask("POST", f"{path}/toggle", key, {"enabled": True})).json()["enabled"] is True
    changes = {"label": "New", "webhookSecret": "whsec_second_secret_9999", "keepPreviousWebhookSecret": True}
    assert (await api.ask("PATCH", path, key, changes)).json()["secrets"]["webhookSecret"] == "••••9999"
    kept = await api.tenancy.providers.existing(await _organization_of(api, key), provider["id"])
    assert provider_secrets(api.tenancy.keyring, kept.record, "webhookSecret") == (
        "whsec_second_secret_9999",
        STRIPE["webhookSecret"],
    )
    assert (await api.ask("DELETE", path, key)).status_code == 204
    assert (await api.ask("GET", path, key)).status_code == 404
    assert (await api.ask("GET", "/providers", key)).json()["providers"] == []


async def test_a_malformed_provider_is_refused_by_field(api: Api) -> None:
    key = await api.key(await api.organization())
    refusals: list[tuple[dict[str, Any], str, str]] = [
        ({"type": "wise"}, "VALIDATION_FAILED", "apiToken"),
        ({"type": "bitcoin"}, "VALIDATION_FAILED", "type"),
        ({"secretKey": "sk_live_abcdefgh12345678"}, "VALIDATION_FAILED", "secretKey"),
        ({"secretKey": None}, "VALIDATION_FAILED", "secretKey"),
        ({"iban": "DE89370400440532013000"}, "VALIDATION_FAILED", "iban"),
        ({"webhookSecret": "secret"}, "VALIDATION_FAILED", "webhookSecret"),
        ({"livemode": True}, "LIVEMODE_MISMATCH", "livemode"),
        ({"apiKey": "x"}, "VALIDATION_FAILED", "apiKey"),
        ({"nonsense": "x"}, "UNKNOWN_FIELD", "nonsense"),
    ]

    for changes, code, field in refusals:
        answer = await api.ask("POST", "/providers", key, {**STRIPE, **changes})
        assert (answer.status_code, answer.json()["code"]) == (422, code), changes
        assert field in [detail["field"] for detail in answer.json()["details"]], changes


async def test_modes_never_meet(api: Api) -> None:
    organization = await api.organization()
    test_key, live_key = await api.key(organization), await api.key(organization, livemode=True)
    provider = (await api.ask("POST", "/providers", test_key, STRIPE)).json()

    assert live_key.startswith("sk_live_")
    assert (await api.ask("GET", f"/providers/{provider['id']}", live_key)).status_code == 404
    assert (await api.ask("GET", "/providers", live_key)).json()["total"] == 0
    answer = await api.ask(
        "POST", f"/organizations/{organization}/api-keys", test_key, {"label": "x", "scopes": ["*:*"], "livemode": True}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "LIVEMODE_MISMATCH")


async def test_ids_of_another_tenant_do_not_exist(api: Api) -> None:
    mine, theirs = (
        await api.key(await api.organization(), livemode=True),
        await api.key(other := await api.organization("Other")),
    )
    site = await api.site(theirs)
    provider = (await api.ask("POST", "/providers", theirs, WIRE)).json()

    for verb, path, body in (
        ("GET", f"/sites/{site['id']}", None),
        ("PATCH", f"/sites/{site['id']}", {"name": "x"}),
        ("DELETE", f"/sites/{site['id']}", None),
        ("POST", f"/sites/{site['id']}/webhook-secret/regenerate", None),
        ("GET", f"/providers/{provider['id']}", None),
        ("PATCH", f"/providers/{provider['id']}", {"label": "x"}),
        ("DELETE", f"/providers/{provider['id']}", None),
        ("POST", f"/providers/{provider['id']}/toggle", None),
        ("POST", f"/providers/{provider['id']}/test", None),
        ("GET", f"/organizations/{other}/api-keys", None),
        ("GET", f"/organizations/{other}", None),
        ("POST", f"/checkouts/{site['id']}/create", {"amount": 100, "currency": "EUR", "externalReference": "1"}),
        ("GET", "/clients/65f0c0ffee65f0c0ffee65f0", None),
        ("GET", "/sites/not-an-id", None),
    ):
        assert (await api.ask(verb, path, mine, body)).status_code == 404, path
    answer = await api.ask("POST", "/sites", mine, {"name": "x", "providerIds": [provider["id"]]})
    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_PROVIDER")


async def test_a_revoked_key_ends_and_a_rotated_one_overlaps(api: Api) -> None:
    organization = await api.organization()
    admin, key = await api.key(organization), await api.key(organization, "site:read")
    path = f"/organizations/{organization}/api-keys/{key.split('_')[2].split('.')[0]}"

    rotated = (await api.ask("POST", f"{path}/rotate", admin, {"overlapHours": 1})).json()["key"]
    assert [(await api.ask("GET", "/sites", text)).status_code for text in (key, rotated)] == [200, 200]
    sharp = (await api.ask("POST", f"{path}/rotate", admin, {"overlapHours": 0})).json()["key"]
    assert [(await api.ask("GET", "/sites", text)).status_code for text in (rotated, sharp)] == [401, 200]
    assert (await api.ask("POST", f"{path}/revoke", admin)).json()["revokedAt"] is not None
    assert (await api.ask("GET", "/sites", sharp)).status_code == 401
    assert (await api.ask("POST", f"{path}/rotate", admin)).json()["code"] == "API_KEY_REVOKED"
    listed = (await api.ask("GET", f"/organizations/{organization}/api-keys", admin)).json()
    assert listed["total"] == 2
    assert "key" not in listed["apiKeys"][0]
    stored = json.dumps(await api.db.api_keys.find().to_list(), default=str)
    assert sharp.split(".")[1] not in stored


async def test_a_key_grants_only_what_it_holds(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, "api_key:create", "site:read")
    path = f"/organizations/{organization}/api-keys"

    granted = await api.ask("POST", path, key, {"label": "x", "scopes": ["site:read"]})
    assert granted.status_code == 201
    for scope, status, code in (
        ("site:*", 403, "SCOPE_NOT_GRANTABLE"),
        ("*:*", 403, "SCOPE_NOT_GRANTABLE"),
        ("a:b", 422, "UNKNOWN_SCOPE"),
    ):
        answer = await api.ask("POST", path, key, {"label": "x", "scopes": [scope]})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_invoicing_settings_keep_bank_account_and_address_encrypted(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization)
    body = {
        "enabled": True,
        "companyName": "Shop GmbH",
        "companyEmail": "billing@shop.example",
        "bankIBAN": {"plaintext": "DE89370400440532013000"},
        "companyAddress": {"street": "Main 1", "city": "Berlin", "postalCode": "10115", "country": "de"},
        "invoiceNumberLayout": {"prefix": "INV-", "sequenceDigits": 5},
    }

    answer = (await api.ask("PATCH", "/organizations/settings/invoicing", key, body)).json()

    assert answer["bankIBAN"] == body["bankIBAN"]
    assert answer["companyEmail"] == body["companyEmail"]
    assert answer["companyAddress"]["country"] == "DE"
    rows = json.dumps([row["body"] for row in await outbox(api, "config")])
    assert "billing@" not in rows
    assert "DE8937" not in rows
    await api.ask(
        "PATCH", "/organizations/settings/invoicing", key, {"companyEmail": None, "autoGenerateInvoice": True}
    )
    read = (await api.ask("GET", "/organizations/settings/invoicing", key)).json()
    assert (read["companyEmail"], read["autoGenerateInvoice"], read["companyName"]) == (None, True, "Shop GmbH")


async def test_number_layout_that_could_print_a_number_twice_is_refused(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization)
    body = {"invoiceNumberLayout": {"periodType": "none", "resetPolicy": "calendar_year"}}

    answer = await api.ask("PATCH", "/organizations/settings/invoicing", key, body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "INVOICE_LAYOUT_REFUSED"
    assert "invoiceNumberLayout.resetPolicy" in answer.text


async def test_a_restarted_process_finds_its_keys_and_republishes_everything(api: Api) -> None:
    key = await api.key(await api.organization())
    await api.site(key)
    await api.db.outbox.delete_many({})
    before = repr(api.tenancy.keyring)

    await provision_keys(tenancy=api.tenancy)
    count = await republish_configuration(tenancy=api.tenancy)

    rows = await outbox(api, "config")
    assert repr(api.tenancy.keyring) == before
    assert count == len(rows) == 5
    assert {row["subject"].split(".")[0] for row in rows} == {"dek", "org", "site"}


async def test_a_wrong_system_key_is_refused_at_start(api: Api) -> None:
    stranger = Keyring.from_secrets(
        "8f1d3c5b7a99e2046f4b8d0c1e3a5f7799b2d4c6e8f00a1c2b3d4e5f60718293",
        "c0ffee19274a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e5",
    )
    tenancy = api.tenancy.__class__(**{**vars(api.tenancy), "keyring": stranger})

    with pytest.raises(Exception, match="SYSTEM_ENCRYPTION_KEY"):
        await provision_keys(tenancy=tenancy)


ODD_HOSTS = ("cdn.example;script-src", "cdn.example,*", "*", "'unsafe-inline'", "a..b", "[::1%25eth0]", "256.1.1.1")


@pytest.mark.parametrize("host", ODD_HOSTS)
async def test_addresses_with_odd_hosts_are_refused_at_their_field(api: Api, host: str) -> None:
    key = await api.key(await api.organization(), livemode=True)
    for field, settings in (
        ("branding.logo", {"branding": {"logo": f"https://{host}/logo.svg"}}),
        ("settings.allowedOrigins[0]", {"settings": {"allowedOrigins": [f"https://{host}"]}}),
    ):
        answer = await api.ask("POST", "/sites", key, {"name": "Shop", **settings})
        assert (answer.status_code, answer.json()["details"][0]["field"]) == (422, field)


async def test_an_origin_is_stored_in_its_one_form(api: Api) -> None:
    key = await api.key(await api.organization(), livemode=True)
    site = await api.site(key, settings={"allowedOrigins": ["https://Shop.Example:443", "http://127.0.0.1:8000"]})
    assert site["settings"]["allowedOrigins"] == ["https://shop.example", "http://127.0.0.1:8000"]
