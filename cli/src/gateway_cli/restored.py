"""Work on a restored installation before its services start, and the checks of its content."""

from typing import Final

from gateway_cli.admin_store import admin_store_of, audit_of
from gateway_cli.connections import mongo_of
from gateway_cli.installation import Installation
from gateway_contracts.collections import DATABASES

ACTION: Final = "installation.restore"


async def prepare(installation: Installation, backup_id: str) -> None:
    """Note the restoration in the audit log, void sessions and invitations that were brought back, and let no
    call to a provider be repeated blindly."""
    from admin_api.commands import end_access
    from transaction.restored import prepare_restored

    async with audit_of(installation) as note:
        await note(ACTION, backup_id)
    async with admin_store_of(installation) as store:
        await end_access(store)
    async with mongo_of(installation) as client:
        await prepare_restored(client, DATABASES["svc-transaction"])


async def problems_of(installation: Installation) -> list[str]:
    """Each problem of registers, books and audit log as a sentence; empty when all is as it was written."""
    from admin_api.commands import audit_reports
    from invoice.verify import verify_registers
    from transaction.verify import verify_books

    async with mongo_of(installation) as client:
        registers = await verify_registers(client, DATABASES["svc-invoice"])
        found = [f"Register {each.register}: {problem}." for each in registers for problem in each.problems]
        books = await verify_books(client, DATABASES["svc-transaction"])
        found += [f"Transaction {each.transaction_id}: {each.what}." for each in books]
    async with admin_store_of(installation) as store:
        chains = await audit_reports(store)
    return found + [f"Chain {one.organization_id or 'installation'}: {one.problem}." for one in chains if one.problem]
