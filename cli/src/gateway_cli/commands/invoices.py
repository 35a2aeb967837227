"""``gateway invoices``."""

import re
from typing import Final

import click

from gateway_cli.connections import mongo_of
from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import counted, json_option, write_json
from gateway_cli.running import run
from gateway_contracts.collections import DATABASES


class Register(click.ParamType[str]):
    """The name of a register."""

    name = "register"
    form: Final = re.compile(r"[0-9a-f]{24}:(live|test):[a-z_]+")

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, or an error that shows an example."""
        if not self.form.fullmatch(value):
            self.fail(f"{value!r} is no register such as {'0' * 24}:live:credit_note", param, ctx)
        return value


@click.group()
def invoices() -> None:
    """Registers of invoices and credit notes."""


@invoices.command(short_help="Check registers: seals, numbers, documents, totals.")
@click.argument("registers", nargs=-1, type=Register(), metavar="[ORGANIZATION:live|test:KIND]...")
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
            return await verify_registers(client, DATABASES["svc-invoice"], registers)

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
