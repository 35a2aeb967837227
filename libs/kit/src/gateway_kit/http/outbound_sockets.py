"""Connections to hosts that others chose, for protocols other than HTTP: guarded as `gateway_kit.http.outbound` is.

The name is resolved here and the very address that was checked is connected to.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from gateway_kit.http.addresses import is_open
from gateway_kit.http.names import DnsNames, Names, looking_up_for
from gateway_kit.http.outbound import Fault, OutboundFailed

_LOOPBACK: Final = "127.0.0.1"
Target = tuple[socket.AddressFamily, str]


class OutboundSockets:
    """Opens connections; one per process. Close it with `aclose`."""

    def __init__(self, names: Names | None = None) -> None:
        self._names = names or DnsNames()

    async def open(self, host: str, port: int, *, allow_private: bool, tenant: str, timeout_s: float) -> socket.socket:
        """A connected socket to one of the host's open addresses.

        Raises:
            OutboundFailed: the host has none, or none answers in time.
        """
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                targets = await self._targets(host, allow_private=allow_private, tenant=tenant)
                return await self._connected(targets, port)
        except TimeoutError as exc:
            raise _failed("timeout", started) from exc
        except _NoTarget as exc:
            raise _failed(exc.fault, started) from exc
        except OSError as exc:
            raise _failed("not_connected", started) from exc

    async def aclose(self) -> None:
        """End all look-ups."""
        await self._names.aclose()

    async def _targets(self, host: str, *, allow_private: bool, tenant: str) -> Sequence[Target]:
        found = await self._addresses(host, allow_private=allow_private, tenant=tenant)
        if not found:
            raise _NoTarget("name_not_found")
        targets = [target for target in found if is_open(target[1], allow_private=allow_private)]
        if not targets:
            raise _NoTarget("forbidden_target")
        return targets

    async def _addresses(self, host: str, *, allow_private: bool, tenant: str) -> Sequence[Target]:
        with contextlib.suppress(ValueError):
            literal = ip_address(host)
            return [(socket.AF_INET if literal.version == 4 else socket.AF_INET6, str(literal))]
        if allow_private and (host == "localhost" or host.endswith(".localhost")):
            return [(socket.AF_INET, _LOOPBACK)]
        with looking_up_for(tenant):
            found = await self._names.look_up(host, socket.AF_UNSPEC)
        if found.is_silent:
            raise TimeoutError
        return found.addresses

    async def _connected(self, targets: Sequence[Target], port: int) -> socket.socket:
        """The first that answers; the error of the last if none does."""
        loop = asyncio.get_running_loop()
        failure: OSError = OSError("no address")
        for family, address in targets:
            opened = socket.socket(family, socket.SOCK_STREAM)
            try:
                opened.setblocking(False)
                await loop.sock_connect(opened, (address, port))
            except OSError as exc:
                opened.close()
                failure = exc
            except BaseException:
                opened.close()
                raise
            else:
                return opened
        raise failure


def is_loopback(opened: socket.socket) -> bool:
    """Whether the other side of a connection is on this machine."""
    return ip_address(opened.getpeername()[0].partition("%")[0]).is_loopback


class _NoTarget(Exception):
    """There is nothing to connect to."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


def _failed(fault: Fault, started: float) -> OutboundFailed:
    return OutboundFailed(fault, round((time.monotonic() - started) * 1000))
