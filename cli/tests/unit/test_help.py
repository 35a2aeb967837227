"""Every command explains itself, and help is quick."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from command_line import invoke

from gateway_cli.main import gateway

# What servers need; help needs none of them.
HEAVY = ("nats", "pymongo", "beanie", "fastapi", "faststream", "httpx", "admin_api", "invoice", "transaction")


def every_command(command: click.Command = gateway, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command and group."""
    yield path
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from every_command(inner, (*path, name))


def command_at(path: tuple[str, ...]) -> click.Command:
    found: click.Command = gateway
    for name in path:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    return found


@pytest.mark.parametrize("path", list(every_command()), ids=" ".join)
def test_every_command_and_option_has_help(path: tuple[str, ...]) -> None:
    command = command_at(path)
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name

    result = invoke(*path, "--help")

    assert result.exit_code == 0
    assert f"Usage: gateway{''.join(f' {name}' for name in path)} " in result.stdout
    assert "..." not in result.stdout.partition("Commands:")[2], "a short help that was cut off"


def test_commands_with_output_of_data_have_json() -> None:
    groups = [path for path in every_command() if isinstance(command_at(path), click.Group)]
    for path in every_command():
        if path not in groups:
            assert "as_json" in {parameter.name for parameter in command_at(path).params}, path


def test_help_imports_no_service_and_no_client_of_a_server() -> None:
    code = (
        "import sys, gateway_cli.main as m\n"
        "try: m.gateway(['dead-letters', '--help'])\n"
        f"except SystemExit: sys.exit(' '.join(n for n in {HEAVY!r} if n in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""


def test_an_unknown_command_is_wrong_use() -> None:
    result = invoke("explode")
    assert (result.exit_code, "No such command 'explode'" in result.stderr) == (2, True)


def test_the_verification_of_registers_needs_no_renderer() -> None:
    """The image of the command line has none of the libraries that draw PDFs."""
    code = "import sys, invoice.verify\nsys.exit(int('weasyprint' in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
