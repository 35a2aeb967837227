"""The process's HTTP side: an API service's application, or a worker's probes, under uvicorn."""

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

import uvicorn

from gateway_kit.cancellation import cancel_tasks
from gateway_kit.health import Health
from gateway_kit.http.connections import RECEIVE_BUFFER_BYTES, ConnectionLimits, bounded_protocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# An API service lets requests finish this long after SIGTERM.
SHUTDOWN_GRACE_S = 20
LIMITS = ConnectionLimits()
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def probes(health: Health) -> Application:
    """``/livez``: the event loop answers. ``/readyz``: what the service depends on answers too."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status: int = 404
        body: dict[str, Any] = {}
        if scope["path"] == "/livez":
            status, body = 200, {"status": "ok"}
        elif scope["path"] == "/readyz":
            failures = await health.failures()
            status, body = (503, {"failing": ",".join(sorted(failures))}) if failures else (200, {"status": "ok"})
            if set_aside := await health.set_aside():
                body["setAside"] = set_aside
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    return application


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn raises them again after its own shutdown, before ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    application: Application,
    *,
    host: str,
    port: int,
    stopping: Callable[[], None] = lambda: None,
    limits: ConnectionLimits = LIMITS,
    trusted_proxies: Iterable[str] = (),
) -> None:
    """Serve until SIGTERM or SIGINT, then let open requests finish.

    Args:
        stopping: called at the signal, so that answers without an end (event streams) can end themselves.
        limits: of the connections.
        trusted_proxies: peers that stand for many clients.
    """
    server = _Server(_config(application, limits, trusted_proxies))

    def stop() -> None:
        server.should_exit = True
        stopping()

    # Kept to the process's end: a second signal does not cut off what is still being finished.
    _on_signals(stop)
    await server.serve(sockets=[_listening(host, port)])


async def serve_while(waited: Awaitable[None], application: Application, *, host: str, port: int) -> bool:
    """Serve until ``waited`` is done, or SIGTERM or SIGINT came, and leave the port free again.

    Returns:
        Whether it is done; its exception is raised.
    """
    server = _Server(_config(application, LIMITS, ()))

    def stop(*_: object) -> None:
        server.should_exit = True

    waiting = asyncio.ensure_future(waited)
    waiting.add_done_callback(stop)
    _on_signals(stop)
    try:
        await server.serve(sockets=[_listening(host, port)])
        if waiting.done():
            waiting.result()
            return True
        return False
    finally:
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        await cancel_tasks([waiting])


def _listening(host: str, port: int) -> socket.socket:
    """A bound socket whose connections take little before they are looked at.

    Raises:
        OSError: the address is not free.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it, if it is set before they come.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        listening.bind((host, port))
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _config(application: Application, limits: ConnectionLimits, trusted_proxies: Iterable[str]) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        lifespan="off",
        loop="uvloop",
        http=bounded_protocol(limits, trusted_proxies=trusted_proxies),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=limits.idle_s,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        backlog=4096,
    )


def _on_signals(stop: Callable[[], None]) -> None:
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
