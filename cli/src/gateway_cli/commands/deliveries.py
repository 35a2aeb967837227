"""``gateway deliveries``: notifications of one organization, through the merchants' API."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, get_args

import click

from gateway_cli.arguments import Moment
from gateway_cli.merchants_api import MerchantsApi, Query, api_options
from gateway_cli.output import json_option, write_json, write_table
from gateway_cli.running import run
from gateway_contracts.limits import PAGE_LIMIT_MAX
from gateway_contracts.requests.ipn import DeliveryState

ROWS_MAX: Final = 10_000
_ID: Final = re.compile(r"[0-9a-z_]{1,64}")


@click.group(short_help="Notifications of an organization: list, send again.")
def deliveries() -> None:
    """Notifications of an organization: list them, send one again.

    The commands ask the API with a key of the organization: GATEWAY_API and GATEWAY_KEY.
    """


@deliveries.command("list", short_help="List them, newest first.")
@click.argument("transaction_id", metavar="[TRANSACTION]", required=False)
@click.option("--state", type=click.Choice(get_args(DeliveryState)), help="Only these; exhausted: all attempts failed.")
@click.option("--receiver", metavar="HOST", help="Only those that were sent to this host.")
@click.option("--site", "siteId", metavar="ID", help="Only those of this site.")
@click.option("--from", "since", type=Moment(), help="Only those made at this time or later.")
@click.option("--to", "before", type=Moment(), help="Only those made before this time.")
@click.option("--limit", type=click.IntRange(1, ROWS_MAX), default=100, show_default=True, help="So many at most.")
@json_option
@api_options
def list_deliveries(
    api: MerchantsApi,
    transaction_id: str | None,
    since: datetime | None,
    before: datetime | None,
    limit: int,
    as_json: bool,
    **filters: str | None,
) -> None:
    """List notifications with their states, newest first: of a transaction, or of the organization.

    Needs the scope transaction:read.
    """
    if transaction_id:
        _require_id(transaction_id)
    period = {"from": since and since.isoformat(), "to": before and before.isoformat()}
    named = {"transactionId": transaction_id, **filters, **period}
    found, has_more = run(_read(api, [(name, text) for name, text in named.items() if text], limit))
    if as_json:
        write_json(found)
    elif found:
        write_table(_HEADS, [_row(one) for one in found])
    else:
        click.echo("There is no such notification.")
    if has_more:
        click.echo("There are more: raise --limit, or name an earlier time with --to.", err=True)


_HEADS: Final = ("delivery", "status", "state", "attempts", "next attempt", "address")


def _row(delivery: Mapping[str, Any]) -> tuple[object, ...]:
    following = delivery.get("nextAttemptAt") or "-"
    attempts = "?" if delivery.get("abridged") else len(delivery.get("attempts", ()))
    return delivery["id"], delivery["ipnStatus"], delivery["state"], attempts, following, delivery["url"]


async def _read(api: MerchantsApi, query: Query, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Notifications, and whether there are more."""
    found: list[dict[str, Any]] = []
    cursor: Query = ()
    async with api.connected() as connection:
        while True:
            page = ("limit", str(min(PAGE_LIMIT_MAX, limit - len(found))))
            body = await connection.ask("GET", "/ipn/deliveries", [*query, page, *cursor])
            found += body["deliveries"]
            if body["nextCursor"] is None or len(found) >= limit:
                return found, body["nextCursor"] is not None
            cursor = (("cursor", body["nextCursor"]),)


@deliveries.command(short_help="Send one again now.")
@click.argument("delivery_id", metavar="DELIVERY")
@json_option
@api_options
def resend(api: MerchantsApi, delivery_id: str, as_json: bool) -> None:
    """Send a notification again now: the same body and id, with a new signature. Needs transaction:execute."""
    _require_id(delivery_id)
    answer = run(api.ask("POST", f"/ipn/deliveries/{delivery_id}/resend"))
    if as_json:
        write_json(answer)
    else:
        click.echo(f"{delivery_id} is sent again; it is {answer['state']}.")


def _require_id(text: str) -> None:
    if not _ID.fullmatch(text):
        raise click.UsageError("An id has small letters, digits and underscores.")
