"""``python -m gateway_simulators.paypal``."""

import os

from gateway_simulators.paypal.app import build_app
from gateway_simulators.paypal.settings import Settings
from gateway_simulators.server import serve


def main() -> None:
    """Serve until the process is stopped."""
    settings = Settings.from_environment(os.environ, "PAYPAL_SIM")
    serve(build_app(settings), settings)


if __name__ == "__main__":
    main()
