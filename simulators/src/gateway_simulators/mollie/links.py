"""The links that Mollie's objects carry."""

from typing import Final

from gateway_simulators.store import Json

DASHBOARD: Final = "https://www.mollie.com/dashboard/org_12345678"
_REFERENCE: Final = "https://docs.mollie.com/reference"


def hal(href: str) -> Json:
    """To another resource of the API."""
    return {"href": href, "type": "application/hal+json"}


def page(href: str) -> Json:
    """To a page for people."""
    return {"href": href, "type": "text/html"}


def documentation(name: str) -> Json:
    """To the page of Mollie's reference about a call."""
    return page(f"{_REFERENCE}/{name}")
