"""``python -m admin_api`` serves; ``python -m admin_api create-system-key [label]`` prints a new system key once."""

import asyncio
import sys

from admin_api.app import SERVICE, build
from admin_api.commands import print_new_system_key
from admin_api.settings import Settings
from gateway_kit.service import run_service


def main(arguments: list[str]) -> int:
    """The process's exit code."""
    settings = Settings()
    match arguments:
        case []:
            run_service(settings, SERVICE, build)
        case ["create-system-key", *label]:
            asyncio.run(print_new_system_key(settings, " ".join(label) or "system"))
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
