"""Every range that an outbound request must not reach."""

from ipaddress import ip_network

import pytest

from gateway_kit.http.addresses import is_open

UNSPECIFIED = "0.0.0.0"  # noqa: S104 - an address under test, nothing is bound
CLOSED_V4 = [
    UNSPECIFIED,
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
OPEN_V4 = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
]
CLOSED_V6 = [
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "64:ff9b:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2a00:1450::5efe:a00:1",
    "2a00:1450::200:5efe:808:808",
]
NOT_ADDRESSES = ["", "localhost", "2130706433", "0x7f.1", "127.1", "1.2.3.4.5", "example.org", "[::1]"]


@pytest.mark.parametrize("address", CLOSED_V4 + CLOSED_V6 + NOT_ADDRESSES)
def test_closed(address: str) -> None:
    assert not is_open(address)


@pytest.mark.parametrize("address", [*OPEN_V4, "2a00:1450:4001:80b::200e", "2606:4700:4700::1111", "2600::1"])
def test_open(address: str) -> None:
    assert is_open(address)


@pytest.mark.parametrize("address", CLOSED_V4)
@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_a_closed_address_inside_another_is_closed(prefix: str, address: str) -> None:
    assert not is_open(prefix + address)


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_an_open_address_inside_another_is_open(prefix: str) -> None:
    assert is_open(prefix + "8.8.8.8")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "fc00::1", "::ffff:127.0.0.1"]
)
def test_development_opens_loopback_and_private_networks(address: str) -> None:
    assert is_open(address, allow_private=True)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fe80::1", "224.0.0.1", UNSPECIFIED,
     "::", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2001:db8::1", "240.0.0.1", "ff02::1"],
)  # fmt: skip
def test_development_opens_nothing_else(address: str) -> None:
    assert not is_open(address, allow_private=True)


def test_the_first_and_last_address_of_every_closed_network_is_closed() -> None:
    closed = "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4"
    for text in (closed + " 2001::/23 2002::/16 fc00::/7 fe80::/10 ff00::/8").split():
        network = ip_network(text)
        assert not is_open(str(network[0])), text
        assert not is_open(str(network[-1])), text
