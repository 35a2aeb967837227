"""``python -m reporting``."""

from gateway_kit.service import run_service
from reporting.app import SERVICE, build
from reporting.settings import Settings


def main() -> None:
    """Run the service until it is stopped."""
    run_service(Settings(), SERVICE, build)


if __name__ == "__main__":
    main()
