"""All checks at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from gateway_cli.doctor.bus import check_bus
from gateway_cli.doctor.database import check_database
from gateway_cli.doctor.finding import Finding
from gateway_cli.doctor.guard import CHECK_S, guarded
from gateway_cli.doctor.processes import check_processes
from gateway_cli.installation import Installation

Check = Callable[[Installation], Awaitable[list[Finding]]]
CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("processes", check_processes),
    ("bus", check_bus),
    ("database", check_database),
)


async def examine(installation: Installation) -> list[Finding]:
    """The findings of all checks, in the order of the checks."""
    results = await asyncio.gather(*(guarded(name, check(installation), CHECK_S) for name, check in CHECKS))
    return [finding for findings in results for finding in findings]
