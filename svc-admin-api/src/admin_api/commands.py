"""Commands for operators with a shell on the installation."""

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict

from admin_api.app import DOCUMENTS, SERVICE, open_tenancy
from admin_api.edge.ports import AllPorts
from admin_api.settings import Settings
from admin_api.shared.use_cases.verify_audit import verify_audit
from admin_api.tenancy.use_cases.create_system_key import create_system_key
from gateway_contracts.clock import SystemClock
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.client import open_client
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.unit_of_work import UnitOfWork


async def print_new_system_key(settings: Settings, label: str) -> None:
    """Make a system key and print it as one line of JSON; it is shown this once."""
    async with _tenancy(settings) as tenancy:
        key, text = await create_system_key(label, tenancy=tenancy)
    sys.stdout.write(json.dumps({"id": key.id, "key": text, "scopes": list(key.scopes)}) + "\n")


async def print_audit_report(settings: Settings) -> bool:
    """Verify every chain of the audit log and print one line of JSON for each. Whether all are whole."""
    async with _tenancy(settings) as tenancy:
        reports = await verify_audit(audit=tenancy.audit)
    for report in reports:
        sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return all(report.problem is None for report in reports)


@contextlib.asynccontextmanager
async def _tenancy(settings: Settings) -> AsyncIterator[AllPorts]:
    keyring = Keyring.from_secrets(
        settings.system_encryption_key.get_secret_value(), settings.system_search_hash_key.get_secret_value()
    )
    clock = SystemClock()
    async with open_client(settings.mongodb_uri.get_secret_value()) as client:
        database = client[settings.mongodb_database]
        await bind_documents(database, DOCUMENTS)
        yield open_tenancy(UnitOfWork(client, database, source=SERVICE, clock=clock), keyring, clock)
