import socket
from pathlib import Path

import pytest

from gateway_embedded.layout import Layout, read_json
from gateway_embedded.ports import choose_ports
from gateway_embedded.servers.process import LOOPBACK


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
