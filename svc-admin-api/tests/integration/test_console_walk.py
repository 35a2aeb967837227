"""A walk through every page and action of the console for each role, in a browser with a virtual authenticator.

What a role may have is read from the routes (`console_table`). The walk compares it with what pages show, forges what
they do not show, and performs the rest (`walk_plan`).
"""

import pytest
import walk_plan
from admin_world import Api
from console_table import ACTIONS, PAGES
from walk_rig import Walker, walking
from walk_world import build

from gateway_contracts.actor import Role
from gateway_testkit.chromium import CHROMIUM

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


@pytest.mark.parametrize(
    ("role", "extent"),
    [
        pytest.param("viewer", {"pages_max": 5}, id="viewer-bounded"),
        pytest.param("global", {"pages_max": 6}, id="operator-bounded"),
        pytest.param("viewer", {}, id="viewer", marks=pytest.mark.nightly),
        pytest.param("support", {}, id="support", marks=pytest.mark.nightly),
        pytest.param("admin", {}, id="admin", marks=pytest.mark.nightly),
        pytest.param("global", {}, id="operator", marks=pytest.mark.nightly),
    ],
)
async def test_a_role_does_what_it_may_and_nothing_else(owned: Api, role: Role, extent: dict[str, int]) -> None:
    async with walking(await build(owned), role) as walker:
        await walker.follow_links(**extent)
        walker.crawl.require_table(role, is_whole="pages_max" not in extent)
        await refused_pages_are_refused(walker)
        await files_are_answered(walker)
        await forged_actions_are_refused(walker)
        await walker.choose()
        shown = {entry.path for entry in walker.crawl.found() if entry.method == "POST"}
        for path in walk_plan.ACTIONS:
            if path in shown:
                await walker.perform(path)
        assert walker.complaints == []


async def refused_pages_are_refused(walker: Walker) -> None:
    """A page that the role may not see is refused at its address, too."""
    pages = [page for page in PAGES if not page.is_open_to(walker.role)]
    statuses = {page.path: await walker.status(walker.world.address_of(page)) for page in pages}
    assert {path: status for path, status in statuses.items() if status != 403} == {}


async def files_are_answered(walker: Walker) -> None:
    """Files that the role may have are there."""
    files = [page for page in PAGES if page.path in walk_plan.FILES and page.is_open_to(walker.role)]
    statuses = {page.path: await walker.status(walker.world.address_of(page)) for page in files}
    assert {path: status for path, status in statuses.items() if status != 200} == {}


async def forged_actions_are_refused(walker: Walker) -> None:
    """An action that the role may not do is refused, and changes nothing."""
    world, actions = walker.world, [action for action in ACTIONS if not action.is_open_to(walker.role)]
    stored, asked = await world.stored(), len(world.api.owners.asked)
    statuses = {action.path: await walker.forge(action) for action in actions}
    assert {path: status for path, status in statuses.items() if status != 403} == {}
    assert await world.stored() == stored
    assert {subject for subject, *_ in world.api.owners.asked[asked:]} - walker.reads == set()
