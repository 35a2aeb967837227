"""``gateway invoices``."""

import click

from gateway_cli.connections import mongo_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import counted, json_option, write_json
from gateway_cli.running import run
from gateway_contracts.collections import DATABASES


@click.group()
def invoices() -> None:
    """Registers of invoices and credit notes."""


@invoices.command()
@click.argument("registers", nargs=-1, metavar="[ORGANIZATION:live|test:KIND]...")
@json_option
@installation_option
def verify(installation: Installation, registers: tuple[str, ...], as_json: bool) -> None:
    """Check registers from their first row to their last: all, or those that are named.

    Compares seals, numbers, documents and totals, and names each row with a problem. Needs MONGODB_URI; changes
    nothing. Exit code 1: a register has a problem.
    """
    from invoice.use_cases.verify_register import Findings
    from invoice.verify import verify_registers

    async def work() -> list[Findings]:
        async with mongo_of(installation) as client:
            return await verify_registers(client[DATABASES["svc-invoice"]], registers)

    found = run(work())
    if as_json:
        write_json([{"register": each.register, "rows": each.rows, "problems": each.problems} for each in found])
    else:
        for each in found:
            verdict = counted(len(each.problems), "problem", "problems") if each.problems else "intact"
            click.echo(f"{each.register}: {counted(each.rows, 'row', 'rows')}, {verdict}")
            for problem in each.problems:
                click.echo(f"  {problem}")
        if not found:
            click.echo("No register has a row yet.")
    click.get_current_context().exit(1 if any(each.problems for each in found) else 0)
