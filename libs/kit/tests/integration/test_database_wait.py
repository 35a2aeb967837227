"""While something is waited for: probes are answered, the signal to stop is heard, and nothing hangs."""

import asyncio
import contextlib
import os
import signal

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway_embedded.servers.process import free_port
from gateway_kit.server import serve_while
from gateway_testkit.waiting import eventually


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def answers(port: int) -> bool:
    with contextlib.suppress(httpx.TransportError):
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{port}/")).status_code == 503
    return False


async def test_what_is_waited_for_ends_it_and_the_port_is_free_again() -> None:
    port, came = free_port(), asyncio.Event()
    waiting = asyncio.create_task(serve_while(_wait(came), application, host="127.0.0.1", port=port))
    await eventually(lambda: answers(port))

    came.set()

    assert await asyncio.wait_for(waiting, 60)
    assert not await answers(port)


async def test_its_failure_is_raised() -> None:
    async def fail() -> None:
        raise PermissionError("wrong password")

    with pytest.raises(PermissionError):
        await serve_while(fail(), application, host="127.0.0.1", port=free_port())


async def test_the_signal_to_stop_ends_it_though_the_wait_swallows_a_cancellation() -> None:
    port = free_port()
    waiting = asyncio.create_task(serve_while(_deaf_once(), application, host="127.0.0.1", port=port))
    await eventually(lambda: answers(port))

    os.kill(os.getpid(), signal.SIGTERM)

    assert not await asyncio.wait_for(waiting, 60)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _deaf_once() -> None:
    """As drivers are that lose a cancellation that meets a result."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()
