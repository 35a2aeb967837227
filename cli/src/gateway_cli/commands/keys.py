"""``gateway keys``."""

import click

from gateway_cli.admin_store import admin_store_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import json_option, write_json
from gateway_cli.running import run
from gateway_contracts.limits import LINE_CHARACTERS_MAX


@click.group()
def keys() -> None:
    """Keys of the API."""


@keys.command("create-system")
@click.argument("label", default="system")
@json_option
@installation_option
def create_system(installation: Installation, label: str, as_json: bool) -> None:
    """Create a system key and show it, this once.

    A system key sets up organizations and their first keys. LABEL is shown beside it later (default: system). The
    audit log notes it. Needs MONGODB_URI, SYSTEM_ENCRYPTION_KEY and SYSTEM_SEARCH_HASH_KEY.
    """
    from admin_api.commands import new_system_key
    from admin_api.tenancy.domain.api_key import ApiKey

    if not 1 <= len(label) <= LINE_CHARACTERS_MAX:
        raise click.BadParameter(f"1 to {LINE_CHARACTERS_MAX} characters", param_hint="LABEL")

    async def work() -> tuple[ApiKey, str]:
        async with admin_store_of(installation) as store:
            return await new_system_key(store, label)

    key, text = run(work())
    if as_json:
        write_json({"id": key.id, "key": text, "scopes": list(key.scopes)})
        return
    click.echo(text)
    click.echo(f"The system key {key.id}, shown this once. Scopes: {', '.join(key.scopes)}.", err=True)
