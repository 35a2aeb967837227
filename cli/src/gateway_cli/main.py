"""``gateway``: the root of all commands."""

from pathlib import Path

import click

from gateway_cli.commands.audit import audit
from gateway_cli.commands.backup import backup
from gateway_cli.commands.dead_letters import dead_letters
from gateway_cli.commands.deliveries import deliveries
from gateway_cli.commands.doctor import doctor
from gateway_cli.commands.events import events
from gateway_cli.commands.explain import explain
from gateway_cli.commands.invoices import invoices
from gateway_cli.commands.keys import keys
from gateway_cli.commands.ledger import ledger
from gateway_cli.commands.migrate import migrate
from gateway_cli.commands.operators import operators
from gateway_cli.commands.reporting import reporting
from gateway_cli.commands.republish import republish
from gateway_cli.commands.restore import restore
from gateway_cli.commands.tail import tail
from gateway_cli.commands.version import version
from gateway_cli.installation import find_installation


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--stack",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Descriptor of an embedded stack. Without it: the environment, else .run/stack.json of this folder.",
)
@click.pass_context
def gateway(context: click.Context, stack: Path | None) -> None:
    """Operate a payment gateway.

    The installation is described by the environment variables that its services have: NATS_URL, NATS_USER and
    NATS_PASSWORD of the user admin, MONGODB_URI of an administrative user, SYSTEM_ENCRYPTION_KEY,
    SYSTEM_SEARCH_HASH_KEY, and GATEWAY_SERVICES with the addresses of the processes. Without them the descriptor of
    an embedded stack is read.

    Exit codes: 0 done; 1 refused, not found, or something needs attention; 2 wrong use, or a missing variable.
    """
    # Read when a command runs: help needs no installation.
    context.obj = lambda: find_installation(stack)


for command in (
    audit,
    backup,
    dead_letters,
    deliveries,
    doctor,
    events,
    explain,
    invoices,
    keys,
    ledger,
    migrate,
    operators,
    reporting,
    republish,
    restore,
    tail,
    version,
):
    gateway.add_command(command)


def main() -> None:
    """The entry point of the console script."""
    gateway(prog_name="gateway")
