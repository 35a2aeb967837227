"""URLs that a merchant may give: one rule for the API that takes them and the owner that keeps them."""

import ipaddress
from urllib.parse import urlsplit

from gateway_contracts.limits import URL_BYTES_MAX
from gateway_contracts.texts import utf8_size
from gateway_contracts.web_hosts import ascii_host


def url_problem(text: str, *, is_http_allowed: bool) -> str | None:
    """Problem of an absolute URL, or None. Plain http is always fine for this machine's own addresses."""
    if utf8_size(text) > URL_BYTES_MAX:
        return f"must be at most {URL_BYTES_MAX} bytes"
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in text):
        return "must not contain spaces, backslashes or control characters"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "must be an absolute https URL"
    if parts.scheme not in {"http", "https"} or not host:
        return "must be an absolute https URL"
    if parts.username is not None or parts.password is not None:
        return "must not contain credentials"
    if ascii_host(host) is None:
        return "must name a host of letters, digits, dots and hyphens, or an IP address"
    if parts.scheme == "http" and not is_http_allowed and not _is_loopback(host):
        return "must use https"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
