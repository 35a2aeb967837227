"""``python -m gateway_simulators.mollie``."""

import os

from gateway_simulators.mollie.app import build_app
from gateway_simulators.mollie.settings import Settings
from gateway_simulators.server import serve


def main() -> None:
    """Serve until the process is stopped."""
    settings = Settings.from_environment(os.environ, "MOLLIE_SIM")
    serve(build_app(settings), settings)


if __name__ == "__main__":
    main()
