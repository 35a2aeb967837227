"""``gateway events``: what happened to the objects of one organization."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import click

from gateway_cli.arguments import Moment
from gateway_cli.event_filters import filter_options
from gateway_cli.merchants_api import MerchantsApi, Query, api_options
from gateway_cli.output import json_option, write_json, write_table
from gateway_cli.running import run
from gateway_contracts.clock import SystemClock
from gateway_contracts.limits import PAGE_LIMIT_MAX

EVENTS_MAX: Final = 10_000
LATELY: Final = timedelta(hours=24)


@click.command(short_help="Events of an organization, oldest first.")
@filter_options
@click.option("--from", "since", type=Moment(), help="Events of this time or later; without it those of 24 hours.")
@click.option("--to", "before", type=Moment(), help="Events before this time.")
@click.option("--cursor", metavar="CURSOR", help="Events after this place, which a list or a tail gave.")
@click.option(
    "--limit", type=click.IntRange(1, EVENTS_MAX), default=100, show_default=True, help="So many events at most."
)
@json_option
@api_options
def events(
    api: MerchantsApi,
    filters: Query,
    since: datetime | None,
    before: datetime | None,
    cursor: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List events of an organization, oldest first; they are kept for 30 days.

    Asks the API with a key of the organization: GATEWAY_API and GATEWAY_KEY, or --key-file. Needs the scope event:read.
    """
    if since is None and cursor is None:
        since = SystemClock().now() - LATELY
    named = {"from": since and since.isoformat(), "to": before and before.isoformat()}
    query = [*filters, *((name, text) for name, text in named.items() if text)]
    found, place, has_more = run(_read(api, query, cursor, limit))
    if as_json:
        write_json({"events": found, "nextCursor": place, "hasMore": has_more})
        return
    if found:
        rows = [(event["time"], event["type"], event["entityId"], event["id"]) for event in found]
        write_table(("time", "type", "object", "event"), rows)
    else:
        click.echo("There is no such event.")
    if has_more:
        click.echo(f"There are more: --cursor {place}", err=True)


async def _read(
    api: MerchantsApi, query: Query, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str, bool]:
    """Events, the place after them, and whether there are more."""
    found: list[dict[str, Any]] = []
    async with api.connected() as connection:
        while True:
            page = min(PAGE_LIMIT_MAX, limit - len(found))
            asked: Sequence[tuple[str, str]] = [*query, ("limit", str(page))]
            body = await connection.ask("GET", "/events", [*asked, ("cursor", cursor)] if cursor else asked)
            found += body["events"]
            cursor = str(body["nextCursor"])
            if not body["hasMore"] or len(found) >= limit:
                return found, cursor, body["hasMore"]
