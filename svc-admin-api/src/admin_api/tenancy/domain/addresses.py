"""From which networks a key may be used."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from gateway_contracts.errors import Invalid

NETWORKS_MAX: Final = 50


def checked_networks(texts: Sequence[str]) -> tuple[str, ...]:
    """Networks in their canonical form (CIDR), each once; a bare address is a network of one.

    Raises:
        Invalid: not an address or network, or one with bits set beyond its prefix.
    """
    if len(texts) > NETWORKS_MAX:
        raise Invalid.field("ipAllowList", f"has more than {NETWORKS_MAX} entries")
    networks = []
    for index, text in enumerate(texts):
        try:
            networks.append(str(ipaddress.ip_network(text.strip())))
        except ValueError:
            message = "must be an address or a network, such as 203.0.113.7 or 203.0.113.0/24"
            raise Invalid.field(f"ipAllowList[{index}]", message, code="NETWORK_INVALID") from None
    return tuple(dict.fromkeys(networks))


def is_allowed_from(address: str, networks: Sequence[str]) -> bool:
    """Whether the address lies in one of the networks; no networks mean anywhere. An unknown address is nowhere."""
    if not networks:
        return True
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(known, "ipv4_mapped", None) or known
    return any(plain in ipaddress.ip_network(network) for network in networks)
