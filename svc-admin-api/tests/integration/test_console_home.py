"""The first page of the console over HTTP; svc-reporting answers from memory."""

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from owned_objects import OTHER_ID

from gateway_contracts.errors import Invalid, Transient
from gateway_contracts.requests import reporting, transaction

pytestmark = pytest.mark.integration


async def at_work(api: Api, role: str = "viewer") -> Visits:
    """A member of an organization."""
    return await member(api, await api.organization(), role)


async def test_the_first_page_compares_figures_with_the_period_before(owned: Api) -> None:
    page = await (await at_work(owned)).get("/")

    assert page.status_code == 200
    shown = texts(page)
    for text in ("€4,350.00", "+9 %", "before: €4,000.00", "¥120,000", "97.0 %", "80.0 %", "By hand"):
        assert text in shown, text
    assert "\N{MINUS SIGN}50 %" in shown
    assert 'href="/cases?status=open"' not in page.text
    assert page.text.count("<rect") == 60
    assert "style=" not in page.text


async def test_filters_are_in_the_address_and_lead_to_filtered_lists(owned: Api) -> None:
    visits = await at_work(owned, "support")
    site = "a" * 24

    page = await visits.get(f"/?from=2026-01-01&to=2026-01-31&currency=eur&siteId={site}&unknown=1")

    [(_, asked, *_)] = owned.owners.asked_for(reporting.SUMMARY)
    assert (str(asked.from_day), str(asked.to_day)) == ("2026-01-01", "2026-01-31")
    assert (asked.currency, asked.site_id) == ("EUR", site)
    link = f"/payments?from=2026-01-01&to=2026-02-01&currency=eur&siteId={site}&providerId={OTHER_ID}&status=failed"
    assert link.replace("&", "&amp;") in page.text
    assert 'value="2026-01-31"' in page.text
    # The list of payments has the same filters.
    await visits.get(link)
    [(_, listed, *_)] = owned.owners.asked_for(transaction.LIST_TRANSACTIONS)
    assert (listed.provider_id, listed.site_id, listed.currency, listed.status) == (OTHER_ID, site, "EUR", "failed")
    assert 'href="/cases?status=open"' in page.text


async def test_an_impossible_period_is_said_at_its_field(owned: Api) -> None:
    visits = await at_work(owned)
    answer = await visits.get("/?from=yesterday")
    assert answer.status_code == 422
    assert 'id="filter-from-error"' in answer.text

    def refused(_: object) -> object:
        raise Invalid.field("from", "must be at most 92 days before to, and not after it", code="PERIOD_INVALID")

    owned.owners.answers[reporting.SUMMARY.subject] = refused
    answer = await visits.get("/?from=2026-01-01")
    assert answer.status_code == 422
    assert "at most 92 days" in answer.text


async def test_without_figures_the_page_leads_to_everything_else(owned: Api) -> None:
    def silent(_: object) -> object:
        raise Transient("svc-reporting does not answer", code="SERVICE_UNAVAILABLE")

    owned.owners.answers[reporting.SUMMARY.subject] = silent
    page = await (await at_work(owned)).get("/")
    assert page.status_code == 200
    assert "Figures are not available" in page.text
    assert 'href="/payments"' in page.text


async def test_the_endpoint_answers_with_days_and_null_rates(owned: Api) -> None:
    organization = await owned.organization()
    key = await owned.key(organization, "transaction:read")
    answer = await owned.ask("GET", "/reports/summary?from=2026-01-01&to=2026-01-02", key)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["period"] == {"firstDay": "2026-01-01", "lastDay": "2026-01-02"}
    assert body["providers"][1]["previous"]["successRate"] is None
    refused = await owned.ask("GET", "/reports/summary?currency=XXX", key)
    assert (refused.status_code, refused.json()["code"]) == (422, "CURRENCY_UNKNOWN")
    other = await owned.key(organization, "event:read")
    assert (await owned.ask("GET", "/reports/summary", other)).status_code == 403
