"""``python -m domains``."""

from domains.app import SERVICE, build
from domains.settings import Settings
from gateway_kit.service import run_service


def main() -> None:
    """Run the service until it is stopped."""
    run_service(Settings(), SERVICE, build)


if __name__ == "__main__":
    main()
