"""Where the installation is: the variables of the environment, or the descriptor of an embedded stack.

The two are never mixed: a command would read the database of one installation and the bus of another.
"""

import functools
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from gateway_kit.health_report.addresses import SERVICES_VARIABLE, Addresses, parse_addresses

DEFAULT_STACK: Final = Path(".run/stack.json")
_PLACES: Final = ("NATS_URL", "MONGODB_URI", SERVICES_VARIABLE)
"""With one of these, the environment describes an installation."""


class Misused(click.ClickException):
    """A command cannot begin: a variable or file is missing or wrong."""

    exit_code = 2


@dataclass(frozen=True)
class Installation:
    """Variables by the names that services have (``infra/README.md``)."""

    source: str
    _variables: Mapping[str, str] = field(repr=False)

    def value(self, name: str) -> str:
        """The variable.

        Raises:
            Misused: it is not set.
        """
        found = self.optional(name)
        if found is None:
            raise Misused(f"{name} is not set in {self.source}. Set it, or name a stack file with --stack FILE.")
        return found

    def optional(self, name: str) -> str | None:
        """The variable; None where it is missing or empty."""
        return self._variables.get(name) or None

    def system_key(self, name: str) -> str:
        """One of the two keys of the installation.

        Raises:
            Misused: it is not set, or has a form that no service accepts.
        """
        from gateway_kit.crypto.kms import parse_system_key

        found = self.value(name)
        try:
            parse_system_key(name, found)
        except ValueError as exc:
            raise Misused(f"{exc}.") from exc
        return found

    def addresses(self) -> Addresses:
        """The addresses of the processes of each service, in the order of the declaration.

        Raises:
            Misused: the variable is missing or wrong.
        """
        try:
            return parse_addresses(self.value(SERVICES_VARIABLE))
        except ValueError as exc:
            raise Misused(str(exc)) from exc


def find_installation(stack: Path | None) -> Installation:
    """The stack file that was named; else the environment; else the stack file in the current folder.

    Raises:
        Misused: the file that was named cannot be read.
    """
    if stack is None and (any(os.environ.get(name) for name in _PLACES) or not DEFAULT_STACK.exists()):
        return Installation("the environment", os.environ)
    file = stack or DEFAULT_STACK
    return Installation(str(file), _variables_of(file))


def _variables_of(file: Path) -> dict[str, str]:
    """The descriptor and the secrets beside it, under the names of the variables."""
    stack, secrets = _read(file), _read(file.with_name("secrets.json"))
    found = {
        "NATS_URL": _at(stack, "nats", "url"),
        "NATS_MONITOR_URL": _at(stack, "nats", "monitor"),
        "MONGODB_URI": _at(stack, "mongodb", "uri"),
        "SYSTEM_ENCRYPTION_KEY": _at(secrets, "system_encryption_key"),
        "SYSTEM_SEARCH_HASH_KEY": _at(secrets, "system_search_hash_key"),
        "GATEWAY_API": _at(stack, "urls", "adminApi"),
        "GATEWAY_KEY": _at(stack, "demo", "apiKey"),
        SERVICES_VARIABLE: " ".join(f"{name}={url}" for name, url in stack.get("services", {}).items()),
    }
    return {name: value for name, value in found.items() if value}


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except OSError as exc:
        raise Misused(f"{file} cannot be read: {exc.strerror}. Start the stack with `make up`.") from exc
    except ValueError as exc:
        raise Misused(f"{file} is no JSON document.") from exc
    if not isinstance(content, dict):
        raise Misused(f"{file} is no descriptor of a stack.")
    return content


def _at(content: Mapping[str, Any], *path: str) -> str:
    found: Any = content
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def installation_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the installation as its first argument."""

    @click.pass_context
    @functools.wraps(command)
    def with_installation(context: click.Context, /, *arguments: Any, **options: Any) -> Any:
        return command(context.obj(), *arguments, **options)

    return with_installation
