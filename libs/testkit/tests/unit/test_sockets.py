"""The guard over sockets: what is refused, and that a refusal which the code under test swallows fails the test."""

import contextlib
from typing import Any

import pytest

from gateway_testkit.sockets import Reach, SocketBlocked, SocketGuard

HERE = [("127.0.0.1", 80), ("::1", 80, 0, 0), ("0.0.0.0", 0), "/run/a.sock"]  # noqa: S104  # all of ours, not opened
ELSEWHERE = ("192.0.2.1", 443)


@pytest.mark.parametrize("address", [*HERE, ELSEWHERE])
@pytest.mark.parametrize("event", ["socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg"])
def test_a_test_without_servers_reaches_nothing(event: str, address: Any) -> None:
    guard = SocketGuard()
    with pytest.raises(SocketBlocked), guard.limit("nothing"):
        guard.check(event, (None, address))


@pytest.mark.parametrize("address", HERE)
def test_a_test_with_servers_reaches_this_machine(address: Any) -> None:
    guard = SocketGuard()
    with guard.limit("loopback"):
        guard.check("socket.connect", (None, address))


@pytest.mark.parametrize("address", [ELSEWHERE, ("10.0.0.1", 53), ("shop.example", 443), ("fe80::1", 80, 0, 0)])
def test_no_test_reaches_another_machine(address: Any) -> None:
    guard = SocketGuard()
    with pytest.raises(SocketBlocked), guard.limit("loopback"):
        guard.check("socket.connect", (None, address))


def test_a_refusal_that_is_swallowed_fails_the_test() -> None:
    guard = SocketGuard()
    with pytest.raises(SocketBlocked, match=r"192\.0\.2\.1"), guard.limit("loopback"), contextlib.suppress(Exception):
        guard.check("socket.connect", (None, ELSEWHERE))


def test_refusals_are_forgotten_between_tests() -> None:
    guard = SocketGuard()
    with pytest.raises(SocketBlocked), guard.limit("nothing"):
        guard.check("socket.connect", (None, ELSEWHERE))
    with guard.limit("nothing"):
        pass
    guard.check("socket.connect", (None, ELSEWHERE))


def test_this_test_is_limited(socket_reach: Reach) -> None:
    assert socket_reach == "nothing"
