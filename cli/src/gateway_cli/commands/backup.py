"""``gateway backup``."""

import secrets
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from gateway_cli.admin_store import audit_of
from gateway_cli.backup_files import STANDARD_OUTPUT, fingerprints, new_file, passphrase_of, passphrase_option
from gateway_cli.connections import bus_of, mongo_of
from gateway_cli.document_copies import copies_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import json_option, moment, write_json
from gateway_cli.running import run
from gateway_contracts.clock import SystemClock

if TYPE_CHECKING:
    from gateway_kit.backup.summary import Summary

ACTION: Final = "installation.backup"


@click.command(short_help="Write an encrypted backup of databases and documents.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-documents", is_flag=True, help="Leave out the documents: their bucket has its own backup.")
@passphrase_option
@json_option
@installation_option
def backup(
    installation: Installation, file: Path, without_documents: bool, passphrase_file: Path | None, as_json: bool
) -> None:
    """Write FILE: all databases as they are at one moment and the rendered documents, encrypted under a passphrase.

    FILE is new; - is the standard output. The services go on. The two keys of the installation are not in the backup:
    keep them elsewhere, and the passphrase too. The audit log notes the backup. Needs NATS_URL of the user admin,
    MONGODB_URI, SYSTEM_ENCRYPTION_KEY and SYSTEM_SEARCH_HASH_KEY; DOCUMENT_STORE and S3_… where documents lie in a
    bucket.
    """
    passphrase, keys = passphrase_of(passphrase_file), fingerprints(installation)
    with new_file(file) as output:
        summary = run(_take(installation, output, passphrase, keys, has_documents=not without_documents))
    is_aside = file == STANDARD_OUTPUT
    if as_json:
        write_json(facts_of(summary), is_aside=is_aside)
    else:
        click.echo(in_words(summary), err=is_aside)


async def _take(
    installation: Installation, output: BinaryIO, passphrase: str, keys: dict[str, str], *, has_documents: bool
) -> "Summary":
    from gateway_kit.backup.parts import Manifest
    from gateway_kit.backup.sealed import SealedWriter
    from gateway_kit.backup.take import take_backup

    async with audit_of(installation) as note, bus_of(installation) as bus, mongo_of(installation) as mongo:
        server = str((await mongo.server_info())["version"])
        backup_id = secrets.token_hex(12)
        await note(ACTION, backup_id)
        at = moment(SystemClock().now())
        manifest = Manifest(backup_id, at, version_of("gateway-cli"), server, keys)
        sealed = SealedWriter(output, passphrase)
        async with copies_of(installation, bus) as copies:
            return await take_backup(sealed, manifest, mongo=mongo, copies=copies if has_documents else None)


def facts_of(summary: "Summary") -> dict[str, object]:
    """The numbers of a backup for machines."""
    return {
        "id": summary.manifest.id,
        "moment": summary.manifest.moment,
        "version": summary.manifest.version,
        "collections": len(summary.contents),
        "rows": summary.rows,
        "documents": summary.documents,
        "bytes": summary.size,
    }


def in_words(summary: "Summary") -> str:
    """The numbers of a backup for people."""
    return (
        f"Backup {summary.manifest.id} of {summary.manifest.moment}: {summary.rows} rows of {len(summary.contents)} "
        f"collections and {summary.documents} documents, {summary.size / 1024**2:,.1f} MiB."
    )
