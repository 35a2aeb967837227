"""Sends live notifications to a developer's machine, with the signatures that the shop's server would get."""

import asyncio
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from gateway_cli.merchants_api import Connection, Refused
from gateway_contracts.requests.ipn import DISPUTES_NOTIFIED, NOTIFIED, delivery_id_of

TYPES: Final = frozenset(NOTIFIED) | DISPUTES_NOTIFIED
"""Events that may make a notification."""
PLANNED_S: Final = 5.0
"""For how long after its event a notification is looked for; svc-ipn stores it within milliseconds, unless it is
behind."""
_LOOK_S: Final = 0.25
FORWARD_S: Final = 10.0
"""Deadline of the receiver, as for the shop's server."""
_UNKNOWN: Final = 404
_MAY_COME: Final = frozenset({_UNKNOWN, 429, 503})
_NAMES: Final = frozenset({"localhost", "ip6-localhost"})


@dataclass(frozen=True)
class Sent:
    """One notification at the receiver.

    Attributes:
        problem: why no answer came; the notification is not sent again.
    """

    delivery_id: str
    event_type: str
    status: int | None
    duration_ms: int
    problem: str | None = None


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine, by its own words: names are not looked up."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _NAMES or host.endswith(".localhost")


class Forwarder:
    """Signs through the API and sends.

    Args:
        report: called with each notification that was sent.
        notice: called with a sentence where there is nothing to send.
    """

    def __init__(
        self,
        api: Connection,
        receiver: httpx.AsyncClient,
        url: str,
        report: Callable[[Sent], None],
        notice: Callable[[str], None],
    ) -> None:
        self._api = api
        self._receiver = receiver
        self._url = url
        self._report = report
        self._notice = notice

    async def forward(self, event: dict[str, Any], came_at: float) -> None:
        """Send the notification of an event, if it has one.

        Args:
            came_at: when it came, on the clock of the event loop.

        Raises:
            Refused: the key may not sign.
        """
        if event["type"] not in TYPES:
            return
        signed = await self._signed(event, came_at + PLANNED_S)
        if signed is None:
            return
        started, status, problem = time.monotonic(), None, None
        try:
            answer = await asyncio.wait_for(self._post(signed), FORWARD_S)
            status = answer.status_code
        except (httpx.HTTPError, TimeoutError) as exc:
            problem = type(exc).__name__
        duration_ms = round((time.monotonic() - started) * 1000)
        self._report(Sent(signed["deliveryId"], event["type"], status, duration_ms, problem))

    async def _signed(self, event: dict[str, Any], until: float) -> dict[str, Any] | None:
        """The body and its headers; None where there is no such notification."""
        delivery_id = delivery_id_of(event["id"])
        while True:
            try:
                signed: dict[str, Any] = await self._api.ask("POST", f"/ipn/deliveries/{delivery_id}/sign")
                return signed
            except Refused as exc:
                if exc.status not in _MAY_COME:
                    raise
                refused = exc
            if asyncio.get_running_loop().time() >= until:
                why = "its checkout may have no ipnUrl" if refused.status == _UNKNOWN else str(refused)
                self._notice(f"There is no notification of {event['type']} {event['id']}: {why}.")
                return None
            await asyncio.sleep(_LOOK_S)

    async def _post(self, signed: dict[str, Any]) -> httpx.Response:
        return await self._receiver.post(self._url, content=signed["body"].encode(), headers=signed["headers"])
