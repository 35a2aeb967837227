"""axe finds nothing on any page that a role reaches by links."""

import pytest
from admin_world import Api
from axe_rig import findings, load, shown_to
from console_visits import Visits, member, operator

from admin_api.console.rendering import ASSETS_PATH
from gateway_testkit.chromium import CHROMIUM
from gateway_testkit.nightly import IS_NIGHTLY

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
PAGES_MAX = 200
ROLES = ("viewer", "support", "admin", "operator")
WITHOUT_SESSION = ("/sign-in", "/register")
NO_PAGES = ("/api/", ASSETS_PATH)


async def pages_of(visits: Visits, **options: object) -> tuple[list[str], list[str]]:
    """All pages that links lead to from the first one, and the findings in both colour schemes."""
    waiting, seen, found = ["/"], list[str](), list[str]()
    async with shown_to(visits, **options) as page:
        while waiting and len(seen) < PAGES_MAX:
            path = waiting.pop(0)
            seen.append(path)
            links = await load(page, path)
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)
                found += [f"{scheme} {each}" for each in await findings(page)]
            new = {link for link in links if not link.startswith(NO_PAGES) and not link.endswith("/pdf")}
            waiting += sorted(new - {*seen, *waiting})
    return seen, found


@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=() if role == "admin" else pytest.mark.nightly) for role in ROLES]
)
async def test_pages_of_a_role_have_no_finding(owned: Api, role: str) -> None:
    organization_id = await owned.organization()
    if role == "operator":
        visits = await operator(owned)
        await visits.select(organization=organization_id)
    else:
        visits = await member(owned, organization_id, role)

    seen, found = await pages_of(visits, locale="de-DE" if IS_NIGHTLY else "en-GB")

    assert found == []
    assert len(seen) > 8, seen


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
