"""Network addresses: their form, and which of them an outbound request to a foreign URL may reach.

A merchant chooses the URL, we make the request from inside our network: without this list a merchant could read our
metadata service or talk to our database. The list follows the IANA special-purpose registries, closed by default for
IPv6 (only global unicast is open).
"""

import functools
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_CLOSED_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; also one cloud's metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent, on a public address
        "169.254.0.0/16",  # link-local; most clouds' metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; one cloud's metadata service
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_OPEN_V6: Final = IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, among them Teredo (carries an IPv4 address)
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 (carries an IPv4 address)
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
# The interface identifiers of ISATAP: the last 32 bits are an IPv4 address inside the site.
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})

_PRIVATE_V4: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PRIVATE_V6: Final = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))
# Inside the unique local range, but a metadata service.
_METADATA_V6: Final = IPv6Network("fd00:ec2::/32")


@functools.lru_cache(maxsize=4096)
def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; None for a text that is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # An IPv4 peer on a dual-stack socket appears as ::ffff:a.b.c.d.
    return getattr(address, "ipv4_mapped", None) or address


def is_open(address: str, *, allow_private: bool = False) -> bool:
    """Whether a request may go to that address (text of an IP address, a scope id is allowed).

    ``allow_private`` opens loopback and private networks for development; link-local, metadata, multicast and reserved
    addresses stay closed. Text that is no address is closed.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_open_v4(parsed, allow_private=allow_private)
    return _is_open_v6(parsed, allow_private=allow_private)


def _is_open_v4(address: IPv4Address, *, allow_private: bool) -> bool:
    if allow_private and any(address in network for network in _PRIVATE_V4):
        return True
    return not any(address in network for network in _CLOSED_V4)


def _is_open_v6(address: IPv6Address, *, allow_private: bool) -> bool:
    if address in _MAPPED or address in _NAT64:
        # The packet ends at the IPv4 address inside.
        return _is_open_v4(IPv4Address(int(address) & 0xFFFFFFFF), allow_private=allow_private)
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return False
    if allow_private and address not in _METADATA_V6 and any(address in network for network in _PRIVATE_V6):
        return True
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)
