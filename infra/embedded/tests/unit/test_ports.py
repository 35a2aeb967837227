import socket
from pathlib import Path

import pytest

from gateway_embedded.layout import Layout, read_json
from gateway_embedded.ports import choose_ports
from gateway_embedded.servers.process import LOOPBACK, free_port


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    return layout


def _take(port: int) -> socket.socket:
    taken = socket.socket()
    taken.bind((LOOPBACK, port))
    taken.listen()
    return taken


def test_ports_are_kept(layout: Layout) -> None:
    first = choose_ports(layout)
    assert choose_ports(layout) == first == read_json(layout.ports)
    assert len(set(first.values())) == len(first)
    assert all(port >= 1024 for port in first.values())


def test_a_port_in_use_is_worked_around(layout: Layout) -> None:
    first = choose_ports(layout)
    with _take(first["svc-ipn"]):
        second = choose_ports(layout)
    assert second["svc-ipn"] != first["svc-ipn"]
    assert {k: v for k, v in second.items() if k != "svc-ipn"} == {k: v for k, v in first.items() if k != "svc-ipn"}
    assert choose_ports(layout) == second


def test_free_ports_differ_and_are_none_that_the_system_gives_to_somebody_else() -> None:
    found = [free_port() for _ in range(50)]
    first_of_the_system = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert len(set(found)) == 50
    assert all(20_000 <= port < max(first_of_the_system, 20_001) for port in found)
    for port in found:
        _take(port).close()
