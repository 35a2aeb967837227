"""Addresses of the processes of an installation."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from gateway_contracts.services import SERVICES

SERVICES_VARIABLE: Final = "GATEWAY_SERVICES"
EXAMPLE: Final = "svc-ipn=http://svc-ipn:9100"

Addresses = Mapping[str, Sequence[str]]
"""By service, in the order of the declaration."""


def parse_addresses(text: str) -> Addresses:
    """Entries such as ``svc-ipn=http://svc-ipn:9100``, separated by blanks or commas.

    Raises:
        ValueError: an entry names no service or has no address; the message is for the operator.
    """
    known = {spec.name: list[str]() for spec in SERVICES}
    for entry in text.replace(",", " ").split():
        name, _, url = entry.partition("=")
        if name not in known or urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError(f"{SERVICES_VARIABLE} has entries such as {EXAMPLE}, and not {entry!r}.")
        known[name].append(url.rstrip("/"))
    return known


def without_credentials(url: str) -> str:
    """Host and port of an address: credentials are never shown."""
    return urlsplit(url).netloc.rpartition("@")[2] or "the configured address"
