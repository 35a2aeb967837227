"""The process's HTTP side: an API service's application, or a worker's probes, under uvicorn."""

import asyncio
import contextlib
import json
import signal
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn

from gateway_kit.cancellation import cancel_tasks
from gateway_kit.health import Health

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# An API service lets requests finish this long after SIGTERM.
SHUTDOWN_GRACE_S = 20
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


async def serve(application: Application, *, host: str, port: int, stopping: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT, then let open requests finish.

    ``stopping`` is called at the signal, so that answers without an end (event streams) can end themselves.
    """
    server = _Server(_config(application, host, port))

    def stop() -> None:
        server.should_exit = True
        stopping()

    # Kept to the process's end: a second signal does not cut off what is still being finished.
    _on_signals(stop)
    await server.serve()


async def serve_while(waited: Awaitable[None], application: Application, *, host: str, port: int) -> bool:
    """Serve until ``waited`` is done, or SIGTERM or SIGINT came, and leave the port free again.

    Returns:
        Whether it is done; its exception is raised.
    """
    server = _Server(_config(application, host, port))

    def stop(*_: object) -> None:
        server.should_exit = True

    waiting = asyncio.ensure_future(waited)
    waiting.add_done_callback(stop)
    _on_signals(stop)
    try:
        await server.serve()
        if waiting.done():
            waiting.result()
            return True
        return False
    finally:
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        await cancel_tasks([waiting])


def _config(application: Application, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        lifespan="off",
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        backlog=4096,
    )


def _on_signals(stop: Callable[[], None]) -> None:
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
