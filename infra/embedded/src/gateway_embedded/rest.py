"""A small REST client for seeding and the demo: plain loopback addresses, or public names through the edge."""

import json as codec
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway_embedded.servers.process import LOOPBACK

TIMEOUT_S = 30.0


class RestError(Exception):
    """A request was not answered with success; the message shows what came instead."""

    def __init__(self, method: str, url: str, status: int, body: str) -> None:
        super().__init__(f"{method} {url} answered {status}: {body[:500]}")
        self.status = status


class _Loopback(AbstractResolver):
    """Names under ``.localhost`` resolve in browsers and curl, not in Python."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address: ResolveResult = {
            "hostname": host,
            "host": LOOPBACK,
            "port": port,
            "family": socket.AF_INET,
            "proto": 0,
            "flags": socket.AI_NUMERICHOST,
        }
        return [address]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Rest:
    """JSON over HTTP. ``ca_cert``: the only authority to trust at the edge."""

    ca_cert: Path | None = None
    _session: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def __aenter__(self) -> Self:
        trust = ssl.create_default_context(cafile=str(self.ca_cert)) if self.ca_cert is not None else True
        connector = aiohttp.TCPConnector(resolver=_Loopback(), ssl=trust)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        *,
        key: str | None = None,
        json: Any = None,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """The answer's body.

        Raises:
            RestError: the status is not 2xx.
        """
        if self._session is None:
            raise RuntimeError("the client is used outside of its with block")
        sent = dict(headers or {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        async with self._session.request(method, url, json=json, data=form, headers=sent) as response:
            body = await response.read()
            if response.status // 100 != 2:
                raise RestError(method, url, response.status, body.decode(errors="replace"))
            return body

    async def json(self, method: str, url: str, **given: Any) -> dict[str, Any]:
        """The answer as an object; arguments as for ``send``.

        Raises:
            RestError: the status is not 2xx, or the body is no JSON object.
        """
        body = await self.send(method, url, **given)
        parsed = _parse(body)
        if not isinstance(parsed, dict):
            raise RestError(method, url, 200, body.decode(errors="replace"))
        return parsed


def _parse(body: bytes) -> Any:
    try:
        return codec.loads(body)
    except ValueError:
        return None
