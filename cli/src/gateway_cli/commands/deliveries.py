"""``gateway deliveries``: notifications of one organization, through the merchants' API."""

import re
from typing import Final

import click

from gateway_cli.merchants_api import MerchantsApi, api_options
from gateway_cli.output import json_option, write_json, write_table
from gateway_cli.running import Failed, run

_ID: Final = re.compile(r"[0-9a-z_]{1,64}")


@click.group(short_help="Notifications of an organization: list, send again.")
def deliveries() -> None:
    """Notifications of an organization: list those of a payment, send one again.

    The commands ask the API with a key of the organization: GATEWAY_API and GATEWAY_KEY.
    """


@deliveries.command("list", short_help="List those of a transaction.")
@click.argument("transaction_id", metavar="TRANSACTION")
@json_option
@api_options
def list_deliveries(api: MerchantsApi, transaction_id: str, as_json: bool) -> None:
    """List the notifications of a transaction with their states. Needs the scope transaction:read."""
    _require_id(transaction_id)
    answer = run(api.ask("GET", f"/transactions/{transaction_id}"))
    found = answer["ipn"]
    if found is None:
        raise Failed("svc-ipn does not answer: the notifications are not known now.")
    if as_json:
        write_json(found)
        return
    heads = ("delivery", "status", "state", "attempts", "next attempt", "address")
    rows = [
        (
            one["id"],
            one["ipnStatus"],
            one["state"],
            len(one.get("attempts", ())),
            one.get("nextAttemptAt") or "-",
            one["url"],
        )
        for one in found
    ]
    if rows:
        write_table(heads, rows)
    else:
        click.echo("The transaction has no notification.")


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
