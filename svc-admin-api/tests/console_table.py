"""The pages and actions of the console with the roles that may have them, read from its routes and declarations."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from admin_api.console.admission import Admitted, FormIn
from admin_api.console.api import PREFIX
from admin_api.console.exports import EXPORTS
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.forms.providers import CREATES
from admin_api.console.forms.registry import OBJECT_PAGES, SETTINGS_PAGES
from admin_api.console.listings import LISTINGS
from admin_api.console.visitor import visitor_of
from admin_api.console.web import CONSOLE_ROUTERS, exports, lists, objects
from admin_api.edge.needs import needs_of
from admin_api.web.application import ROUTERS
from gateway_contracts.actor import Role

Operation = tuple[str, str]
_NEEDS: Final = needs_of(ROUTERS, PREFIX)
_PARAMETER: Final = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Entry:
    """A page (GET) or an action (POST).

    Attributes:
        path: with parameters for the ids of objects alone.
        operations: of the API, which it needs; none: every signed-in person has it.
    """

    method: str
    path: str
    operations: tuple[Operation, ...] = ()

    def is_open_to(self, role: Role) -> bool:
        """Whether the role may have it."""
        return all(_NEEDS[PREFIX + path, verb.lower()].is_met_by(role) for verb, path in self.operations)

    def fits(self, path: str) -> bool:
        """Whether an address is one of its addresses."""
        return re.fullmatch(_PARAMETER.sub("[^/]+", self.path), path) is not None


def _declared_lists(path: str) -> Iterator[tuple[str, list[Operation]]]:
    for listing in LISTINGS.values():
        yield path.replace("{slug}", listing.slug), [("GET", listing.path)]


def _documents(path: str) -> Iterator[tuple[str, list[Operation]]]:
    for listing in LISTINGS.values():
        if listing.documents:
            yield path.replace("{slug}", listing.slug), [("GET", listing.documents)]


def _files(path: str) -> Iterator[tuple[str, list[Operation]]]:
    for slug in EXPORTS:
        yield path.replace("{slug}", slug), [("GET", LISTINGS[slug].path)]


def _shown(page: ObjectPage) -> list[Operation]:
    return [("GET", page.path), *(("GET", path) for _, path in page.more)]


def _sent(form: Form) -> Operation:
    return form.verb, form.path


def _pages(pages: dict[str, ObjectPage]) -> Callable[[str], Iterator[tuple[str, list[Operation]]]]:
    def expand(path: str) -> Iterator[tuple[str, list[Operation]]]:
        for page in pages.values():
            if page.path:
                yield path.replace("{slug}", page.slug), _shown(page)

    return expand


def _forms(pages: dict[str, ObjectPage]) -> Callable[[str], Iterator[tuple[str, list[Operation]]]]:
    def expand(path: str) -> Iterator[tuple[str, list[Operation]]]:
        for page in pages.values():
            for form in page.forms:
                named = path.replace("{slug}", page.slug).replace("{form_slug}", form.slug)
                yield named, [_sent(form)]

    return expand


def _creating(path: str) -> Iterator[tuple[str, list[Operation]]]:
    for page in OBJECT_PAGES.values():
        if page.creates:
            yield path.replace("{slug}", page.slug), [_sent(page.creates)]


_OBJECTS, _SETTINGS = dict(OBJECT_PAGES), dict(SETTINGS_PAGES)
_BY_SLUG: Final[dict[Any, Callable[[str], Iterator[tuple[str, list[Operation]]]]]] = {
    lists.show_list: _declared_lists,
    lists.show_document: _documents,
    exports.download: _files,
    objects.show_settings: _pages(_SETTINGS),
    objects.change_settings: _forms(_SETTINGS),
    objects.show_new: _creating,
    objects.create: _creating,
    objects.show_object: _pages(_OBJECTS),
    objects.change_object: _forms(_OBJECTS),
}
"""Routes whose first part of the path names a declaration."""


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def routes() -> list[APIRoute]:
    """All routes of the console, in their order."""
    return [cast(APIRoute, route) for router in CONSOLE_ROUTERS for route in router.routes]


def is_public(route: APIRoute) -> bool:
    """Whether it asks for no visitor: neither by itself nor by its declaration."""
    return not any(call is visitor_of or isinstance(call, Admitted | FormIn) for call in _calls(route.dependant))


def _expanded(route: APIRoute) -> Iterator[tuple[str, list[Operation]]]:
    calls = list(_calls(route.dependant))
    needed = [operation for call in calls if isinstance(call, Admitted) for operation in call.operations]
    forms = next((call for call in calls if isinstance(call, FormIn)), None)
    if route.endpoint in _BY_SLUG:
        yield from _BY_SLUG[route.endpoint](route.path)
    elif forms is not None:
        for form in forms.forms:
            yield route.path.replace("{form_slug}", form.slug), [*needed, *([] if forms.is_own else [_sent(form)])]
    elif "{provider_type}" in route.path:
        yield from ((route.path.replace("{provider_type}", name), needed) for name in CREATES)
    else:
        yield route.path, needed


def _read() -> Iterator[Entry]:
    known: list[Entry] = []
    for route in routes():
        if is_public(route):
            continue
        for method in sorted(route.methods):
            for path, operations in _expanded(route):
                # The first route that fits an address has it.
                if not any(entry.method == method and entry.fits(path) for entry in known):
                    known.append(Entry(method, path, tuple(operations)))
                    yield known[-1]


TABLE: Final = tuple(_read())
PAGES: Final = tuple(entry for entry in TABLE if entry.method == "GET")
ACTIONS: Final = tuple(entry for entry in TABLE if entry.method == "POST")


def entry_of(method: str, path: str) -> Entry | None:
    """The entry that an address belongs to: one without parameters before others."""
    found = [entry for entry in TABLE if entry.method == method and entry.fits(path)]
    return min(found, key=lambda entry: entry.path.count("{"), default=None)
