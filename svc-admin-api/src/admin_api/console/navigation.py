"""The sections of the console: what the bar of links shows, in its order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from admin_api.console.admission import is_admitted
from admin_api.console.forms.form import is_of_installation
from admin_api.console.listings import LISTINGS
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

_WORK: Final = "work"
_SETTINGS: Final = "settings"


@dataclass(frozen=True)
class Place:
    """One link.

    Attributes:
        slug: first part of the path; empty: the first page.
        needs: the operation of the API that the page is for, below ``/api/v1``; None: open to every signed-in person.
    """

    slug: str
    title: str
    needs: str | None = None
    verb: str = "GET"


PLACES: Final = (
    Place("", N_("Home"), "/reports/summary"),
    *(
        Place(listing.slug, listing.title, listing.path)
        for listing in LISTINGS.values()
        if listing.section == _WORK and not is_of_installation(listing.path)
    ),
    Place("events", N_("Events"), "/events"),
    Place("why", N_("Why?"), "/explanations/{subject_id}"),
    Place("setup", N_("Set-up"), "/sites", "POST"),
    Place("operations", N_("Operations"), "/operations/report"),
    *(
        Place(listing.slug, listing.title, listing.path)
        for listing in LISTINGS.values()
        if listing.section == _WORK and is_of_installation(listing.path)
    ),
    Place(_SETTINGS, N_("Settings")),
)


def places_for(visitor: Visitor) -> Iterator[Place]:
    """The links that lead this visitor somewhere."""
    for place in PLACES:
        if place.needs is None or is_admitted(visitor, place.verb, place.needs):
            yield place


def place_of(path: str) -> str:
    """The slug of the section that a page belongs to."""
    slug = path.split("/")[1]
    listing = LISTINGS.get(slug)
    return _SETTINGS if listing is not None and listing.section != _WORK else slug
