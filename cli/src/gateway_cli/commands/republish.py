"""``gateway republish``."""

from datetime import datetime, timedelta
from typing import Final

import click

from gateway_cli.admin_store import audit_of
from gateway_cli.arguments import Moment
from gateway_cli.connections import mongo_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import confirm, json_option, moment, write_json, write_table, yes_option
from gateway_cli.running import run
from gateway_contracts.clock import SystemClock
from gateway_contracts.collections import DATABASES, OUTBOX_KEPT_S

ACTION: Final = "outbox.republish"
OWNERS: Final = tuple(DATABASES)


@click.command(short_help="Publish events once more, after the bus was lost.")
@click.argument("since", type=Moment())
@click.option("--service", "services", multiple=True, type=click.Choice(OWNERS), help="This service alone; repeatable.")
@json_option
@yes_option
@installation_option
def republish(
    installation: Installation, since: datetime, services: tuple[str, ...], as_json: bool, is_confirmed: bool
) -> None:
    """Publish the events of all services since a moment once more, for example after the bus was lost.

    SINCE is a moment with its time zone, such as 2026-01-31T08:00:00Z, before the loss and at most seven days back.
    The running services publish what is marked within seconds; consumers recognise what they have handled. The audit
    log notes each service. Needs MONGODB_URI, SYSTEM_ENCRYPTION_KEY and SYSTEM_SEARCH_HASH_KEY.
    """
    kept_since = SystemClock().now() - timedelta(seconds=OUTBOX_KEPT_S)
    if since < kept_since:
        click.echo(f"Events published before {moment(kept_since)} are no longer kept.", err=True)
    names = services or OWNERS
    confirm(f"Publish events of {', '.join(names)} since {moment(since)} again?", is_confirmed=is_confirmed)
    counts = run(_mark(installation, since, names))
    if as_json:
        write_json(counts)
    else:
        write_table(("service", "events to be published again"), list(counts.items()))


async def _mark(installation: Installation, since: datetime, names: tuple[str, ...]) -> dict[str, int]:
    from gateway_kit.republish import republish as mark

    counts = {}
    async with audit_of(installation) as note, mongo_of(installation) as client:
        for name in names:
            await note(ACTION, name)
            counts[name] = await mark(client[DATABASES[name]], since)
    return counts
