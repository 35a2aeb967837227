"""``gateway restore``."""

from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from gateway_cli.backup_files import fingerprints, passphrase_of, passphrase_option
from gateway_cli.commands.backup import facts_of, in_words
from gateway_cli.commands.migrate import replicas_option
from gateway_cli.connections import bus_of, mongo_of
from gateway_cli.document_copies import copies_of
from gateway_cli.installation import Installation, Misused, installation_option
from gateway_cli.output import confirm, counted, json_option, write_json, yes_option
from gateway_cli.restored import prepare, problems_of
from gateway_cli.running import Failed, run

if TYPE_CHECKING:
    from gateway_kit.backup.parts import Manifest, PartsReader
    from gateway_kit.backup.summary import Summary

_SHOWN_MAX: Final = 5


@click.command(short_help="Put a backup into an empty installation, and check it.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", "only_check", is_flag=True, help="Read FILE to its end, and change nothing.")
@click.option("--replace", is_flag=True, help="Remove what the installation holds.")
@replicas_option
@passphrase_option
@json_option
@yes_option
@installation_option
def restore(
    installation: Installation,
    file: Path,
    only_check: bool,
    replace: bool,
    replicas: int,
    passphrase_file: Path | None,
    as_json: bool,
    is_confirmed: bool,
) -> None:
    """Put the databases and documents of FILE into an installation that holds nothing yet, and check the result.

    The servers run, with their users; the services do not. FILE is read to its end before anything is changed. Then:
    databases, documents, streams and indexes; a comparison of all rows with the file; registers, books and audit log as
    `gateway invoices verify`, `gateway ledger verify` and `gateway audit verify` check them. Sessions, open invitations
    and the bootstrap token of FILE are of no use any more. Start the services afterwards, and revoke again what was
    revoked since the moment of the backup. Needs the variables of the installation, with the two keys that it had, and
    DOCUMENT_STORE with S3_… where documents shall lie in a bucket: what it holds besides FILE stays.

    Exit code 1: it was not restored, or a check found a problem.
    """
    passphrase, keys = passphrase_of(passphrase_file), fingerprints(installation)
    with _opened(file) as source:
        if not only_check:
            run(_require_free(installation, is_replaced=replace))
        summary = run(_look_through(source, passphrase, keys))
        if only_check:
            _report(summary, None, as_json=as_json)
            return
        if replace:
            confirm("Remove all that this installation holds, and restore the backup?", is_confirmed=is_confirmed)
        source.seek(0)
        problems = run(_restore(installation, source, passphrase, summary, replicas))
    _report(summary, problems, as_json=as_json)
    click.get_current_context().exit(1 if problems else 0)


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as exc:
        raise Misused(f"{file} cannot be read: {exc.strerror}.") from exc


def _reader(source: BinaryIO, passphrase: str) -> "PartsReader":
    from gateway_kit.backup.parts import PartsReader
    from gateway_kit.backup.sealed import SealedReader

    return PartsReader(SealedReader(source, passphrase))


async def _require_free(installation: Installation, *, is_replaced: bool) -> None:
    from gateway_kit.backup.restore import held_by
    from gateway_kit.health_report.processes import find_answering

    if running := await find_answering(installation.addresses()):
        raise Failed(f"Services are running: stop {', '.join(running)}.")
    async with bus_of(installation) as bus, mongo_of(installation) as mongo:
        held = [] if is_replaced else await held_by(mongo, bus)
    if held:
        named = ", ".join(held[:_SHOWN_MAX]) + (" …" if len(held) > _SHOWN_MAX else "")
        raise Failed(f"The installation is not empty ({named}). --replace removes what it holds.")


async def _look_through(source: BinaryIO, passphrase: str, keys: dict[str, str]) -> "Summary":
    from gateway_kit.backup.summary import look_through

    reader = _reader(source, passphrase)
    _require_fitting(reader.manifest, keys)
    return look_through(reader)


def _require_fitting(manifest: "Manifest", keys: dict[str, str]) -> None:
    for name, found in manifest.keys.items():
        if keys.get(name) != found:
            raise Failed(f"{name} is not the one that the installation of this backup had: nothing could be decrypted.")
    own = version_of("gateway-cli")
    if _numbers(manifest.version) > _numbers(own):
        raise Failed(f"The backup is of version {manifest.version}; this is {own}.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number.isdigit())


async def _restore(
    installation: Installation,
    source: BinaryIO,
    passphrase: str,
    summary: "Summary",
    replicas: int,
) -> list[str]:
    from gateway_kit.backup.restore import emptied_on_failure, put_back

    async with (
        bus_of(installation) as bus,
        mongo_of(installation) as mongo,
        copies_of(installation, bus) as copies,
        emptied_on_failure(mongo, bus),
    ):
        reader = _reader(source, passphrase)
        await put_back(reader, summary, mongo=mongo, bus=bus, copies=copies, replicas=replicas)
        await prepare(installation, summary.manifest.id)
    return await problems_of(installation)


def _report(summary: "Summary", problems: list[str] | None, *, as_json: bool) -> None:
    """The backup, and the problems that the checks found; None: it was only read."""
    if as_json:
        write_json({**facts_of(summary), "isRestored": problems is not None, "problems": problems or []})
        return
    click.echo(in_words(summary))
    if problems is None:
        click.echo("It is complete and can be restored.")
        return
    for problem in problems:
        click.echo(problem)
    click.echo("All sessions are ended, and open invitations are void: invite these people again.")
    click.echo(f"Revoke again what was revoked since {summary.manifest.moment}; destroy again what was shredded.")
    click.echo(f"Restored. Registers, books and audit log: {counted(len(problems), 'problem', 'problems')}.")
