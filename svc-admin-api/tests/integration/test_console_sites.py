"""Pages of sites, providers, domains and clients, and the set-up guide, over HTTP."""

import re
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from console_world import a_payment
from owned_objects import AT, ID, OTHER_ID, an_invoice

from gateway_contracts.errors import Conflict
from gateway_contracts.requests import domains, invoice, provider, transaction
from gateway_contracts.requests.invoice import InvoicePage
from gateway_contracts.requests.transaction import TransactionPage
from gateway_kit.crypto.config_secrets import provider_secrets, seal_provider_secret

pytestmark = pytest.mark.integration

STRIPE = {"label": "Cards", "publishableKey": "pk_live_abcdefgh12345678", "secretKey": "sk_live_abcdefgh12345678"}
WIRE = {"label": "Transfer", "accountHolder": "Shop GmbH", "iban": "DE89370400440532013000", "enabled": "on"}


async def at_work(api: Api, role: str = "admin") -> Visits:
    """A member of an organization, in live mode."""
    return await member(api, await api.organization(), role)


async def sent(visits: Visits, path: str, **form: str) -> str:
    """Where a form leads that the API accepts."""
    answer = await visits.post(path, {"key": f"key-of-{path}-{len(form)}".replace("/", "-"), **form})
    assert answer.status_code == 303, texts(answer)
    return str(answer.headers["location"])


def object_of(location: str) -> str:
    return location.split("?")[0]


async def a_site(visits: Visits, **form: str) -> str:
    """The path of a new site's page."""
    answer = await visits.post(
        "/sites/new", {"key": "key-of-a-site-0001", "name": "Tea shop", "ipnVersion": "2", **form}
    )
    assert answer.status_code == 200, texts(answer)
    assert re.search(r'value="[^"]{20,}" readonly', answer.text), "the secret is shown once"
    listed = (await visits.get("/sites")).text
    found = re.search(r'href="(/sites/[0-9a-f]{24})"', listed)
    assert found is not None
    return found[1]


async def test_a_site_is_created_changed_and_closed(owned: Api) -> None:
    visits = await at_work(owned)
    wire = object_of(await sent(visits, "/providers/new/wire", **WIRE)).rsplit("/", 1)[-1]
    site = await a_site(visits, **{f"providerIds[{wire}]": "on", "settings.wireDeadlineDays": "14"})

    page = await visits.get(site)
    assert f'name="providerIds[{wire}]" checked' in page.text
    assert 'value="14"' in page.text
    changes = {
        "name": "Coffee shop",
        "ipnVersion": "1",
        "settings.allowedOrigins": "https://a.example\nhttps://b.example",
    }
    assert await sent(visits, f"{site}/edit", **changes) == f"{site}?done=edit"
    kept = (await owned.tenancy.sites.existing(await _organization(owned), site.rsplit("/", 1)[-1])).record
    assert (kept.name, kept.ipn_version) == ("Coffee shop", 1)
    # What was left empty is cleared, and the assignment of providers has a form of its own.
    assert kept.settings == {"allowedOrigins": ["https://a.example", "https://b.example"], "preferCustomDomain": False}
    assert kept.provider_ids == (wire,)

    refused = await visits.post(f"{site}/edit", {"name": "x", "ipnVersion": "2", "settings.wireDeadlineDays": "400"})
    assert (refused.status_code, 'id="edit-settings.wireDeadlineDays-error"' in refused.text) == (422, True)
    secret = await visits.post(f"{site}/secret", {"key": "key-of-a-secret-01", "keepPrevious": "on"})
    assert (secret.status_code, "readonly" in secret.text) == (200, True)
    assert (await sent(visits, f"{site}/delete")).startswith("/sites")
    assert (await visits.get(site)).status_code == 404


async def test_a_site_keeps_the_providers_of_the_other_mode(owned: Api) -> None:
    visits = await at_work(owned)
    live = object_of(await sent(visits, "/providers/new/wire", **WIRE)).rsplit("/", 1)[-1]
    await visits.select(mode="test")
    test = object_of(await sent(visits, "/providers/new/wire", **WIRE, bic="COBADEFFXXX")).rsplit("/", 1)[-1]
    site = await a_site(visits, **{f"providerIds[{live}]": "on"})

    page = texts(await visits.get(site))
    assert ("Transfer (live)" in page, "Transfer (test)" in page) == (True, True)
    await sent(visits, f"{site}/providers", **{f"providerIds[{live}]": "on", f"providerIds[{test}]": "on"})

    kept = (await owned.tenancy.sites.existing(await _organization(owned), site.rsplit("/", 1)[-1])).record
    assert set(kept.provider_ids) == {live, test}


async def test_a_provider_is_set_up_tested_and_its_webhook_registered(owned: Api) -> None:
    visits = await at_work(owned)
    types = await visits.get("/providers/new")
    assert set(re.findall(r'href="/providers/new/(\w+)"', types.text)) == {
        "stripe", "mollie", "gocardless", "paypal", "wise", "wire",
    }  # fmt: skip
    location = await sent(visits, "/providers/new/stripe", **STRIPE, enabled="on")
    path, identifier = object_of(location), object_of(location).rsplit("/", 1)[-1]

    page = await visits.get(location)
    assert f'value="https://hooks.example/hooks/stripe/{identifier}" readonly' in page.text
    assert "still missing: Webhook secret" in texts(page)
    assert "sk_live_abcdefgh" not in page.text

    check = provider.ProviderCheck(
        check="webhook", result="failed", code="WEBHOOK_NOT_REGISTERED", message="No webhook <is> there."
    )
    owned.owners.answers[provider.CHECK_PROVIDER.subject] = lambda _: provider.ProviderChecks(checks=(check,))
    tested = await visits.post(f"{path}/test", {"key": "key-of-a-test-0001"})
    assert tested.status_code == 200
    for text in ("Something needs to be corrected.", "WEBHOOK_NOT_REGISTERED"):
        assert text in texts(tested)
    assert "No webhook &lt;is&gt; there." in tested.text

    sealed = seal_provider_secret(owned.tenancy.keyring, identifier, "webhookSecret", "whsec_of_the_endpoint")
    owned.owners.answers[provider.REGISTER_WEBHOOK.subject] = lambda _: provider.WebhookRegistered(
        is_new=True, secret=sealed
    )
    assert await sent(visits, f"{path}/register") == f"{path}?done=register"
    assert "still missing" not in texts(await visits.get(path))


async def test_a_provider_is_changed_without_its_keys_and_switched(owned: Api) -> None:
    visits = await at_work(owned)
    path = object_of(await sent(visits, "/providers/new/stripe", **STRIPE, enabled="on"))
    organization, identifier = await _organization(owned), path.rsplit("/", 1)[-1]

    await sent(visits, f"{path}/edit-stripe", label="Credit cards", publishableKey=STRIPE["publishableKey"])
    kept = (await owned.tenancy.providers.existing(organization, identifier)).record
    assert kept.label == "Credit cards"
    assert provider_secrets(owned.tenancy.keyring, kept, "secretKey") == (STRIPE["secretKey"],)

    wrong = {"label": "x", "publishableKey": STRIPE["publishableKey"], "secretKey": "sk_test_of_the_other_mode"}
    refused = await visits.post(f"{path}/edit-stripe", wrong)
    assert (refused.status_code, 'id="edit-stripe-secretKey-error"' in refused.text) == (422, True)
    assert "sk_test_of_the_other_mode" not in refused.text

    # A form that is sent twice with other keys says what it wants, and does not toggle back.
    for _ in range(2):
        await visits.post(f"{path}/disable", {})
    kept = (await owned.tenancy.providers.existing(organization, identifier)).record
    assert kept.enabled is False
    page = await visits.get(path)
    assert (f'action="{path}/enable"' in page.text, f'action="{path}/disable"' in page.text) == (True, False)
    assert (await sent(visits, f"{path}/delete")).startswith("/providers")


async def test_details_of_accounts_by_currency_are_read_and_refused(owned: Api) -> None:
    visits = await at_work(owned)
    form = {"label": "Wise", "apiToken": "token-of-wise-1234", "profileId": "1234", "accountHolder": "Shop GmbH"}

    refused = await visits.post("/providers/new/wise", {**form, "accounts": "EUR: DE89"})
    assert (refused.status_code, 'id="new-accounts-error"' in refused.text) == (422, True)
    accounts = '{"EUR": {"iban": "BE68539007547034", "bic": "TRWIBEB1XXX"}}'
    path = object_of(await sent(visits, "/providers/new/wise", **form, accounts=accounts, enabled="on"))

    assert "BE68539007547034" in (await visits.get(path)).text


REFUSED_CERTIFICATE = domains.CertificateRecord(state="missing", checked_at=AT, failure="refused")


async def test_a_domain_shows_its_record_and_is_checked(owned: Api) -> None:
    visits = await at_work(owned)
    site = (await a_site(visits)).rsplit("/", 1)[-1]
    record = domains.DomainRecord(
        id=ID, name="pay.shop.example", site_id=site, state="pending", cname_target="pay.example", created_at=AT
    )
    for method in (domains.REGISTER_DOMAIN, domains.GET_DOMAIN):
        owned.owners.answers[method.subject] = lambda _: record
    found = {"problem_code": "unknown_name", "problem_values": {"name": record.name, "target": "pay.example"}}
    missing = record.model_copy(update={"problem": "pay.shop.example does not exist", "checked_at": AT, **found})

    def verified(_: Any) -> Any:
        owned.owners.answers[domains.GET_DOMAIN.subject] = lambda _: missing
        return missing

    owned.owners.answers[domains.VERIFY_DOMAIN.subject] = verified
    location = await sent(visits, "/domains/new", siteId=site, name="pay.shop.example")
    page = await visits.get(location)
    for text in ('value="pay.shop.example" readonly', 'value="pay.example" readonly', f'action="/domains/{ID}/check"'):
        assert text in page.text

    assert await sent(visits, f"/domains/{ID}/check") == f"/domains/{ID}?done=check"
    shown = await visits.get(f"/domains/{ID}")
    for text in ("does not exist in DNS yet", "Not yet: the DNS record is missing"):
        assert text in texts(shown)
    assert f'href="/sites/{site}"' in shown.text

    # Whatever the edge presented before: only active domains are judged.
    stale = missing.model_copy(update={"certificate": REFUSED_CERTIFICATE})
    owned.owners.answers[domains.GET_DOMAIN.subject] = lambda _: stale
    owned.owners.answers[domains.LIST_DOMAINS.subject] = lambda _: domains.DomainPage(
        domains=(stale,), total=1, page=1, limit=50
    )
    for path in (f"/domains/{ID}", "/domains"):
        shown_there = texts(await visits.get(path))
        assert ("Not yet: the DNS record is missing" in shown_there, "No certificate" in shown_there) == (True, False)

    await visits.select(language="de")
    for path in (f"/domains/{ID}", "/domains"):
        german = texts(await visits.get(path))
        assert "pay.shop.example gibt es im DNS noch nicht; legen Sie den Eintrag an: pay.shop.example CNAME" in german
    await visits.select(language="en")

    certified = record.model_copy(update={"state": "active", "certificate": REFUSED_CERTIFICATE})
    owned.owners.answers[domains.GET_DOMAIN.subject] = lambda _: certified
    said = texts(await visits.get(f"/domains/{ID}"))
    for text in ("No certificate", "could not get one", "A CAA record of the domain may exclude the authority"):
        assert text in said

    def taken(_: Any) -> Any:
        raise Conflict("another merchant has this name", code="DOMAIN_TAKEN")

    owned.owners.answers[domains.REGISTER_DOMAIN.subject] = taken
    refused = await visits.post("/domains/new", {"siteId": site, "name": "pay.shop.example", "key": "key-of-another-1"})
    assert (refused.status_code, "another merchant has this name" in texts(refused)) == (409, True)


async def test_a_client_has_its_payments_and_documents(owned: Api) -> None:
    visits = await at_work(owned)
    location = await sent(visits, "/clients/new", **{"email": "jane@example.com", "address.city": "Berlin"})
    client = object_of(location)

    page = texts(await visits.get(client))
    for text in ("jane@example.com", "Berlin", "€4,900.00"):
        assert text in page
    [query] = [request for _, request, _, _ in owned.owners.asked_for(transaction.LIST_TRANSACTIONS)]
    assert query.email == "jane@example.com"

    await sent(visits, f"{client}/edit", **{"email": "jane@example.com", "name": "Jane", "address.city": ""})
    page = texts(await visits.get(client))
    assert ("Jane" in page, "Berlin" in page) == (True, False)

    # Documents are those of its latest successful payments.
    await owned.db.clients.update_one({}, {"$set": {"transaction_ids": [ID], "payments": 1}})
    owned.owners.answers[invoice.LIST_INVOICES.subject] = lambda _: InvoicePage(
        invoices=(an_invoice(pdf_object="invoices/1.pdf"),), total=1, page=1, limit=50
    )
    page_of_one = await visits.get(client)
    assert "INV-0001" in texts(page_of_one)
    assert f'href="/invoices/{OTHER_ID}/pdf"' in page_of_one.text
    assert [request.transaction_id for _, request, _, _ in owned.owners.asked_for(invoice.LIST_INVOICES)] == [ID]

    # An owner that does not answer leaves its part out, not the page.
    owned.owners.answers.pop(transaction.LIST_TRANSACTIONS.subject)
    page_of_one = await visits.get(client)
    assert (page_of_one.status_code, "Not available at the moment" in page_of_one.text) == (200, True)


async def test_the_guide_leads_an_empty_organization(owned: Api) -> None:
    owned.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: TransactionPage(
        transactions=(), total=0, page=1, limit=1
    )
    visits = await at_work(owned)
    assert 'href="/setup"' in (await visits.get("/payments")).text
    first = await visits.get("/setup")
    assert "There is no site yet." in texts(first)
    assert first.text.count("Not yet") == 6
    assert 'action="/setup/checkout"' not in first.text

    site = await a_site(visits)
    await visits.select(mode="test")
    test = object_of(await sent(visits, "/providers/new/wire", **WIRE)).rsplit("/", 1)[-1]
    assert "No site offers it" in texts(await visits.get("/setup"))
    await sent(visits, f"{site}/providers", **{f"providerIds[{test}]": "on"})
    page = await visits.get("/setup")
    assert page.text.count("Not yet") == 4
    assert 'action="/setup/checkout"' in page.text

    await visits.select(mode="live")
    refused = await visits.post("/setup/checkout", {"currency": "XYZ", "amount": "1", "externalReference": "x"})
    assert (refused.status_code, 'id="checkout-currency-error"' in refused.text) == (422, True)
    form = {"currency": "eur", "amount": "10,00", "externalReference": "TEST-1", "key": "key-of-a-checkout"}
    made = await visits.post("/setup/checkout", form)
    assert (made.status_code, "https://pay.example/" in made.text) == (200, True)
    [(_, asked, actor, _)] = owned.owners.asked_for(transaction.CREATE_CHECKOUT)
    assert (asked.amount, asked.currency, actor.livemode) == (1000, "EUR", False)

    owned.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: TransactionPage(
        transactions=(a_payment(),), total=1, page=1, limit=1
    )
    assert (await visits.get("/setup")).text.count("Not yet") == 3


@pytest.mark.parametrize("role", ["viewer", "support"])
async def test_refused_actions_are_not_shown_and_forged_ones_answer_403(owned: Api, role: str) -> None:
    organization = await owned.organization()
    key = await owned.key(organization, livemode=True)
    site = f"/sites/{(await owned.site(key))['id']}"
    body = {"type": "wire", **{name: value for name, value in WIRE.items() if name != "enabled"}}
    account = f"/providers/{(await owned.ask('POST', '/providers', key, body)).json()['id']}"
    client = f"/clients/{(await owned.ask('POST', '/clients', key, {'email': 'jane@example.com'})).json()['id']}"
    record = domains.DomainRecord(
        id=ID, name="pay.shop.example", site_id=OTHER_ID, state="pending", cname_target="pay.example", created_at=AT
    )
    owned.owners.answers[domains.GET_DOMAIN.subject] = lambda _: record
    visits = await member(owned, organization, role)
    shown = {path: (await visits.get(path)).text for path in (site, account, f"/domains/{ID}", client)}
    expected = {f"/domains/{ID}/check", f"{client}/edit"} if role == "support" else set()

    offered = {found for text in shown.values() for found in re.findall(r'<form method="post" action="(/[^"]+)"', text)}

    assert offered - {"/select", "/sign-out"} == expected
    forged = {
        "/sites/new", f"{site}/edit", f"{site}/providers", f"{site}/secret", f"{site}/delete",
        "/providers/new/wire", f"{account}/edit-wire", f"{account}/test", f"{account}/register",
        f"{account}/disable", f"{account}/delete", "/domains/new", f"/domains/{ID}/remove", f"/domains/{ID}/check",
        f"{client}/edit", f"{client}/delete", "/setup/checkout",
    } - expected  # fmt: skip
    filled = {**WIRE, "name": "x", "ipnVersion": "2", "siteId": ID, "publishableKey": "pk_live_x"}
    answers = {path: (await visits.post(path, filled)).status_code for path in sorted(forged)}
    assert {path: status for path, status in answers.items() if status != 403} == {}
    assert (await visits.get("/setup")).status_code == 403
    assert 'href="/setup"' not in (await visits.get("/payments")).text


async def _organization(api: Api) -> str:
    """The only organization of the test."""
    row = await api.db.organizations.find_one({})
    return str(row["_id"])
