"""``python -m transaction`` runs the service; ``python -m transaction verify`` checks all books."""

import sys


def main() -> int:
    """Entry point; imports late, because the check needs neither bus nor keys."""
    match sys.argv[1:]:
        case ["verify"]:
            from transaction.verify import main as verify

            return verify()
        case []:
            from transaction.app import main as run

            run()
            return 0
        case _:
            sys.stderr.write("usage: python -m transaction [verify]\n")
            return 2


if __name__ == "__main__":
    sys.exit(main())
