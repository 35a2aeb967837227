"""Runs a simulator as a process."""

import logging
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from gateway_simulators.settings import Settings


def serve(app: Starlette | Callable[..., object], settings: Settings) -> None:
    """Serve until the process is stopped."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    # Query strings carry secrets of customers: no access log.
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
