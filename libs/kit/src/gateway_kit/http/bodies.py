"""Request bodies within limits: bytes in all and per caller, requests that are being read, and time.

A body is read when the application asks for it for the first time, and then as a whole. So a request that is refused
before (limits, credentials) costs no memory, and its caller may be known by then (`CALLER_KEY`).
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from gateway_kit.allowance import Allowance, Full, Lane
from gateway_kit.http.asgi import ASGIApp, ClientGone, Message, Receive, Scope, Send, error_body, header, send_json
from gateway_kit.http.connections import BODY_HERE_KEY
from gateway_kit.http.rate_limit import subject_of

BODY_BYTES_MAX: Final = 1024 * 1024
OPEN_BODY_BYTES_MAX: Final = 64 * 1024
"""For callers without credentials."""
CALLER_KEY: Final = "gateway.caller"
"""In the scope: the organization, key or person that the application found out, which is then the lane of its body."""
RETRY_AFTER_S: Final = 2
_BODILESS: Final = frozenset({"GET", "HEAD"})


class BodyRefused(Exception):
    """The body is not taken; the attributes are the answer."""

    def __init__(self, status: int, code: str, sentence: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a body may take.

    Attributes:
        total_s: from the first look to the last byte.
        grace_s: until when nothing must have come yet.
        bytes_per_s: the slowest pace afterwards.
    """

    total_s: float = 15.0
    grace_s: float = 5.0
    bytes_per_s: int = 16 * 1024


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """Limits of one lane at one time: bytes of bodies, and requests whose body is being read."""

    held_bytes: int
    readers: int


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """One budget.

    Attributes:
        body_bytes: the largest body.
        held_bytes: bytes of all bodies, from their arrival until their request is answered.
        readers: requests whose body is being read.
        lane: what one caller may have of that.
        reserve: the share of both that only known callers get, see `Allowance`.
    """

    body_bytes: int
    held_bytes: int
    readers: int
    lane: LaneLimits
    reserve: float = 0.0
    patience: Patience = Patience()


OPEN_LIMITS: Final = BodyLimits(
    body_bytes=OPEN_BODY_BYTES_MAX,
    held_bytes=16 * 1024 * 1024,
    readers=512,
    lane=LaneLimits(held_bytes=1024 * 1024, readers=64),
)
"""Callers without credentials; the lane is the address."""
KNOWN_LIMITS: Final = BodyLimits(
    body_bytes=BODY_BYTES_MAX,
    held_bytes=64 * 1024 * 1024,
    readers=512,
    lane=LaneLimits(held_bytes=16 * 1024 * 1024, readers=128),
)
"""Callers with valid credentials; the lane is the organization."""


class BodyBudget:
    """The sum that all bodies of one kind of callers hold."""

    def __init__(self, limits: BodyLimits) -> None:
        self.limits = limits
        self.held = Allowance(total=limits.held_bytes, reserve=int(limits.held_bytes * limits.reserve))
        self.readers = Allowance(total=limits.readers, reserve=int(limits.readers * limits.reserve))

    def body_of(self, caller: str) -> "Body":
        """A body of that caller, with this budget's limits per lane."""
        return Body(self, BodyLanes.of((caller, self.limits.lane)))


@dataclass(frozen=True, slots=True)
class BodyLanes:
    """The lanes that a body counts in, for its bytes and for its reading."""

    held: tuple[Lane, ...]
    readers: tuple[Lane, ...]

    @classmethod
    def of(cls, *lanes: tuple[str, LaneLimits]) -> "BodyLanes":
        """From the lanes' names and limits."""
        held = tuple(Lane(name, limits.held_bytes) for name, limits in lanes)
        return cls(held, tuple(Lane(name, limits.readers) for name, limits in lanes))


class Body:
    """One request's body; `release` gives its bytes back.

    Args:
        lanes: what it counts against beside the budget's totals.
        is_known: it may use the reserve.
    """

    __slots__ = ("_budget", "_is_known", "_lanes", "size")

    def __init__(self, budget: BodyBudget, lanes: BodyLanes, *, is_known: bool = False) -> None:
        self._budget = budget
        self._lanes = lanes
        self._is_known = is_known
        self.size = 0

    async def read(self, receive: Receive, scope: Scope) -> bytes:
        """The whole body.

        Raises:
            BodyRefused: it is too large or too slow, or there is no room for it.
            ClientGone: the connection ended first; what came so far is never a body.
        """
        is_here = scope.get(BODY_HERE_KEY)
        if is_here is not None and is_here():
            # Almost always: nothing is waited for, so nothing has to be timed.
            piece, _ = await self._piece(receive)
            return piece
        readers = self._budget.readers
        _require_room(readers.take(1, *self._lanes.readers, is_known=self._is_known))
        try:
            return await self._in_time(receive)
        except TimeoutError:
            raise BodyRefused(408, "REQUEST_TIMEOUT", "the body came too slowly") from None
        finally:
            readers.give_back(1, *self._lanes.readers)

    def release(self) -> None:
        """Give the bytes back."""
        self._budget.held.give_back(self.size, *self._lanes.held)
        self.size = 0

    async def _in_time(self, receive: Receive) -> bytes:
        patience = self._budget.limits.patience
        pieces: list[bytes] = []
        started = asyncio.get_running_loop().time()
        async with asyncio.timeout_at(started + patience.grace_s) as deadline:
            has_more = True
            while has_more:
                piece, has_more = await self._piece(receive)
                pieces.append(piece)
                allowed_s = min(patience.total_s, patience.grace_s + self.size / patience.bytes_per_s)
                deadline.reschedule(started + allowed_s)
        return b"".join(pieces)

    async def _piece(self, receive: Receive) -> tuple[bytes, bool]:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        size = self.size + len(piece)
        require_size(size, self._budget.limits.body_bytes)
        _require_room(self._budget.held.take(len(piece), *self._lanes.held, is_known=self._is_known))
        self.size = size
        return piece, message.get("more_body", False)


def require_size(size: int, limit: int) -> None:
    """
    Raises:
        BodyRefused: it is larger.
    """
    if size > limit:
        raise BodyRefused(413, "PAYLOAD_TOO_LARGE", f"the body is larger than {limit} bytes")


def _require_room(full: Full | None) -> None:
    if full == "lane":
        sentence = "too many requests at the same time from this caller"
        raise BodyRefused(429, "RATE_LIMITED", sentence, retry_after_s=RETRY_AFTER_S)
    if full == "total":
        raise BodyRefused(503, "OVERLOADED", "too many requests at the same time", retry_after_s=RETRY_AFTER_S)


def announced_size(scope: Scope) -> int:
    """The value of ``Content-Length``; 0 where it is not usable."""
    length = header(scope, b"content-length") or b"0"
    return int(length) if length.isdigit() and len(length) < 20 else 0


class BoundedBodies:
    """The middleware: bodies within the budgets, whatever the application does with them.

    Args:
        unknown: the budget of callers without `CALLER_KEY`.
        known: the budget of those with it.
    """

    def __init__(self, app: ASGIApp, *, unknown: BodyBudget, known: BodyBudget) -> None:
        self._app = app
        self._unknown = unknown
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_bodiless(scope):
            await self._app(scope, receive, send)
            return
        try:
            require_size(announced_size(scope), self._known.limits.body_bytes)
        except BodyRefused as refused:
            await _refuse(send, refused)
            return
        exchange = _Exchange(self, scope, receive, send)
        try:
            await exchange.run(self._app)
        finally:
            exchange.release()

    def body_of(self, scope: Scope) -> Body:
        """The request's body, in its caller's lane as far as the caller is known by now.

        Raises:
            BodyRefused: it is announced as too large for this caller.
        """
        caller = scope.get(CALLER_KEY)
        budget = self._known if caller else self._unknown
        require_size(announced_size(scope), budget.limits.body_bytes)
        client = scope.get("client")
        return budget.body_of(str(caller) if caller else subject_of(str(client[0]) if client else ""))


class _Exchange:
    """One request with a body, and its answer."""

    def __init__(self, bodies: BoundedBodies, scope: Scope, receive: Receive, send: Send) -> None:
        self._bodies = bodies
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body: Body | None = None
        self._refused: BodyRefused | None = None
        self._is_started = False

    async def run(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self._next_message, self._send_unless_refused)
        except Exception:
            if self._refused is None:
                raise
        if self._refused is not None and not self._is_started:
            await _refuse(self._send, self._refused)

    def release(self) -> None:
        if self._body is not None:
            self._body.release()

    async def _next_message(self) -> Message:
        if self._refused is not None:
            raise self._refused
        if self._body is not None:
            return await self._receive()
        try:
            self._body = self._bodies.body_of(self._scope)
            whole = await self._body.read(self._receive, self._scope)
        except ClientGone:
            return {"type": "http.disconnect"}
        except BodyRefused as refused:
            self._refused = refused
            raise
        return {"type": "http.request", "body": whole, "more_body": False}

    async def _send_unless_refused(self, message: Message) -> None:
        # A framework turns the broken read into an answer of its own; ours takes its place.
        if self._refused is not None and not self._is_started:
            return
        self._is_started = self._is_started or message["type"] == "http.response.start"
        await self._send(message)


def _is_bodiless(scope: Scope) -> bool:
    """HTTP/1.1 announces every body; what may have none by its method is not looked at any further."""
    if scope["method"] not in _BODILESS:
        return False
    return announced_size(scope) == 0 and header(scope, b"transfer-encoding") is None


async def _refuse(send: Send, refused: BodyRefused) -> None:
    headers: dict[str, str] = {}
    if refused.retry_after_s is not None:
        headers["retry-after"] = str(refused.retry_after_s)
    if refused.status == 429:
        headers["rate-limited-reason"] = "body"
    if refused.status == 408:
        # The rest of such a body is not waited for.
        headers["connection"] = "close"
    await send_json(send, refused.status, error_body(refused.sentence, refused.code), headers=headers)
