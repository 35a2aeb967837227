"""Pages about failures fit every screen, in both languages and colour schemes, and have no barrier that axe finds:
notifications, certificates, operations, and spans below the steps of an explanation."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from admin_world import Api
from axe_rig import findings, load, shown_to
from console_browser import keep_picture
from console_visits import operator
from console_world import a_failed_delivery
from events_world import MemoryLog, events_over
from explained_order import DECLINED, an_order, answer_in
from operations_world import AT, MemoryInspector, a_report
from owned_objects import ID
from traced import TRACE, a_payment_traced

from gateway_contracts.config import DomainConfig
from gateway_contracts.requests import domains, ipn, trail
from gateway_contracts.requests.ipn import DeliveryPage
from gateway_kit.health_report.finding import Finding
from gateway_testkit.chromium import CHROMIUM

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
SCREENS: list[dict[str, Any]] = [
    {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light"},
]
NAMES = ("pay.a-very-long-name-of-a-tea-shop.example", "pay.brand.example", "pay.old.example", "pay.new.example")
CERTIFICATES = (
    domains.CertificateRecord(state="missing", checked_at=AT, failure="refused"),
    domains.CertificateRecord(state="expiring", checked_at=AT, valid_until=AT + timedelta(days=9), issuer="Authority"),
    domains.CertificateRecord(state="valid", checked_at=AT, valid_until=AT + timedelta(days=80), issuer="Authority"),
    None,
)
PATHS = ("/deliveries?state=exhausted", "/domains", f"/domains/{ID}", "/operations", f"/why/{DECLINED}")


def a_domain(number: int) -> domains.DomainRecord:
    return domains.DomainRecord(
        id=f"{ID[:-1]}{number}",
        name=NAMES[number],
        site_id=ID,
        state="active",
        cname_target="checkout.gateway.example",
        certificate=CERTIFICATES[number],
        created_at=AT,
        checked_at=AT,
    )


@pytest.fixture
async def failing(owned: Api) -> Api:
    """A shop and an installation with all of it."""
    answers = owned.owners.answers
    answer_in(answers)
    declined = an_order().payments[1]
    traced = [entry.model_copy(update={"trace_id": TRACE}) for entry in declined.changes]
    order = an_order(declined.model_copy(update={"changes": tuple(traced)}))
    answers[trail.GET_TRAIL.subject] = lambda _: order
    rows = (a_failed_delivery(), a_failed_delivery().model_copy(update={"state": "waiting", "attempts": ()}))
    explained = answers[ipn.LIST_DELIVERIES.subject]
    answers[ipn.LIST_DELIVERIES.subject] = lambda query: (
        explained(query)
        if query.transaction_id
        else DeliveryPage(deliveries=rows, total=2, page=1, limit=50, next_cursor="more")
    )
    found = tuple(a_domain(number) for number in range(len(NAMES)))
    answers[domains.LIST_DOMAINS.subject] = lambda _: domains.DomainPage(domains=found, total=4, page=1, limit=50)
    answers[domains.GET_DOMAIN.subject] = lambda _: found[0]
    answers[domains.LIST_CERTIFICATES.subject] = lambda _: domains.DomainCertificates(
        domains=tuple(domains.DomainCertificate(name=one.name, certificate=one.certificate) for one in found),
        is_complete=True,
    )
    owned.domains |= {
        name: DomainConfig(name=name, organization_id="a" * 24, site_id=ID, version=1, state="active") for name in NAMES
    }
    memory = Finding(
        "database_memory_size",
        "ok",
        "The database takes %(memory)s of %(limit)s of memory.",
        facts={"memory": "812 MiB", "limit": "2,048 MiB"},
    )
    report = a_report(findings=[*a_report().findings, memory])
    log = MemoryLog()
    a_payment_traced(log)
    operations = replace(owned.deps.operations, inspector=MemoryInspector(report))
    owned.deps = owned.applications[0].state.deps = replace(owned.deps, events=events_over(log), operations=operations)
    return owned


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(SCREENS[0], id="small-dark-german"),
        pytest.param(SCREENS[1], id="wide-light-english", marks=pytest.mark.nightly),
    ],
)
async def test_pages_about_failures_fit_and_have_no_finding(failing: Api, options: dict[str, Any]) -> None:
    organization_id = await failing.organization()
    width = options["viewport"]["width"]
    visits = await operator(failing)
    await visits.select(organization=organization_id)
    if width == 320:
        await visits.select(language="de")

    async with shown_to(visits, **options) as page:
        for number, path in enumerate(PATHS):
            await load(page, path)
            await page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true })")
            await keep_picture(page, f"failures-{width}-{number}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert await findings(page) == []
