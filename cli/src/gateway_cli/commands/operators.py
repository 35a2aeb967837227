"""``gateway operators``."""

from datetime import datetime

import click

from gateway_cli.admin_store import admin_store_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import confirm as ask
from gateway_cli.output import json_option, moment, write_json, yes_option
from gateway_cli.running import Failed, run


@click.group()
def operators() -> None:
    """People that run the installation."""


@operators.command(short_help="Show a one-time token for the first operator.")
@json_option
@installation_option
def invite(installation: Installation, as_json: bool) -> None:
    """Show a one-time token that lets the first operator register a passkey.

    It replaces an earlier token and is valid for 24 hours. Use it at the console, /register#…. Later operators
    are invited by the first one, or with a system key (POST /api/v1/system/operators): exit code 1. Needs MONGODB_URI,
    SYSTEM_ENCRYPTION_KEY and SYSTEM_SEARCH_HASH_KEY.
    """
    from admin_api.commands import new_bootstrap_token

    async def work() -> tuple[str, datetime] | None:
        async with admin_store_of(installation) as store:
            return await new_bootstrap_token(store)

    issued = run(work())
    if issued is None:
        raise Failed("There is an operator already: ask them for an invitation.")
    token, until = issued
    if as_json:
        write_json({"bootstrapToken": token, "validUntil": until})
        return
    click.echo(token)
    click.echo(f"Valid until {moment(until)}, for one registration at the console: /register#{token}", err=True)


@operators.command("rotate-session-key", short_help="Sign access tokens with a new key.")
@json_option
@yes_option
@installation_option
def rotate_session_key(installation: Installation, as_json: bool, is_confirmed: bool) -> None:
    """Sign the access tokens of people with a new key from now on.

    Tokens in use end by themselves within minutes. Needs MONGODB_URI, SYSTEM_ENCRYPTION_KEY and
    SYSTEM_SEARCH_HASH_KEY.
    """
    from admin_api.commands import rotate_session_key as rotate

    async def work() -> str:
        async with admin_store_of(installation) as store:
            return await rotate(store)

    ask("Sign all access tokens with a new key?", is_confirmed=is_confirmed)
    name = run(work())
    if as_json:
        write_json({"keyId": name})
    else:
        click.echo(f"Access tokens are signed with the key {name} from now on.")
