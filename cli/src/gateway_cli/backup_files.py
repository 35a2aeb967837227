"""The file of a backup: its passphrase, where it is written, and what it needs from the installation."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from gateway_cli.installation import Installation, Misused
from gateway_cli.running import Failed

PASSPHRASE_VARIABLE: Final = "GATEWAY_BACKUP_PASSPHRASE"  # noqa: S105  # its name
PASSPHRASE_CHARACTERS_MIN: Final = 16
STANDARD_OUTPUT: Final = Path("-")
KEYS: Final = ("SYSTEM_ENCRYPTION_KEY", "SYSTEM_SEARCH_HASH_KEY")


def passphrase_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--passphrase-file`` as the argument ``passphrase_file``."""
    text = f"File with the passphrase; without it the variable {PASSPHRASE_VARIABLE} holds the passphrase."
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("--passphrase-file", type=kind, metavar="FILE", help=text)(command)


def passphrase_of(file: Path | None) -> str:
    """The passphrase, without the end of its line.

    Raises:
        Misused: there is none, or it is too short.
    """
    try:
        found = file.read_text().strip("\r\n") if file else os.environ.get(PASSPHRASE_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as exc:
        raise Misused(f"{file} cannot be read.") from exc
    if len(found) < PASSPHRASE_CHARACTERS_MIN:
        raise Misused(
            f"A backup needs a passphrase of at least {PASSPHRASE_CHARACTERS_MIN} characters: "
            f"{PASSPHRASE_VARIABLE} or --passphrase-file. One to keep apart: openssl rand -base64 24."
        )
    return found


def fingerprints(installation: Installation) -> dict[str, str]:
    """Of the two keys of the installation, by the names of their variables.

    Raises:
        Misused: one is missing, or has a form that no service accepts.
    """
    from gateway_kit.backup.keys import fingerprint

    return {name: fingerprint(name, installation.system_key(name)) for name in KEYS}


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that exists under its name when the block has ended well, and not at all else.

    It is for its owner alone. ``-`` is the standard output.

    Raises:
        Failed: there is a file already, or none can be made there.
    """
    if path == STANDARD_OUTPUT:
        if sys.stdout.isatty():
            raise Misused("A backup is no text for a terminal: name a file, or send the output elsewhere.")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists():
        raise Failed(f"{path} exists already.")
    partial = path.with_name(f".{path.name}.partial")
    try:
        # Neither a link nor a file that another user put there.
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        raise Failed(f"{path} cannot be written: {exc.strerror}.") from exc
    try:
        with os.fdopen(descriptor, "wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
