"""``python -m gateway_kit.dead_letters``: see what was set aside, messages and rows alike, and redrive it.

    list [worker]                   one line each, oldest first
    show <number>                   all that is known of one
    redrive <number> ...            process them again and remove the letters
    redrive --all <worker>          every letter of a worker, after its cause was mended

A worker is a consumer, or a service for rows of its database. Needs ``NATS_URL`` with the user ``admin``, which no
service has; else ``NATS_USER`` and ``NATS_PASSWORD``.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import TextIO

import nats
from nats.errors import Error as NatsError
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway_contracts.errors import GatewayError
from gateway_contracts.requests.set_aside import REDRIVE_ROW
from gateway_contracts.topology import CONSUMERS
from gateway_kit.nats.connection import inbox_prefix
from gateway_kit.nats.dead_letters import DeadLetter, DeadLetters
from gateway_kit.nats.permissions import ADMIN_USER
from gateway_kit.nats.rpc import RpcClient

CONNECT_TIMEOUT_S = 5


class DeadLetterSettings(BaseSettings):
    """The bus, as the operator's user."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    nats_url: SecretStr
    nats_user: str | None = None
    nats_password: SecretStr | None = None


async def run(arguments: Sequence[str], letters: DeadLetters, out: TextIO) -> int:
    """The command; the exit status.

    Raises:
        GatewayError: no such letter.
    """
    workers = {spec.durable for spec in CONSUMERS} | set(REDRIVE_ROW)
    match arguments:
        case ["list"]:
            await _list(letters, None, out)
        case ["list", worker] if worker in workers:
            await _list(letters, worker, out)
        case ["show", number] if number.isdecimal():
            _show(await letters.get(int(number)), out)
        case ["redrive", "--all", worker] if worker in workers:
            # Those that are there now: one that fails again is a new letter at the end.
            for letter in [letter async for letter in letters.all(worker)]:
                await _redrive(letters, letter, out)
        case ["redrive", *numbers] if numbers and all(number.isdecimal() for number in numbers):
            for number in numbers:
                await _redrive(letters, await letters.get(int(number)), out)
        case _:
            out.write((__doc__ or "") + "\nWorkers: " + ", ".join(sorted(workers)) + "\n")
            return 2
    return 0


async def _list(letters: DeadLetters, worker: str | None, out: TextIO) -> None:
    count = 0
    async for letter in letters.all(worker):
        count += 1
        out.write(
            f"{letter.sequence:>6}  {letter.parked_at:%Y-%m-%dT%H:%M:%SZ}  {letter.consumer}  "
            f"{letter.reason} at {letter.origin}  {letter.subject or f'{letter.source} {letter.reference}'}  "
            f"{letter.size} bytes\n"
        )
    out.write(f"{count} dead letters\n")


def _show(letter: DeadLetter, out: TextIO) -> None:
    known = {
        "number": letter.sequence,
        "parkedAt": letter.parked_at.isoformat(),
        "source": letter.source,
        "consumer": letter.consumer,
        "reference": letter.reference,
        "organizationId": letter.organization_id,
        "reason": letter.reason,
        "origin": letter.origin,
        "subject": letter.subject,
        "deliveries": letter.deliveries,
        "bytes": letter.size,
        "headers": letter.headers,
    }
    try:
        known["body"] = json.loads(letter.body)
    except ValueError:
        known["bodyBytes"] = len(letter.body)
    json.dump(known, out, indent=2)
    out.write("\n")


async def _redrive(letters: DeadLetters, letter: DeadLetter, out: TextIO) -> None:
    redriven = await letters.redrive(letter)
    where = (
        f"published again on {letter.subject}"
        if letter.is_message
        else f"due again: {letter.source} {letter.reference}"
    )
    out.write(f"{letter.sequence} {where if redriven else 'nothing left to redrive'}\n")


async def _main(arguments: Sequence[str]) -> int:
    settings = DeadLetterSettings()
    client = await nats.connect(
        settings.nats_url.get_secret_value(),
        user=settings.nats_user,
        password=settings.nats_password.get_secret_value() if settings.nats_password else None,
        inbox_prefix=inbox_prefix(settings.nats_user or ADMIN_USER).encode(),
        allow_reconnect=False,
        max_reconnect_attempts=1,
        error_cb=_said_at_the_end,
        connect_timeout=CONNECT_TIMEOUT_S,
    )
    try:
        letters = DeadLetters(client.jetstream(timeout=CONNECT_TIMEOUT_S), RpcClient(client))
        return await run(arguments, letters, sys.stdout)
    finally:
        await client.close()


async def _said_at_the_end(_error: Exception) -> None:
    """The client would print every failed attempt with its traceback."""


def main(arguments: Sequence[str]) -> int:
    """The command; the exit status."""
    try:
        return asyncio.run(_main(arguments))
    except (GatewayError, NatsError, OSError) as exc:
        sys.stderr.write(f"{exc or type(exc).__name__}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
