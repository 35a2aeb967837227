"""The addresses of a running stack that people open: each answers a GET with 200."""

from typing import Any

from gateway_embedded.layout import Layout, read_json

_REFERENCE = "/api/v1/docs"
_HEALTH = "/health"


def addresses(stack: dict[str, Any]) -> dict[str, str]:
    """Addresses by what is there. Those under ``localhost`` go through Caddy, with the stack's own certificate."""
    urls, edge = stack["urls"], stack["edge"]
    shown = {
        "merchants' API": urls["adminApi"] + _REFERENCE,
        "customers' API": urls["checkoutApi"] + _HEALTH,
        "edge: merchants": edge["adminBackend"] + _REFERENCE,
        "edge: operators": edge["adminFrontend"] + _HEALTH,
        "edge: pages": edge["mainFrontend"] + _HEALTH,
        "edge: webhooks": edge["mainBackend"] + _HEALTH,
        "demo shop": stack["merchant"]["url"] + "/received",
        "mail sink": stack["mail"]["url"] + "/",
    }
    return shown | {name: f"{url}/_sim/health" for name, url in stack["simulators"].items()}


def describe(layout: Layout) -> str:
    """The addresses as lines of text, with the files that belong to them."""
    stack = read_json(layout.descriptor)
    lines = [f"  {name:<16} {url}" for name, url in addresses(stack).items()]
    lines.append(f"  {'certificate':<16} {stack['edge']['caCert']}")
    lines.append(f"  {'descriptor':<16} {layout.shown(layout.descriptor)} (every address, the demo's keys)")
    return "\n".join(lines)


def how_to_end(layout: Layout) -> str:
    """Processes that keep running, and the commands for it."""
    count = len(read_json(layout.descriptor)["processes"])
    return f"{count} processes keep running. `make status` lists them, `make down` ends them and keeps the data."
