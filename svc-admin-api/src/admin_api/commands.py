"""Commands of operators with a shell on the installation: ``gateway keys|operators|audit|restore``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from admin_api.app import DOCUMENTS, SERVICE, open_tenancy
from admin_api.edge.ports import AllPorts
from admin_api.people.opening import open_bootstrap, open_signing_keys
from admin_api.people.store.documents import SessionDocument
from admin_api.people.store.sessions import Sessions
from admin_api.people.use_cases.end_all_access import end_all_access
from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token
from admin_api.shared.use_cases.verify_audit import ChainReport, verify_audit
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.use_cases.create_system_key import create_system_key
from gateway_contracts.clock import SystemClock
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.set_aside import OPERATOR

Note = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True)
class AdminStore:
    """The database of this service and the keys of the installation."""

    client: MongoClient
    database: str
    system_encryption_key: str = field(repr=False)
    system_search_hash_key: str = field(repr=False)


async def new_system_key(store: AdminStore, label: str) -> tuple[ApiKey, str]:
    """A system key and its text, which is not stored."""
    return await create_system_key(label, tenancy=await _open(store))


async def audit_reports(store: AdminStore) -> list[ChainReport]:
    """The result of the check of every chain of the audit log."""
    return await verify_audit(audit=(await _open(store)).audit)


async def new_bootstrap_token(store: AdminStore) -> tuple[str, datetime] | None:
    """A token for the first operator, in place of one that waits, and its end; None: there is an operator."""
    return await issue_bootstrap_token(tenancy=await _open(store), bootstrap=open_bootstrap(), is_replacing=True)


async def end_access(store: AdminStore) -> None:
    """End every session, and void every open invitation and the bootstrap token."""
    tenancy = await _open(store)
    sessions = Sessions(SessionDocument, MongoRows(SessionDocument))
    await end_all_access(tenancy=tenancy, sessions=sessions, bootstrap=open_bootstrap())


async def rotate_session_key(store: AdminStore) -> str:
    """Sign access tokens with a new key, whose name is returned; those in use end by themselves within minutes."""
    await _open(store)
    return await open_signing_keys(store.system_encryption_key).rotate(SystemClock().now())


async def open_audit(store: AdminStore) -> Note:
    """A function that appends an entry (action, id of the object) to the installation's chain of the audit log.

    The actor is the operator with a shell: there is no session that names a person.
    """
    tenancy = await _open(store)

    async def note(action: str, object_id: str) -> None:
        await tenancy.uow.run(lambda tx: tenancy.audit.note(tx, OPERATOR, action, object_id))

    return note


async def _open(store: AdminStore) -> AllPorts:
    database = store.client[store.database]
    await bind_documents(database, DOCUMENTS)
    keyring = Keyring.from_secrets(store.system_encryption_key, store.system_search_hash_key)
    clock = SystemClock()
    return open_tenancy(UnitOfWork(store.client, database, source=SERVICE, clock=clock), keyring, clock)
