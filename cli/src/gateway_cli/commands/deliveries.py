"""``gateway deliveries``: notifications of one organization, through the merchants' API."""

import re
from collections.abc import Callable
from typing import Any, Final

import click

from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import json_option, write_json, write_table
from gateway_cli.running import Failed, run

DEADLINE_S: Final = 15.0
_ID: Final = re.compile(r"[0-9a-z_]{1,64}")


def api_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--api`` and ``--key``; without them the installation's variables."""
    api = click.option("--api", metavar="URL", help="Origin of the API, such as https://api.example.com (GATEWAY_API).")
    key = click.option("--key", metavar="KEY", help="API key of the organization (GATEWAY_KEY), better not typed here.")
    return api(key(command))


@click.group(short_help="Notifications of an organization: list, send again.")
def deliveries() -> None:
    """Notifications of an organization: list those of a payment, send one again.

    The commands ask the API with a key of the organization: GATEWAY_API and GATEWAY_KEY.
    """


@deliveries.command("list", short_help="List those of a transaction.")
@click.argument("transaction_id", metavar="TRANSACTION")
@api_options
@json_option
@installation_option
def list_deliveries(
    installation: Installation, transaction_id: str, api: str | None, key: str | None, as_json: bool
) -> None:
    """List the notifications of a transaction with their states. Needs the scope transaction:read."""
    _require_id(transaction_id)
    answer = run(ask_api(installation, "GET", f"/transactions/{transaction_id}", api, key))
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
@api_options
@json_option
@installation_option
def resend(installation: Installation, delivery_id: str, api: str | None, key: str | None, as_json: bool) -> None:
    """Send a notification again now: the same body and id, with a new signature. Needs transaction:execute."""
    _require_id(delivery_id)
    answer = run(ask_api(installation, "POST", f"/ipn/deliveries/{delivery_id}/resend", api, key))
    if as_json:
        write_json(answer)
    else:
        click.echo(f"{delivery_id} is sent again; it is {answer['state']}.")


def _require_id(text: str) -> None:
    if not _ID.fullmatch(text):
        raise click.UsageError("An id has small letters, digits and underscores.")


async def ask_api(installation: Installation, method: str, path: str, api: str | None, key: str | None) -> Any:
    """The answer of the API.

    Raises:
        Failed: it refused; with the code and the request id of the answer.
    """
    import httpx

    origin, secret = api or installation.value("GATEWAY_API"), key or installation.value("GATEWAY_KEY")
    head = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(timeout=DEADLINE_S) as client:
        answer = await client.request(method, origin.rstrip("/") + "/api/v1" + path, headers=head)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_success and isinstance(body, dict):
        return body
    raise Failed(_refusal(answer.status_code, body if isinstance(body, dict) else {}))


def _refusal(status: int, body: dict[str, Any]) -> str:
    if "code" not in body:
        return f"The API answered {status} in a form that is not its own: is GATEWAY_API its origin?"
    return f"{status} {body['code']}: {body.get('error', '')} (request {body.get('requestId', 'unknown')})"
