"""Hosts and origins of web addresses, checked by their form: only letters, digits, dots and hyphens reach a header."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

HOST_CHARACTERS_MAX: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def ascii_host(host: str) -> str | None:
    """The host as it stands in headers: lower case, international names in punycode; None for anything else."""
    address = _address(host)
    if address is not None:
        return address
    try:
        name = host.lower().rstrip(".") if host.isascii() else host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = name.split(".")
    is_name = len(name) <= HOST_CHARACTERS_MAX and all(_LABEL.fullmatch(label) for label in labels)
    # Browsers read a name that ends in a number as an IPv4 address; a malformed one is no host at all.
    return name if is_name and not labels[-1].isdigit() else None


def _address(host: str) -> str | None:
    if "%" in host:
        return None
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


@dataclass(frozen=True)
class WebOrigin:
    """Scheme, host (`ascii_host`) and port of an http or https address; the port is always explicit."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """The origin of a URL or origin; None for ``null``, other schemes, credentials and malformed hosts."""
        try:
            parts = urlsplit(text or "")
            port = parts.port
        except ValueError:
            return None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
            return None
        host = ascii_host(parts.hostname)
        return None if host is None else cls(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}")
