"""The settings: everything that is neither daily work nor a person's own account."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from admin_api.console.admission import is_admitted
from admin_api.console.forms.registry import SETTINGS_PAGES
from admin_api.console.listing import Section
from admin_api.console.listings import LISTINGS
from admin_api.console.rendering import Page, render
from admin_api.console.routing import VisitorIn, page_router
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

router = page_router()
SECTIONS: Final[dict[Section, str]] = {
    "organization": N_("Organization"),
    "shop": N_("Shops"),
    "installation": N_("Installation"),
}


@router.get("/settings")
async def show(request: Request, visitor: VisitorIn) -> Response:
    """Links to the settings that the visitor may see, by section."""
    sections = [(title, _links(section, visitor)) for section, title in SECTIONS.items()]
    shown = {"sections": [(title, links) for title, links in sections if links]}
    return render(Page("settings.html", N_("Settings"), visitor, shown), request)


def _links(section: Section, visitor: Visitor) -> list[tuple[str, str]]:
    """Addresses and titles."""
    pages = [(f"/settings/{page.slug}", page.title, page.path, page.section) for page in SETTINGS_PAGES.values()]
    lists = [(f"/{listing.slug}", listing.title, listing.path, listing.section) for listing in LISTINGS.values()]
    return [
        (address, title)
        for address, title, path, place in (*pages, *lists)
        if place == section and is_admitted(visitor, "GET", path)
    ]
