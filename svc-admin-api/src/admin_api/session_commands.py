"""Commands about sessions, for operators with a shell on the installation."""

import contextlib
import json
import sys
from collections.abc import AsyncIterator

from admin_api.app import DOCUMENTS, SERVICE, open_tenancy
from admin_api.people.opening import open_sessions, open_signing_keys, print_bootstrap_token
from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token
from admin_api.settings import Settings
from gateway_contracts.clock import SystemClock
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.client import open_client
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.unit_of_work import UnitOfWork


async def print_new_bootstrap_token(settings: Settings) -> bool:
    """Replace the token that waits and print the new one. False: there is an operator already."""
    async with _database(settings) as uow:
        system_key = settings.system_encryption_key.get_secret_value()
        keyring = Keyring.from_secrets(system_key, settings.system_search_hash_key.get_secret_value())
        tenancy = open_tenancy(uow, keyring, SystemClock())
        access = open_sessions(
            tenancy, system_encryption_key=system_key, frontend_origin=settings.admin_frontend_origin
        )
        issued = await issue_bootstrap_token(access=access, is_replacing=True)
    if issued is None:
        sys.stderr.write("there is an operator already: ask them for an invitation\n")
        return False
    print_bootstrap_token(*issued)
    return True


async def rotate_session_key(settings: Settings) -> None:
    """Sign access tokens with a new key; those that are out run out by themselves within minutes."""
    async with _database(settings):
        keys = open_signing_keys(settings.system_encryption_key.get_secret_value())
        name = await keys.rotate(SystemClock().now())
    sys.stdout.write(json.dumps({"event": "session_key.rotated", "keyId": name}) + "\n")


@contextlib.asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[UnitOfWork]:
    async with open_client(settings.mongodb_uri.get_secret_value()) as client:
        database = client[settings.mongodb_database]
        await bind_documents(database, DOCUMENTS)
        yield UnitOfWork(client, database, source=SERVICE, clock=SystemClock())
