"""``python -m gateway_simulators.gocardless``."""

import os

from gateway_simulators.gocardless.app import build_app
from gateway_simulators.gocardless.settings import Settings
from gateway_simulators.server import serve


def main() -> None:
    """Serve until the process is stopped."""
    settings = Settings.from_environment(os.environ, "GOCARDLESS_SIM")
    serve(build_app(settings), settings)


if __name__ == "__main__":
    main()
