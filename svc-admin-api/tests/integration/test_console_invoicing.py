"""Numbers to come, readiness for electronic invoices, and registers in the console, over HTTP."""

import re
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from documents_world import readiness, registers, settings_answers

from gateway_contracts.requests import invoice_settings

pytestmark = pytest.mark.integration
PAGE = "/settings/invoicing"
NEXT = f"{PAGE}/next-number"


@pytest.fixture
def answers(api: Api) -> dict[str, Any]:
    api.owners.answers |= settings_answers()
    return api.owners.answers


async def at_work(api: Api, role: str = "admin") -> Visits:
    return await member(api, await api.organization(), role)


async def test_documents_get_language_terms_and_footer(api: Api, answers: dict[str, Any]) -> None:
    visits = await at_work(api)
    form = {
        "enabled": "on",
        "locale": "de",
        "paperFormat": "a4",
        "paymentTerms": "14 Tage netto",
        "paymentTermDays": "14",
        "footer": "Danke.\r\nBis bald.",
    }
    assert (await visits.post(f"{PAGE}/general", form)).status_code == 303
    page = (await visits.get(PAGE)).text
    for value in ('value="de" selected', 'value="a4" selected', "14 Tage netto", 'value="14"', "Danke.\nBis bald."):
        assert value in page
    odd = await visits.post(f"{PAGE}/general", form | {"paymentTermDays": "-1"})
    assert (odd.status_code, 'id="general-paymentTermDays-error"' in odd.text) == (422, True)


async def test_a_site_has_prefixes_and_a_footer_of_its_own(api: Api) -> None:
    organization_id = await api.organization()
    site = (await api.site(await api.key(organization_id, livemode=True)))["id"]
    visits = await member(api, organization_id, "admin")
    form = {
        "name": "Tea",
        "ipnVersion": "2",
        "settings.invoicePrefix": "TEA-",
        "settings.documentFooter": "Tea is good.",
    }
    assert (await visits.post(f"/sites/{site}/edit", form)).status_code == 303
    page = await visits.get(f"/sites/{site}")
    assert "Prefix of invoice numbers TEA-" in texts(page)
    assert "Tea is good." in texts(page)


async def test_the_next_numbers_are_shown_and_tried(api: Api, answers: dict[str, Any]) -> None:
    visits = await at_work(api)
    shown = texts(await visits.get(PAGE))
    assert ("INV-2026-00043" in shown, "CN-2026-00043" in shown) == (True, True)
    typed = {"form": "invoice-numbers", "invoiceNumberLayout.prefix": "", "invoiceNumberLayout.resetPolicy": "never"}
    query = "&".join(f"{name}={value}" for name, value in typed.items())
    assert (await visits.get(f"{NEXT}?{query}")).json() == {"number": "2026-00043"}
    refused = await visits.get(f"{NEXT}?{query}&invoiceNumberLayout.periodType=none".replace("never", "calendar_year"))
    assert refused.json() == {"problem": "the number does not show that period"}
    assert (await visits.get(f"{NEXT}?form=other")).status_code == 404


async def test_what_is_missing_leads_to_its_input(api: Api, answers: dict[str, Any]) -> None:
    visits = await at_work(api)
    page = await visits.get(PAGE)
    [link] = re.findall(r'<a href="([^"]+)">A bank account with a valid IBAN</a>', page.text)
    assert link == f"{PAGE}?open=company#company-bankIBAN.plaintext"
    opened = (await visits.get(link.partition("#")[0])).text
    assert re.search(r'<details class="action" open>\s*<summary>Change the legal details', opened)
    assert 'id="company-bankIBAN.plaintext"' in opened
    assert opened.count('<details class="action" open>') == 1

    answers[invoice_settings.GET_READINESS.subject] = lambda _: readiness("A_NEW_RULE", "companyName")
    assert "It is missing." in texts(await visits.get(PAGE))
    del answers[invoice_settings.GET_READINESS.subject]
    assert (await visits.get(PAGE)).status_code == 200


async def test_the_check_names_the_row_that_does_not_hold(api: Api, answers: dict[str, Any]) -> None:
    visits = await at_work(api)
    assert 'href="/settings/registers"' in (await visits.get(PAGE)).text
    whole = texts(await visits.get("/settings/registers"))
    assert (whole.count("The chain holds"), "Rows checked: 40" in whole) == (2, True)
    broken = invoice_settings.RegisterProblem(
        code="row_changed", position=17, number="INV-2026-00017", document_id="d" * 24, sentence="it was changed"
    )
    answers[invoice_settings.CHECK_REGISTERS.subject] = lambda _: registers(broken)
    shown = texts(await visits.get("/settings/registers"))
    assert "17 INV-2026-00017 It was changed after it was sealed." in shown
    assert shown.count("The chain does not hold") == 1
    assert (await (await at_work_as(api, "support")).get("/settings/registers")).status_code == 403


async def at_work_as(api: Api, role: str) -> Visits:
    return await member(api, await api.organization("Other GmbH"), role)
