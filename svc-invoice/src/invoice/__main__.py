"""``python -m invoice`` runs the service; ``python -m invoice verify`` re-checks the registers."""

import sys


def main() -> int:
    """Entry point; imports late, because the renderer's processes start through this module too."""
    match sys.argv[1:]:
        case ["verify", *registers]:
            from invoice.verify import main as verify

            return verify(registers)
        case []:
            from gateway_kit.service import run_service
            from invoice.app import SERVICE, build
            from invoice.settings import Settings

            run_service(Settings(), SERVICE, build)
            return 0
        case _:
            sys.stderr.write("usage: python -m invoice [verify [organization:test|live:kind …]]\n")
            return 2


if __name__ == "__main__":
    sys.exit(main())
