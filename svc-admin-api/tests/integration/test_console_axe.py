"""axe finds nothing on any page that a role reaches by links."""

from dataclasses import replace
from typing import Final, Literal

import pytest
from admin_world import Api
from axe_rig import findings, load, shown_to
from console_visits import Visits, member, operator
from events_world import MemoryLog, an_event, events_over
from invoices_world import DRAFT, NOTE, OPEN, PAID, answer_documents
from traced import a_payment_traced

from admin_api.console.rendering import ASSETS_PATH
from gateway_testkit.chromium import CHROMIUM
from gateway_testkit.nightly import IS_NIGHTLY

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
# Links of the navigation come first.
PAGES_MAX = 200 if IS_NIGHTLY else 14
ROLES = ("viewer", "support", "admin", "operator")
WITHOUT_SESSION = ("/sign-in", "/register")
NO_PAGES = ("/api/", ASSETS_PATH)
FILES = ("/pdf", ".pdf", ".xml", ".csv")
DOCUMENT_PAGES = (
    f"/invoices/{OPEN}",
    f"/invoices/{DRAFT}",
    f"/invoices/{DRAFT}/edit",
    f"/invoices/{PAID}",
    f"/credit-notes/{NOTE}",
    "/invoices/new",
)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


async def pages_of(visits: Visits, **options: object) -> tuple[list[str], list[str]]:
    """All pages that links lead to from the first one, and the findings: each page in one of the colour schemes, and at
    night in both."""
    waiting, seen, found = ["/"], list[str](), list[str]()
    async with shown_to(visits, **options) as page:
        while waiting and len(seen) < PAGES_MAX:
            path = waiting.pop(0)
            seen.append(path)
            links = await load(page, path)
            for scheme in SCHEMES if IS_NIGHTLY else SCHEMES[len(seen) % 2 :][:1]:
                await page.emulate_media(color_scheme=scheme)
                found += [f"{scheme} {each}" for each in await findings(page)]
            new = {link for link in links if not link.startswith(NO_PAGES) and not link.endswith(FILES)}
            waiting += sorted(new - {*seen, *waiting})
    return seen, found


@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=() if role == "admin" else pytest.mark.nightly) for role in ROLES]
)
async def test_pages_of_a_role_have_no_finding(owned: Api, role: str) -> None:
    organization_id = await owned.organization()
    log = MemoryLog()
    owned.deps = owned.applications[0].state.deps = replace(owned.deps, events=events_over(log))
    log.publish(an_event("invoice.issued.v1", organization_id, livemode=True))
    a_payment_traced(log)
    if role == "operator":
        visits = await operator(owned)
        await visits.select(organization=organization_id)
    else:
        visits = await member(owned, organization_id, role)

    seen, found = await pages_of(visits, locale="de-DE" if IS_NIGHTLY else "en-GB")

    assert found == []
    assert len(seen) > 8, seen


async def test_pages_of_documents_have_no_finding(owned: Api) -> None:
    answer_documents(owned)
    visits = await member(owned, await owned.organization(), "admin")
    found = list[str]()
    async with shown_to(visits) as page:
        for number, path in enumerate(DOCUMENT_PAGES):
            await load(page, path)
            await page.emulate_media(color_scheme=SCHEMES[number % 2])
            await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            found += await findings(page)
    assert found == []


async def test_pages_without_a_session_have_no_finding(owned: Api) -> None:
    async with shown_to(Visits(owned)) as page:
        for path in WITHOUT_SESSION:
            await load(page, path)
            assert await findings(page) == []


async def test_axe_is_at_work_on_a_page_with_its_styles(owned: Api) -> None:
    async with shown_to(Visits(owned)) as page:
        await load(page, "/sign-in")
        assert await page.evaluate("document.styleSheets[0].cssRules.length") > 0
        await page.evaluate("document.querySelector('main').append(document.createElement('img'))")
        assert [each for each in await findings(page) if "image-alt" in each]
