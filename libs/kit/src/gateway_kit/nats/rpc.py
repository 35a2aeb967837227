"""Requests between services over core NATS: typed methods, deadlines, typed errors."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from pymongo.errors import PyMongoError

from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.errors import GatewayError, Invalid, Transient, from_wire
from gateway_contracts.rpc import HEADER_DEADLINE, HEADER_ERROR, HEADER_REQUEST_ID, Call, Method
from gateway_contracts.topology import REPLY_BYTES_MAX
from gateway_kit import context
from gateway_kit.logging import get_logger
from gateway_kit.metrics import RPC_SECONDS
from gateway_kit.telemetry import current_traceparent, remote_span, span

log = get_logger(__name__)

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)
Handler = Callable[[Any, Call], Awaitable[Contract]]

# Requests that one process works on at the same time; more are told to come back.
CONCURRENT_MAX = 256


class RpcClient:
    """Asks other services."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._waiting: dict[str, set[asyncio.Future[Msg]]] = {}

    def denied(self, subject: str) -> None:
        """The server refused a publish: whoever waits for an answer on that subject is told at once."""
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
            Transient: nobody answers (``SERVICE_UNAVAILABLE``) or not in time (``SERVICE_TIMEOUT``); a mutating
                request may be repeated with the same operation id.
            PermissionError: this service has no grant for the method (a deployment error).
        """
        patience = timeout_s or method.timeout_s
        call = Call(actor=actor, operation_id=operation_id)
        payload = json.dumps({"call": call.wire(), "data": request.wire()}).encode()
        with span(method.subject, kind=SpanKind.CLIENT):
            headers = {HEADER_DEADLINE: str(int((time.time() + patience) * 1000))}
            if traceparent := current_traceparent():
                headers["traceparent"] = traceparent
            if request_id := context.request_id.get():
                headers[HEADER_REQUEST_ID] = request_id
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
        finally:
            self._waiting[subject].discard(denied)
            asking.cancel()
            denied.cancel()


class RpcServer:
    """Answers requests on ``rpc.<name>.<method>``, in a queue group, many at a time."""

    def __init__(self, client: Client, service: str) -> None:
        self._client = client
        self._service = service
        self._handlers: list[tuple[Method[Any, Any], Handler]] = []
        self._slots = asyncio.Semaphore(CONCURRENT_MAX)
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
        """Stop listening and finish what was begun."""
        for subscription in self._subscriptions:
            await subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=20)

    def _receiver(self, method: Method[Any, Any], handler: Handler) -> Callable[[Msg], Awaitable[None]]:
        async def receive(message: Msg) -> None:
            if self._slots.locked():
                await _reply_error(message, Transient("too many requests at once", code="OVERLOADED", retry_after_s=2))
                return
            task = asyncio.create_task(self._answer(method, handler, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return receive

    async def _answer(self, method: Method[Any, Any], handler: Handler, message: Msg) -> None:
        headers = message.headers or {}
        if int(headers.get(HEADER_DEADLINE, "0") or 0) < time.time() * 1000:
            return  # nobody waits any more; the caller repeats with the same operation id
        request_id = headers.get(HEADER_REQUEST_ID, "")
        async with self._slots:
            with (
                context.working_on(request=request_id, correlation=request_id, causation=request_id),
                remote_span(method.subject, headers.get("traceparent"), kind=SpanKind.SERVER),
            ):
                await _reply(message, method, handler)


async def _reply(message: Msg, method: Method[Any, Any], handler: Handler) -> None:
    started = time.perf_counter()
    outcome = await _answered(message, method, handler)
    RPC_SECONDS.labels(method.subject, outcome).observe(time.perf_counter() - started)


async def _answered(message: Msg, method: Method[Any, Any], handler: Handler) -> str:
    """Edge: whatever happens becomes a typed answer; how it ended, for the metrics."""
    try:
        body = json.loads(message.data)
        call = Call.model_validate(body["call"])
        reply = await handler(method.read(body["data"]), call)
    except GatewayError as exc:
        await _reply_error(message, exc)
        return "unavailable" if isinstance(exc, Transient) else "refused"
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        await _reply_error(message, Invalid.field(".".join(map(str, first["loc"])), first["msg"]))
        return "refused"
    except PyMongoError as exc:
        log.warning("rpc.database_error", method=method.subject, error=type(exc).__name__)
        await _reply_error(message, Transient("the database does not answer", code="DATABASE_UNAVAILABLE"))
        return "unavailable"
    except Exception as exc:
        log.exception("rpc.bug", method=method.subject, error=type(exc).__name__)
        await _reply_error(message, GatewayError("internal error"))
        return "failed"
    payload = reply.wire_json()
    if len(payload) > REPLY_BYTES_MAX:
        await _reply_error(message, GatewayError("the answer is too large", code="REPLY_TOO_LARGE"))
        return "failed"
    await message.respond(payload)
    return "answered"


async def _reply_error(message: Msg, error: GatewayError) -> None:
    body = json.dumps(error.to_wire(), default=str).encode()
    await message._client.publish(message.reply, body, headers={HEADER_ERROR: error.code})
