"""Requests of the webhook endpoint of svc-checkout-api: limits, answers and counters around `accept_webhook`.

Hot path: one task per webhook, no models and no JSON of our own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from opentelemetry.trace import SpanKind

from gateway_contracts.errors import GatewayError, Rejected
from gateway_contracts.requests.ingest import (
    HEADER_CODE,
    HEADER_PREFIX,
    HEADER_PROVIDER_ID,
    HEADER_RETRY_AFTER,
    HEADER_SENDER,
    HEADER_STATUS,
    HEADER_TYPE,
    PROVEN,
    STATUS_UNVERIFIED,
    STATUS_VERIFIED,
    SUBJECT,
)
from gateway_contracts.rpc import HEADER_DEADLINE, HEADER_REQUEST_ID
from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_kit.allowance import Allowance, Lane
from gateway_kit.logging import get_logger
from gateway_kit.telemetry import remote_span
from gateway_providers.events import Sender
from webhook_ingest.counters import Counters
from webhook_ingest.errors import SignatureRefused
from webhook_ingest.ports import Webhook
from webhook_ingest.use_cases.accept_webhook import Acceptance

log = get_logger(__name__)

Accept = Callable[[Webhook], Awaitable[Acceptance]]

CONCURRENT_MAX: Final = 4_000
BODIES_BYTES_MAX: Final = 128 * 1024 * 1024
SMALL_BYTES: Final = 8 * 1024
"""Bodies up to this size are bounded by the places."""
RESERVE: Final = 0.25
"""Of both, for senders that have proven themselves at the edge; one account has a half."""
RETRY_AFTER_S: Final = 2
STOP_TIMEOUT_S: Final = 15

_VERIFIED: Final = {HEADER_STATUS: STATUS_VERIFIED}
_UNVERIFIED: Final = {HEADER_STATUS: STATUS_UNVERIFIED}
_TOO_LARGE: Final = {HEADER_STATUS: "413", HEADER_CODE: "PAYLOAD_TOO_LARGE"}
_OVERLOADED: Final = {HEADER_STATUS: "503", HEADER_CODE: "OVERLOADED", HEADER_RETRY_AFTER: str(RETRY_AFTER_S)}
_BUG: Final = {HEADER_STATUS: "503", HEADER_CODE: "INTERNAL_ERROR", HEADER_RETRY_AFTER: str(RETRY_AFTER_S)}


class WebhookRequests:
    """Answers the requests of all edges, many at a time, in a queue group with the other processes of the service."""

    def __init__(
        self,
        nc: Client,
        accept: Accept,
        *,
        queue: str,
        counters: Counters,
        concurrent_max: int = CONCURRENT_MAX,
    ) -> None:
        self._nc = nc
        self._accept = accept
        self._queue = queue
        self._counters = counters
        self._places = Allowance(total=concurrent_max, reserve=int(concurrent_max * RESERVE))
        self._bytes = Allowance(total=BODIES_BYTES_MAX, reserve=int(BODIES_BYTES_MAX * RESERVE))
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._subscription = await self._nc.subscribe(SUBJECT, queue=self._queue, cb=self._receive)
        await self._nc.flush()

    async def stop(self) -> None:
        """Take no more; finish what was begun."""
        if self._subscription is not None:
            await self._subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_TIMEOUT_S)

    async def _receive(self, message: Msg) -> None:
        size = len(message.data)
        if size > HOOK_BODY_BYTES_MAX:
            await self._reply(message, _TOO_LARGE)
            return
        room = self._room_of(message, size)
        if not room.take():
            self._counters.add("overloaded")
            await self._reply(message, _OVERLOADED)
            return
        task = asyncio.create_task(self._answer(message, room))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _room_of(self, message: Msg, size: int) -> "_Room":
        headers: dict[str, str] = message.headers or {}
        is_proven = headers.get(HEADER_SENDER, "").endswith(PROVEN)
        return _Room(self._places, self._bytes, headers.get(HEADER_PROVIDER_ID, ""), size, is_proven)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)

    async def _answer(self, message: Msg, room: "_Room") -> None:
        headers: dict[str, str] = message.headers or {}
        try:
            if _is_late(headers):
                self._counters.add("late")  # no caller waits any longer; the provider sends it again
                return
            with remote_span(SUBJECT, headers.get("traceparent"), kind=SpanKind.SERVER):
                reply = await self._outcome(headers, message.data)
            await self._reply(message, reply)
        finally:
            room.leave()

    async def _outcome(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        """Edge: whatever happens becomes an answer."""
        try:
            acceptance = await self._accept(_webhook_of(headers, body))
        except GatewayError as error:
            return self._refusal(error, headers)
        except Exception as error:
            log.exception("webhook.bug", error=type(error).__name__)
            self._counters.add("bugs")
            return _BUG
        self._counters.add("stored", acceptance.stored)
        if acceptance.duplicates:
            self._counters.add("duplicates", acceptance.duplicates)
        return _VERIFIED if acceptance.is_verified else _UNVERIFIED

    def _refusal(self, error: GatewayError, headers: dict[str, str]) -> dict[str, str]:
        if isinstance(error, Rejected):
            self._counters.refused(
                error.code,
                provider_id=headers.get(HEADER_PROVIDER_ID, ""),
                provider_type=headers.get(HEADER_TYPE, ""),
                reason=error.reason if isinstance(error, SignatureRefused) else error.message,
                request_id=headers.get(HEADER_REQUEST_ID, ""),
            )
            status = error.answer_status if isinstance(error, SignatureRefused) else error.status
            reply = {HEADER_STATUS: str(status), HEADER_CODE: error.code}
            return reply | ({HEADER_RETRY_AFTER: str(error.retry_after_s)} if error.retry_after_s else {})
        self._counters.add(error.code.lower())
        if error.status == 500:
            log.error("webhook.failed", code=error.code, provider_id=headers.get(HEADER_PROVIDER_ID, ""))
        retry_after_s = error.retry_after_s or RETRY_AFTER_S
        return {HEADER_STATUS: "503", HEADER_CODE: error.code, HEADER_RETRY_AFTER: str(retry_after_s)}

    async def _reply(self, message: Msg, headers: dict[str, str]) -> None:
        if not message.reply:
            return
        try:
            await self._nc.publish(message.reply, headers=headers)
        except NatsError as error:
            # What is stored stays stored; the provider repeats and meets it as a duplicate.
            log.warning("webhook.reply_lost", error=type(error).__name__)


class _Room:
    """Resources of one request: a place, and its bytes where they are many."""

    __slots__ = ("_bytes", "_is_proven", "_lane", "_places", "_size")

    def __init__(self, places: Allowance, held: Allowance, account: str, size: int, is_proven: bool) -> None:
        self._places = places
        self._bytes = held
        self._size = size if size > SMALL_BYTES else 0
        self._lane = Lane(account, places.half)
        self._is_proven = is_proven

    def take(self) -> bool:
        """Whether there is room beside what the account has already."""
        if self._places.take(1, self._lane, is_known=self._is_proven) is not None:
            return False
        if not self._size or self._bytes.take(self._size, self._of_bytes(), is_known=self._is_proven) is None:
            return True
        self._places.give_back(1, self._lane)
        return False

    def leave(self) -> None:
        """Give all of it back."""
        self._places.give_back(1, self._lane)
        if self._size:
            self._bytes.give_back(self._size, self._of_bytes())

    def _of_bytes(self) -> Lane:
        return Lane(self._lane.name, self._bytes.half)


def _is_late(headers: dict[str, str]) -> bool:
    deadline = headers.get(HEADER_DEADLINE, "")
    return deadline.isdigit() and int(deadline) < time.time() * 1000


def _webhook_of(headers: dict[str, str], body: bytes) -> Webhook:
    start = len(HEADER_PREFIX)
    forwarded = {name[start:].lower(): value for name, value in headers.items() if name.startswith(HEADER_PREFIX)}
    sent_by = headers.get(HEADER_SENDER, "")
    sender = Sender(sent_by.removesuffix(PROVEN), sent_by.endswith(PROVEN))
    return Webhook(headers.get(HEADER_TYPE, ""), headers.get(HEADER_PROVIDER_ID, ""), forwarded, body, sender)
