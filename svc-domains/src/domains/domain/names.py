"""Which names can be a merchant's checkout domain."""

import ipaddress
import re
from typing import Final

from domains.errors import DomainNameInvalid
from gateway_contracts.web_hosts import HOST_CHARACTERS_MAX

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Names under these never exist in the public DNS (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's .internal).
_PRIVATE_TLDS: Final = frozenset({"localhost", "local", "internal", "invalid", "onion", "arpa"})


def check_name(name: str, *, is_public_suffix: bool, reserved: tuple[str, ...]) -> None:
    """Takes the ASCII form in lower case, without a dot at the end.

    Raises:
        DomainNameInvalid: not a host name, an address, a private name, a public suffix, or one of our own.
    """
    if _is_address(name):
        raise DomainNameInvalid("an IP address is not a domain")
    labels = name.split(".")
    if len(name) > HOST_CHARACTERS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise DomainNameInvalid("not a host name; give it without scheme, port, path and wildcard")
    if labels[-1] in _PRIVATE_TLDS:
        raise DomainNameInvalid(f"names under .{labels[-1]} are not public")
    if len(labels) < 2 or labels[-1].isdigit() or is_public_suffix:
        raise DomainNameInvalid("must be a domain that you own, such as pay.example.com")
    if any(name == own or name.endswith(f".{own}") for own in reserved):
        raise DomainNameInvalid("this name belongs to the gateway")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
