"""``gateway audit``."""

import click

from gateway_cli.admin_store import admin_store_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import json_option, write_json, write_table
from gateway_cli.running import run


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command(short_help="Check every chain of entries.")
@json_option
@installation_option
def verify(installation: Installation, as_json: bool) -> None:
    """Walk every chain of the audit log and name the first problem of each.

    There is one chain for each organization, and one of the installation. Needs MONGODB_URI,
    SYSTEM_ENCRYPTION_KEY and SYSTEM_SEARCH_HASH_KEY; changes nothing. Exit code 1: a chain is broken.
    """
    from admin_api.commands import audit_reports
    from admin_api.shared.use_cases.verify_audit import ChainReport

    async def work() -> list[ChainReport]:
        async with admin_store_of(installation) as store:
            return await audit_reports(store)

    found = run(work())
    if as_json:
        rows = [
            {"organizationId": one.organization_id, "entries": one.entries, "problem": one.problem} for one in found
        ]
        write_json(rows)
    else:
        table = [(one.organization_id or "installation", one.entries, one.problem or "intact") for one in found]
        write_table(("chain", "entries", "verdict"), table)
    click.get_current_context().exit(1 if any(one.problem for one in found) else 0)
