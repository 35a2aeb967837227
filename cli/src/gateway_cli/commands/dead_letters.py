"""``gateway dead-letters``: messages and rows that were set aside."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from gateway_cli.admin_store import audit_of
from gateway_cli.connections import dead_letters_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import confirm, counted, json_option, moment, write_json, write_table, yes_option
from gateway_cli.running import run
from gateway_contracts.collections import DATABASES
from gateway_contracts.errors import NotFound
from gateway_contracts.topology import CONSUMERS

if TYPE_CHECKING:
    from gateway_kit.nats.dead_letters import DeadLetter, DeadLetters

ACTION: Final = "dead_letter.redrive"
LIST_MAX: Final = 1_000
# A redriven letter that fails again is a new one at the end: a bulk redrive ends with those that are there now.
BULK_MAX: Final = 10_000
WORKERS: Final = (*(spec.durable for spec in CONSUMERS), *DATABASES)
"""A consumer for messages, a service for rows of its database."""


@dataclass(frozen=True)
class Redriven:
    """Result for one letter.

    Attributes:
        text: for people.
        is_gone: its message left its stream, or no worker of this version set it aside: the letter stays.
    """

    number: int
    text: str
    is_redriven: bool = False
    is_gone: bool = False


@dataclass(frozen=True)
class Filter:
    """The letters that a command is about; None: any."""

    worker: str | None = None
    organization_id: str | None = None
    reason: str | None = None

    async def letters(self, letters: "DeadLetters", limit: int) -> "AsyncIterator[DeadLetter]":
        """Oldest first, at most ``limit``."""
        count = 0
        async for letter in letters.all(self.worker):
            if self.organization_id not in (None, letter.organization_id) or self.reason not in (None, letter.reason):
                continue
            count += 1
            yield letter
            if count == limit:
                return


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--organization`` and ``--reason``."""
    organization = click.option("--organization", metavar="ID", help="Letters of this organization alone.")
    reason = click.option("--reason", metavar="REASON", help="Letters with this reason alone, such as Conflict.")
    return organization(reason(command))


@click.group("dead-letters", short_help="List, show and redrive what could not be processed.")
def dead_letters() -> None:
    """Messages of consumers and rows of services that could not be processed.

    Mend the cause, then redrive. WORKER is the consumer that gave a message up, or the service of a row. Needs
    NATS_URL with the user admin.
    """


@dead_letters.command("list", short_help="List them, oldest first.")
@click.argument("worker", type=click.Choice(WORKERS), required=False, metavar="[WORKER]")
@filter_options
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, LIST_MAX), help="Letters at most.")
@json_option
@installation_option
def list_letters(
    installation: Installation,
    worker: str | None,
    organization: str | None,
    reason: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List dead letters, oldest first: all, or those of one worker."""
    wanted = Filter(worker, organization, reason)

    async def work() -> list[dict[str, Any]]:
        async with dead_letters_of(installation) as letters:
            # Without their bodies: a thousand of them need not fit into the memory.
            return [_head(letter) async for letter in wanted.letters(letters, limit + 1)]

    found = run(work())
    shown, is_more = found[:limit], len(found) > limit
    if as_json:
        write_json({"deadLetters": shown, "isMore": is_more})
        return
    if shown:
        heads = ("number", "set aside", "worker", "organization", "reason", "at", "of", "bytes")
        write_table(heads, [_row(head) for head in shown])
    click.echo(counted(len(shown), "dead letter", "dead letters") + (", and more" if is_more else ""))


@dead_letters.command(short_help="Show one with its headers and body.")
@click.argument("number", type=click.IntRange(1))
@json_option
@installation_option
def show(installation: Installation, number: int, as_json: bool) -> None:
    """Show one dead letter with its headers and body. Personal data in the body are encrypted."""

    async def work() -> "DeadLetter":
        async with dead_letters_of(installation) as letters:
            return await letters.get(number)

    known = _whole(run(work()))
    if as_json:
        write_json(known)
    else:
        click.echo(json.dumps(known, indent=2))


@dead_letters.command(short_help="Process them again.")
@click.argument("numbers", nargs=-1, type=click.IntRange(1), metavar="[NUMBER]...")
@click.option("--all", "worker", type=click.Choice(WORKERS), metavar="WORKER", help="Every letter of this worker.")
@filter_options
@json_option
@yes_option
@installation_option
def redrive(
    installation: Installation,
    numbers: tuple[int, ...],
    worker: str | None,
    organization: str | None,
    reason: str | None,
    as_json: bool,
    is_confirmed: bool,
) -> None:
    """Process dead letters again and remove them: those that are named, or with --all those of one worker.

    Only the consumer that gave a message up gets it again. For a row its service is asked, which has to run. What
    fails again is a new letter. The audit log notes each letter before it is redriven: this needs MONGODB_URI,
    SYSTEM_ENCRYPTION_KEY and SYSTEM_SEARCH_HASH_KEY too.

    Exit code 1: a letter stays, because its message left its stream or this version has no such worker.
    """
    if bool(numbers) == (worker is not None):
        raise click.UsageError("Name numbers, or one worker with --all.")
    if numbers and (organization or reason):
        raise click.UsageError("--organization and --reason belong to --all.")
    found = run(_chosen(installation, numbers, Filter(worker, organization, reason)))
    if worker is not None and found:
        confirm(f"Redrive {counted(len(found), 'letter', 'letters')} of {worker}?", is_confirmed=is_confirmed)
    results: list[Redriven] = []
    try:
        run(_redrive(installation, found, results))
    finally:
        # Where one cannot be redriven, those before it were.
        _write_results(results, as_json=as_json)
    click.get_current_context().exit(1 if any(each.is_gone for each in results) else 0)


async def _chosen(installation: Installation, numbers: tuple[int, ...], wanted: Filter) -> list[int]:
    async with dead_letters_of(installation) as letters:
        if numbers:
            return [(await letters.get(number)).sequence for number in numbers]
        return [letter.sequence async for letter in wanted.letters(letters, BULK_MAX)]


async def _redrive(installation: Installation, numbers: list[int], results: list[Redriven]) -> None:
    async with dead_letters_of(installation) as letters, audit_of(installation) as note:
        for number in numbers:
            letter = await letters.get(number)
            await note(ACTION, str(number))
            results.append(await _outcome(letter, letters))


async def _outcome(letter: "DeadLetter", letters: "DeadLetters") -> Redriven:
    try:
        is_redriven = await letters.redrive(letter)
    except NotFound as exc:
        # It must not hold up those behind it.
        return Redriven(letter.sequence, f"stays: {exc.message} ({exc.code})", is_gone=True)
    text = _where(letter) if is_redriven else "nothing left to redrive"
    return Redriven(letter.sequence, text, is_redriven=is_redriven)


def _write_results(results: list[Redriven], *, as_json: bool) -> None:
    if as_json:
        write_json([{"number": each.number, "redriven": each.is_redriven} for each in results])
        return
    for each in results:
        click.echo(f"{each.number} {each.text}")
    click.echo(f"{counted(sum(not each.is_gone for each in results), 'letter', 'letters')} redriven")


def _where(letter: "DeadLetter") -> str:
    if letter.is_message:
        return f"published again on {letter.subject}"
    return f"due again: {letter.source} {letter.reference}"


def _row(head: dict[str, Any]) -> tuple[object, ...]:
    of = head["subject"] or f"{head['source']} {head['reference']}"
    known = [head[name] for name in ("number", "parkedAt", "consumer", "organizationId", "reason", "origin")]
    return *known, of, head["bytes"]


def _head(letter: "DeadLetter") -> dict[str, Any]:
    return {
        "number": letter.sequence,
        "parkedAt": moment(letter.parked_at),
        "source": letter.source,
        "consumer": letter.consumer,
        "reference": letter.reference,
        "organizationId": letter.organization_id,
        "reason": letter.reason,
        "origin": letter.origin,
        "subject": letter.subject,
        "deliveries": letter.deliveries,
        "bytes": letter.size,
    }


def _whole(letter: "DeadLetter") -> dict[str, Any]:
    known = _head(letter) | {"headers": letter.headers}
    try:
        return known | {"body": json.loads(letter.body)}
    except ValueError:
        return known | {"bodyBytes": len(letter.body)}
