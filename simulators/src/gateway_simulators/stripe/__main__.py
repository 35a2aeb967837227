"""``python -m gateway_simulators.stripe``."""

import os

from gateway_simulators.server import serve
from gateway_simulators.stripe.app import build_app
from gateway_simulators.stripe.settings import Settings


def main() -> None:
    """Serve until the process is stopped."""
    settings = Settings.from_environment(os.environ, "STRIPE_SIM")
    serve(build_app(settings), settings)


if __name__ == "__main__":
    main()
