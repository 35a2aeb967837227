"""Runs ``gateway`` in this process, as an operator of a test installation."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from gateway_cli.backup_files import PASSPHRASE_VARIABLE
from gateway_cli.main import gateway
from gateway_kit.health_report.addresses import SERVICES_VARIABLE

VARIABLES = (
    "NATS_URL",
    "NATS_USER",
    "NATS_PASSWORD",
    "NATS_MONITOR_URL",
    "NATS_REPLICAS",
    "MONGODB_URI",
    "SYSTEM_ENCRYPTION_KEY",
    "SYSTEM_SEARCH_HASH_KEY",
    PASSPHRASE_VARIABLE,
    "DOCUMENT_STORE",
    "S3_ENDPOINT",
    "S3_BUCKET",
    "S3_REGION",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "GATEWAY_API",
    "GATEWAY_KEY",
    SERVICES_VARIABLE,
)


def invoke(*arguments: str, variables: Mapping[str, str] | None = None, given: str | None = None) -> Result:
    """One command in an environment with these variables alone; ``given`` is typed at its questions."""
    environment: dict[str, str | None] = dict.fromkeys(VARIABLES) | dict(variables or {})
    return CliRunner().invoke(gateway, arguments, input=given, env=environment)


@dataclass(frozen=True)
class Operator:
    """A shell with the variables of one installation."""

    variables: Mapping[str, str]

    async def run(self, *arguments: str, given: str | None = None, **changed: str) -> Result:
        """A command in a thread: it has an event loop of its own."""
        variables = {**self.variables, **changed}
        result = await asyncio.to_thread(invoke, *arguments, variables=variables, given=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    async def json(self, *arguments: str, code: int = 0, **changed: str) -> Any:
        """Output of the command with ``--json``; lines before it are log lines of this process."""
        result = await self.run(*arguments, "--json", **changed)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout.splitlines()[-1])
