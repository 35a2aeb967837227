"""All checks at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import click

from gateway_cli.connections import bus_of, mongo_of
from gateway_cli.installation import Installation
from gateway_contracts.collections import DATABASES
from gateway_kit.health_report.bus import check_bus
from gateway_kit.health_report.database import check_database
from gateway_kit.health_report.finding import Finding
from gateway_kit.health_report.guard import CHECK_S, guarded
from gateway_kit.health_report.processes import check_processes

Check = Callable[[Installation], Awaitable[list[Finding]]]


async def examine(installation: Installation) -> list[Finding]:
    """The findings of all checks, in the order of the checks."""
    checks = (guarded(name, _configured(name, check, installation), CHECK_S) for name, check in CHECKS)
    return [finding for findings in await asyncio.gather(*checks) for finding in findings]


async def _configured(name: str, check: Check, installation: Installation) -> list[Finding]:
    """The findings of the check; one that names the variable that it lacks."""
    try:
        return await check(installation)
    except click.ClickException as exc:
        return [Finding(name, "unknown", exc.message)]


async def _processes(installation: Installation) -> list[Finding]:
    return await check_processes(installation.addresses())


async def _bus(installation: Installation) -> list[Finding]:
    async with bus_of(installation) as client:
        return await check_bus(client, installation.optional("NATS_MONITOR_URL"))


async def _database(installation: Installation) -> list[Finding]:
    async with mongo_of(installation) as client:
        return await check_database(client, tuple(DATABASES.values()))


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("processes", _processes),
    ("bus", _bus),
    ("database", _database),
)
