"""``python -m gateway_simulators.wise``."""

import os

from gateway_simulators.server import serve
from gateway_simulators.wise.app import build_app
from gateway_simulators.wise.settings import Settings


def main() -> None:
    """Serve until the process is stopped."""
    settings = Settings.from_environment(os.environ, "WISE_SIM")
    serve(build_app(settings), settings)


if __name__ == "__main__":
    main()
