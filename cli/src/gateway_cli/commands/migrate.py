"""``gateway migrate``: the job that prepares bus and databases before any service of a version starts."""

import asyncio
from typing import Final

import click

from gateway_cli.connections import bus_of, mongo_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import json_option, write_json
from gateway_cli.running import Failed, run
from gateway_contracts.topology import CONSUMERS, STREAMS

# Fields of earlier rows are filled, and indexes are built: minutes for millions of rows.
DEADLINE_S: Final = 900


replicas_option = click.option(
    "--replicas",
    envvar="NATS_REPLICAS",
    default=1,
    show_default=True,
    type=click.IntRange(1, 5),
    help="Servers that keep each stream (NATS_REPLICAS).",
)


@click.command(short_help="Prepare bus and database for this version.")
@replicas_option
@json_option
@installation_option
def migrate(installation: Installation, replicas: int, as_json: bool) -> None:
    """Create or update streams, consumers, buckets, collections and indexes as this version declares them.

    Run it before the services of a new version start; running it again changes nothing. Needs NATS_URL with the user
    topology or admin, and MONGODB_URI of an administrative user: services hold neither right.
    """
    from gateway_contracts.collections import COLLECTIONS

    try:
        run(asyncio.wait_for(_apply(installation, replicas), DEADLINE_S))
    except RuntimeError as exc:
        # A server that is too old, or refuses a stream.
        raise Failed(f"{exc}.") from exc
    applied = {"streams": len(STREAMS), "consumers": len(CONSUMERS), "collections": len(COLLECTIONS)}
    if as_json:
        write_json(applied)
    else:
        counts = ", ".join(f"{count} {name}" for name, count in applied.items())
        click.echo(f"As this version declares: {counts}, buckets and indexes.")


async def _apply(installation: Installation, replicas: int) -> None:
    from gateway_kit.mongo.client import require_version
    from gateway_kit.mongo.indexes import apply_collections
    from gateway_kit.nats.topology import apply_topology

    async with bus_of(installation) as bus, mongo_of(installation) as mongo:
        await apply_topology(bus, replicas=replicas)
        await require_version(mongo)
        await apply_collections(mongo)
