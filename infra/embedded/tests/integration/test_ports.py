import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_embedded.layout import Layout, read_json
from gateway_embedded.ports import PREFERRED, choose_ports
from gateway_embedded.servers.process import LOOPBACK, PortClaims, free_port


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    return layout


@pytest.fixture
def claims(tmp_path: Path) -> Iterator[PortClaims]:
    claims = PortClaims(tmp_path / "claims")
    yield claims
    claims.release()


@pytest.fixture
def others(tmp_path: Path) -> Iterator[PortClaims]:
    """Those of another process."""
    claims = PortClaims(tmp_path / "claims")
    yield claims
    claims.release()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Ports that other programs listen on, whatever runs on this machine."""
    ports: set[int] = set()
    monkeypatch.setattr("gateway_embedded.servers.process.is_port_free", lambda port: port not in ports)
    return ports


def test_ports_are_kept(layout: Layout, claims: PortClaims, taken: set[int]) -> None:
    first = choose_ports(layout, claims)
    assert first == PREFERRED
    claims.release()
    assert choose_ports(layout, claims) == first == read_json(layout.ports)


def test_a_port_in_use_is_worked_around(layout: Layout, claims: PortClaims, taken: set[int]) -> None:
    first = choose_ports(layout, claims)
    taken.add(first["svc-ipn"])
    second = choose_ports(layout, claims)
    assert second["svc-ipn"] != first["svc-ipn"]
    assert {k: v for k, v in second.items() if k != "svc-ipn"} == {k: v for k, v in first.items() if k != "svc-ipn"}
    taken.clear()
    assert choose_ports(layout, claims) == second


def test_two_stacks_that_start_at_once_choose_different_ports(
    tmp_path: Path, layout: Layout, claims: PortClaims, others: PortClaims, taken: set[int]
) -> None:
    beside = Layout(tmp_path / "beside")
    beside.prepare()

    mine, theirs = choose_ports(layout, claims), choose_ports(beside, others)

    assert len(set(mine.values()) | set(theirs.values())) == 2 * len(PREFERRED)
    assert all(1024 <= port < 32_768 for port in theirs.values())


def test_a_claim_ends_with_its_process(claims: PortClaims, others: PortClaims, taken: set[int]) -> None:
    port = claims.any()
    assert not others.take(port)
    claims.release()
    assert others.take(port)


def test_a_port_with_a_listener_is_not_taken(claims: PortClaims) -> None:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        listening.listen()
        assert not claims.take(listening.getsockname()[1])


def test_free_ports_differ_and_are_none_that_the_system_hands_out() -> None:
    found = [free_port() for _ in range(50)]
    first_of_the_system = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert len(set(found)) == 50
    assert all(20_000 <= port < max(first_of_the_system, 21_000) for port in found)
