"""``python -m gateway_simulators.stripe``."""

import logging
import os

import uvicorn

from gateway_simulators.stripe.app import build_app
from gateway_simulators.stripe.settings import Settings


def main() -> None:
    """Serves until it is told to stop."""
    settings = Settings.from_environment(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    # Query strings carry client secrets: no access log.
    uvicorn.run(
        build_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
