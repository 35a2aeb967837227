"""The process's HTTP side: an API service's application, or a worker's probes, under uvicorn."""

import asyncio
import contextlib
import json
import signal
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn

from gateway_kit.health import Health

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# An API service lets requests finish this long after SIGTERM.
SHUTDOWN_GRACE_S = 20


def probes(health: Health) -> Application:
    """``/livez``: the event loop answers. ``/readyz``: what the service depends on answers too."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, body = 404, {}
        if scope["path"] == "/livez":
            status, body = 200, {"status": "ok"}
        elif scope["path"] == "/readyz":
            failures = await health.failures()
            status, body = (503, {"failing": ",".join(sorted(failures))}) if failures else (200, {"status": "ok"})
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
    config = uvicorn.Config(
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
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True
        stopping()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve()
