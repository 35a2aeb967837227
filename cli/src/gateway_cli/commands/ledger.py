"""``gateway ledger``."""

import click

from gateway_cli.connections import mongo_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import counted, json_option, write_json
from gateway_cli.running import run
from gateway_contracts.collections import DATABASES


@click.group()
def ledger() -> None:
    """Books of payments."""


@ledger.command(short_help="Compare every transaction with its books.")
@json_option
@installation_option
def verify(installation: Installation, as_json: bool) -> None:
    """Compare every transaction of all organizations with its timeline, its records and its books.

    Names each difference with its transaction. Needs MONGODB_URI; changes nothing. Exit code 1: there is a difference.
    """
    from transaction.use_cases.verify import Difference
    from transaction.verify import verify_books

    async def work() -> list[Difference]:
        async with mongo_of(installation) as client:
            return await verify_books(client, DATABASES["svc-transaction"])

    found = run(work())
    if as_json:
        write_json([{"transactionId": each.transaction_id, "difference": each.what} for each in found])
    else:
        for each in found:
            click.echo(f"{each.transaction_id}: {each.what}")
        click.echo(counted(len(found), "difference", "differences"))
    click.get_current_context().exit(1 if found else 0)
