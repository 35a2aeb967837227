"""``python -m admin_api`` serves; ``python -m admin_api create-system-key [label]`` prints a new system key once;
``python -m admin_api verify-audit`` checks the chains of the audit log (exit code 1: one is broken);
``python -m admin_api create-bootstrap-token`` prints a new token for the first operator (exit code 1: there is one);
``python -m admin_api rotate-session-key`` signs access tokens with a new key from now on."""

import asyncio
import sys

from admin_api.app import SERVICE, build
from admin_api.commands import print_audit_report, print_new_system_key
from admin_api.session_commands import print_new_bootstrap_token, rotate_session_key
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
        case ["verify-audit"]:
            return 0 if asyncio.run(print_audit_report(settings)) else 1
        case ["create-bootstrap-token"]:
            return 0 if asyncio.run(print_new_bootstrap_token(settings)) else 1
        case ["rotate-session-key"]:
            asyncio.run(rotate_session_key(settings))
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
