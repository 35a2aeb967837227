"""Pages show each role everything that the routes allow it, and nothing else: without a browser, for every page.

`test_console_walk.py` does the same in a browser, and performs the actions.
"""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from admin_world import Api
from console_crawl import Crawl, Loaded
from console_table import TABLE, Entry
from console_visits import Visits
from walk_world import World, build

from gateway_contracts.actor import Role

pytestmark = pytest.mark.integration
# The pattern of a row, which scripts fill in, has a link that is hidden.
LINK = re.compile(r'<a (?![^>]* hidden>)[^>]*href="(/[^"]*)"')
FORM = re.compile(r'<form method="post" action="([^"]+)"')


async def at_work(world: World, role: Role) -> Visits:
    """A person with that role, who has signed in twice."""
    invited = await world.invitation(role, email="walker@example.com", name="Wanda Walker")
    visits = Visits(world.api)
    assert (await visits.register(invited["token"])).status_code == 200
    assert (await visits.sign_in()).status_code == 200
    await visits.select(organization=world.organization_id)
    return visits


@pytest.mark.parametrize(
    "role", ["viewer", "global", *(pytest.param(role, marks=pytest.mark.nightly) for role in ("support", "admin"))]
)
async def test_pages_show_what_the_role_may_have_and_the_rest_is_refused(owned: Api, role: Role) -> None:
    world = await build(owned)
    visits = await at_work(world, role)

    async def load(path: str) -> Loaded:
        page = await visits.get(path)
        links = [urlsplit(link).path for link in LINK.findall(page.text)]
        return Loaded(page.status_code, links, FORM.findall(page.text))

    crawl = Crawl(load)
    await crawl.follow_links()
    crawl.require_table(role, is_whole=True)

    refused = [entry for entry in TABLE if not entry.is_open_to(role)]
    stored, asked = await world.stored(), len(owned.owners.asked)
    statuses = {entry: (await _sent(entry, world, visits)).status_code for entry in refused}
    assert {entry: status for entry, status in statuses.items() if status != 403} == {}
    assert (await world.stored(), owned.owners.asked[asked:]) == (stored, [])


async def _sent(entry: Entry, world: World, visits: Visits) -> httpx.Response:
    address = world.address_of(entry)
    return await (visits.get(address) if entry.method == "GET" else visits.post(address))
