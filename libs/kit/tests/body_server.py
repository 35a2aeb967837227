"""A process that does nothing but read bodies behind the edge, for the test of its memory. Prints its port."""

import sys

import uvloop

from gateway_kit.http.asgi import Receive, Scope, Send, send_json
from gateway_kit.http.edge import edge
from gateway_kit.logging import configure_logging
from gateway_kit.server import LIMITS, _config, _listening, _Server
from gateway_testkit.asgi_bodies import read_body

LOOPBACK = "127.0.0.1"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await send_json(send, 200, {"bytes": len(await read_body(receive))})


async def main() -> None:
    listening = _listening(LOOPBACK, 0)
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    app = edge(application, trusted_proxies=[LOOPBACK], is_https=False)
    await _Server(_config(app, LIMITS, [LOOPBACK])).serve(sockets=[listening])


if __name__ == "__main__":
    configure_logging("test", "CRITICAL")
    uvloop.run(main())
