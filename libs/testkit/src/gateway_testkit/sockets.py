"""No test reaches another machine, and tests without servers reach no socket at all.

An audit hook sees every way to a socket, whichever library takes it. It cannot be removed, so it asks a guard.
"""

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

Reach = Literal["nothing", "loopback"]

_CALLS: Final = frozenset({"socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg"})
_LOCAL_NAMES: Final = ("localhost", "", None)


class SocketBlocked(RuntimeError):
    """A test used a socket that its kind of test does not have."""


class SocketGuard:
    """Refuses sockets beyond what the running test may reach, and remembers each refusal."""

    def __init__(self) -> None:
        self._reach: Reach | None = None
        self._refused: list[str] = []

    def install(self) -> None:
        """Watch this process from now on."""
        sys.addaudithook(self.check)

    @contextmanager
    def limit(self, reach: Reach) -> Iterator[None]:
        """Limit what the block may reach.

        Raises:
            SocketBlocked: the block used another socket, even where the code under test swallowed the refusal.
        """
        self._reach, self._refused = reach, []
        try:
            yield
        finally:
            self._reach = None
        if self._refused:
            raise SocketBlocked("; ".join(self._refused))

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        """See the audit events of ``socket``: the second argument of each is an address.

        Raises:
            SocketBlocked: the running test may not reach it.
        """
        if self._reach is None or event not in _CALLS:
            return
        address = args[1]
        if self._reach == "loopback" and _is_local(address):
            return
        refusal = f"{event} {address!r}: this test may reach {self._reach}"
        self._refused.append(refusal)
        raise SocketBlocked(refusal)


def _is_local(address: Any) -> bool:
    """Whether it is on this machine: a Unix socket, loopback, or a port of ours on all interfaces."""
    if not isinstance(address, tuple):
        return True
    if address[0] in _LOCAL_NAMES:
        return True
    try:
        host = ipaddress.ip_address(address[0])
    except ValueError:
        return str(address[0]).endswith(".localhost")
    return host.is_loopback or host.is_unspecified
