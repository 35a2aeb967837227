"""``gateway reporting``."""

from typing import Final

import click

from gateway_cli.admin_store import audit_of
from gateway_cli.connections import mongo_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import confirm, counted, json_option, write_json, yes_option
from gateway_cli.running import run
from gateway_contracts.collections import DATABASES

ACTION: Final = "reporting.rebuild"


@click.group()
def reporting() -> None:
    """Figures of organizations."""


@reporting.command(short_help="Count all figures anew.")
@json_option
@yes_option
@installation_option
def rebuild(installation: Installation, as_json: bool, is_confirmed: bool) -> None:
    """Count the figures of all organizations anew, from payments, ledger, cases, notifications and invoices.

    Services may run: the figures of before are shown until the new ones are complete, and events count in both. Takes
    minutes for a million payments. The audit log notes it. Needs MONGODB_URI, SYSTEM_ENCRYPTION_KEY and
    SYSTEM_SEARCH_HASH_KEY.
    """
    confirm("Count all figures anew?", is_confirmed=is_confirmed)
    count = run(_rebuild(installation))
    if as_json:
        write_json({"facts": count})
    else:
        click.echo(f"{counted(count, 'fact', 'facts')} counted; the figures are new.")


async def _rebuild(installation: Installation) -> int:
    from gateway_cli.reported_history import reported_history
    from reporting.commands import rebuild_figures

    async with audit_of(installation) as note, mongo_of(installation) as client:
        await note(ACTION, "svc-reporting")
        return await rebuild_figures(client, DATABASES["svc-reporting"], reported_history(client))
