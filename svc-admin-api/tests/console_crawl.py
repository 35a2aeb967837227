"""Pages of the console as one person finds them: by links, from the first page on."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import walk_plan
from console_table import TABLE, Entry, entry_of

from gateway_contracts.actor import Role

PAGES_MAX: Final = 1_000
_OUTSIDE: Final = {"/api/v1/docs", "/sign-in"}
"""Pages that need no session."""


@dataclass(frozen=True)
class Loaded:
    """One page: paths of its links, and of its forms that change something."""

    status: int
    links: list[str]
    actions: list[str]


@dataclass
class Crawl:
    """Pages, links and actions that one person finds.

    Attributes:
        shown: the page that shows an action, by the action's address.
        links: addresses that pages link to, each with one of these pages.
        visited: addresses of pages that were loaded.
    """

    load: Callable[[str], Awaitable[Loaded]]
    shown: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)

    async def follow_links(self, *, pages_max: int = PAGES_MAX, addresses_max: int = 8) -> None:
        """Load every page that links lead to, in their order.

        Args:
            addresses_max: of one page; what can be done with the objects of a list differs.
        """
        waiting = ["/"]
        while waiting and len(self.visited) < pages_max:
            path = waiting.pop(0)
            page = await self.load(path)
            assert page.status == 200, f"{path}: {page.status}; linked by {self.links.get(path)}"
            self.visited.append(path)
            self.shown |= {action: path for action in page.actions if action not in self.shown}
            self.links |= {link: path for link in page.links if link not in self.links}
            found = [link for link in self.links if link not in self.visited and link not in waiting]
            for link in found:
                if self._is_worth_it(link, waiting, addresses_max):
                    waiting.append(link)

    def _is_worth_it(self, path: str, waiting: list[str], addresses_max: int) -> bool:
        entry = entry_of("GET", path)
        if entry is None or entry.path in walk_plan.FILES:
            return False
        return sum(map(entry.fits, (*self.visited, *waiting))) < addresses_max

    def found(self) -> set[Entry]:
        """Entries of the table that pages link to, or show."""
        return _entries("GET", self.links) | _entries("POST", self.shown)

    def require_table(self, role: Role, *, is_whole: bool) -> None:
        """Require that pages show nothing that the role may not have; with ``is_whole``, everything that it may."""
        found = self.found()
        assert {entry for entry in found if not entry.is_open_to(role)} == set(), "shown, and refused"
        missing = {entry.path for entry in TABLE if entry.is_open_to(role) and entry not in found}
        assert not is_whole or missing <= walk_plan.STREAMS | walk_plan.NEVER_SHOWN.keys(), f"not shown: {missing}"


def _entries(method: str, addresses: Iterable[str]) -> set[Entry]:
    found = {address: entry_of(method, address) for address in addresses if address not in _OUTSIDE}
    unknown = [address for address, entry in found.items() if entry is None]
    assert unknown == [], f"no route has {unknown}"
    return {entry for entry in found.values() if entry}
