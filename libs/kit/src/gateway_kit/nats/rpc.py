"""Requests between services over core NATS: typed methods, deadlines, typed errors."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, MaxPayloadError, NoRespondersError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from pymongo.errors import PyMongoError

from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.errors import GatewayError, Invalid, OutcomeUnknown, Rejected, TooLarge, Transient, from_wire
from gateway_contracts.rpc import (
    HEADER_DEADLINE,
    HEADER_ERROR,
    HEADER_ORGANIZATION,
    HEADER_REQUEST_ID,
    Call,
    Method,
)
from gateway_contracts.topology import BODY_BYTES_MAX, REPLY_BYTES_MAX
from gateway_kit import context
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.fairness import Shares
from gateway_kit.logging import get_logger
from gateway_kit.metrics import RPC_SECONDS
from gateway_kit.telemetry import current_traceparent, remote_span, span
from gateway_kit.wire import error_reply, header_text, json_bytes

log = get_logger(__name__)

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)
Handler = Callable[[Any, Call], Awaitable[Contract]]

# Requests that one process works on at the same time; more are refused with OVERLOADED.
CONCURRENT_MAX = 256
# Of one organization; requests without one (customers, services) share a place of their own.
CONCURRENT_PER_ORGANIZATION_MAX = 128
# Kept for organizations that hold no place.
CONCURRENT_RESERVE = 32
# For requests that were begun when the service ends.
FINISH_S = 20.0


class RpcClient:
    """Asks other services."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._waiting: dict[str, set[asyncio.Future[Msg]]] = {}

    def denied(self, subject: str) -> None:
        """The server refused a publish: callers that wait for an answer on that subject fail at once."""
        for waiting in self._waiting.get(subject, ()):
            if not waiting.done():
                waiting.set_exception(PermissionError(f"not allowed to ask {subject}"))

    async def call(
        self,
        method: Method[Request, Reply],
        request: Request,
        *,
        actor: Actor,
        operation_id: str | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        """Ask and wait for the typed answer.

        Raises:
            GatewayError: the owner's typed error.
            Transient: no instance answers (``SERVICE_UNAVAILABLE``) or not in time (``SERVICE_TIMEOUT``); a mutating
                request may be repeated with the same operation id.
            TooLarge: the request does not fit on the bus; nothing was sent.
            Invalid: it holds text that UTF-8 cannot hold (``NOT_ENCODABLE``); nothing was sent.
            PermissionError: this service has no grant for the method (a deployment error).
        """
        patience = timeout_s or method.timeout_s
        call = Call(actor=actor, operation_id=operation_id)
        payload = json_bytes({"call": call.wire(), "data": request.wire()})
        if len(payload) > BODY_BYTES_MAX:
            raise _too_large("request", BODY_BYTES_MAX)
        with span(method.subject, kind=SpanKind.CLIENT):
            headers = {HEADER_DEADLINE: str(int((time.time() + patience) * 1000))}
            if traceparent := current_traceparent():
                headers["traceparent"] = traceparent
            if request_id := context.request_id.get():
                headers[HEADER_REQUEST_ID] = header_text(request_id)
            if actor.organization_id:
                headers[HEADER_ORGANIZATION] = header_text(actor.organization_id)
            message = await self._ask(method.subject, payload, headers, patience)
        if message.headers and HEADER_ERROR in message.headers:
            raise from_wire(json.loads(message.data))
        return method.reply.model_validate_json(message.data)

    async def _ask(self, subject: str, payload: bytes, headers: dict[str, str], patience: float) -> Msg:
        asking = asyncio.ensure_future(self._client.request(subject, payload, timeout=patience, headers=headers))
        denied: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(subject, set()).add(denied)
        try:
            done, _ = await asyncio.wait({asking, denied}, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        except NoRespondersError as exc:
            raise Transient("the service does not answer", code="SERVICE_UNAVAILABLE", retry_after_s=2) from exc
        except (NatsTimeout, ConnectionClosedError) as exc:
            raise Transient("the service did not answer in time", code="SERVICE_TIMEOUT", retry_after_s=2) from exc
        except MaxPayloadError as exc:
            raise _too_large("request", self._client.max_payload) from exc
        finally:
            self._waiting[subject].discard(denied)
            asking.cancel()
            denied.cancel()


class RpcServer:
    """Answers requests on ``rpc.<name>.<method>``, in a queue group, many at a time.

    One organization holds at most its share of the places; above it, its requests are refused and those of others are
    not.
    """

    def __init__(self, client: Client, service: str) -> None:
        self._client = client
        self._service = service
        self._handlers: list[tuple[Method[Any, Any], Handler]] = []
        self._places = Shares(CONCURRENT_MAX, per_lane=CONCURRENT_PER_ORGANIZATION_MAX, reserve=CONCURRENT_RESERVE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions: list[Any] = []

    def add(self, method: Method[Request, Reply], handler: Callable[[Request, Call], Awaitable[Reply]]) -> None:
        """Answer this method with this handler."""
        self._handlers.append((method, handler))

    async def start(self) -> None:
        """Begin to listen."""
        for method, handler in self._handlers:
            self._subscriptions.append(
                await self._client.subscribe(method.subject, queue=self._service, cb=self._receiver(method, handler))
            )
        await self._client.flush()

    async def stop(self) -> None:
        """Stop listening and finish what was begun; what takes longer than `FINISH_S` is canceled."""
        for subscription in self._subscriptions:
            await subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_S)
        await cancel_tasks([*self._tasks])

    def _receiver(self, method: Method[Any, Any], handler: Handler) -> Callable[[Msg], Awaitable[None]]:
        async def receive(message: Msg) -> None:
            lane = (message.headers or {}).get(HEADER_ORGANIZATION, "")
            if self._places.room(lane) == 0:
                await _send_error(message, Transient("too many requests at once", code="OVERLOADED", retry_after_s=2))
                return
            # Taken here, not in the task: one read of the socket may bring more requests than there are places.
            self._places.take(lane)
            task = asyncio.create_task(_answer(method, handler, message))
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._ended(done, lane))

        return receive

    def _ended(self, task: asyncio.Task[None], lane: str) -> None:
        self._tasks.discard(task)
        self._places.release(lane)


async def _answer(method: Method[Any, Any], handler: Handler, message: Msg) -> None:
    headers = message.headers or {}
    if _is_late(headers):
        return  # the caller does not wait any more; it repeats with the same operation id
    request_id = header_text(headers.get(HEADER_REQUEST_ID, ""))
    with (
        context.working_on(request=request_id, correlation=request_id, causation=request_id),
        remote_span(method.subject, headers.get("traceparent"), kind=SpanKind.SERVER),
    ):
        started = time.perf_counter()
        outcome = await _answered(message, method, handler)
        RPC_SECONDS.labels(method.subject, outcome).observe(time.perf_counter() - started)


def _is_late(headers: dict[str, str]) -> bool:
    try:
        return int(headers.get(HEADER_DEADLINE, "")) < time.time() * 1000
    except ValueError:
        return False  # it names no deadline


async def _answered(message: Msg, method: Method[Any, Any], handler: Handler) -> str:
    """Edge: whatever happens becomes a typed answer; how it ended, for the metrics."""
    try:
        await message.respond(await _reply_to(message, method, handler))
    except Exception as exc:
        error, outcome = _typed(exc)
        await _send_error(message, error)
        if outcome == "failed" or isinstance(exc, PyMongoError):
            # One turn of the loop: the reply leaves before a traceback is rendered, which takes its time.
            await asyncio.sleep(0)
            _log_failure(exc, method)
        return outcome
    return "answered"


def _log_failure(exc: Exception, method: Method[Any, Any]) -> None:
    if isinstance(exc, GatewayError):
        log.error("rpc.failed", method=method.subject, code=exc.code)
    elif isinstance(exc, PyMongoError):
        log.warning("rpc.database_error", method=method.subject, error=type(exc).__name__)
    else:
        log.error("rpc.bug", method=method.subject, error=type(exc).__name__, exc_info=exc)


async def _reply_to(message: Msg, method: Method[Any, Any], handler: Handler) -> bytes:
    """
    Raises:
        TooLarge: the answer does not fit on the bus (``REPLY_TOO_LARGE``).
        GatewayError: what the handler raised.
    """
    body = json.loads(message.data)
    call = Call.model_validate(body["call"])
    reply = await handler(method.read(body["data"]), call)
    payload = reply.wire_json()
    if len(payload) > REPLY_BYTES_MAX:
        raise _too_large("answer", REPLY_BYTES_MAX, code="REPLY_TOO_LARGE")
    return payload


def _typed(exc: Exception) -> tuple[GatewayError, str]:
    """The error that the caller gets, and the outcome for the metrics."""
    if isinstance(exc, Transient | OutcomeUnknown):
        return exc, "unavailable"
    if isinstance(exc, Rejected):
        return exc, "refused"
    if isinstance(exc, GatewayError):
        return exc, "failed"
    if isinstance(exc, ValidationError):
        first = exc.errors(include_url=False, include_input=False)[0]
        return Invalid.field(".".join(map(str, first["loc"])), first["msg"]), "refused"
    if isinstance(exc, MaxPayloadError):
        return _too_large("answer", REPLY_BYTES_MAX, code="REPLY_TOO_LARGE"), "failed"
    if isinstance(exc, PyMongoError):
        return Transient("the database does not answer", code="DATABASE_UNAVAILABLE"), "unavailable"
    return GatewayError("internal error"), "failed"


async def _send_error(message: Msg, error: GatewayError) -> None:
    headers, body = error_reply(error)
    try:
        await message._client.publish(message.reply, body, headers=headers)
    except NatsError as exc:
        # No connection, or a request without a reply subject: the caller's own deadline ends its wait.
        log.warning("rpc.not_answered", error=type(exc).__name__)


def _too_large(what: str, limit: int, *, code: str | None = None) -> TooLarge:
    return TooLarge(f"the {what} is larger than {limit} bytes", code=code, limitBytes=limit)
