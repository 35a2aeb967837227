"""The database of svc-admin-api with the keys of the installation, for the commands that read or change it."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from gateway_cli.connections import mongo_of
from gateway_cli.installation import Installation
from gateway_contracts.collections import DATABASES

if TYPE_CHECKING:
    from admin_api.commands import AdminStore, Note


@contextlib.asynccontextmanager
async def admin_store_of(installation: Installation) -> "AsyncIterator[AdminStore]":
    """The store.

    Raises:
        Misused: a variable is missing or a key has the wrong form.
    """
    from admin_api.commands import AdminStore

    encryption_key = installation.system_key("SYSTEM_ENCRYPTION_KEY")
    search_hash_key = installation.system_key("SYSTEM_SEARCH_HASH_KEY")
    async with mongo_of(installation) as client:
        yield AdminStore(client, DATABASES["svc-admin-api"], encryption_key, search_hash_key)


@contextlib.asynccontextmanager
async def audit_of(installation: Installation) -> "AsyncIterator[Note]":
    """Appends entries of the operator to the audit log."""
    from admin_api.commands import open_audit

    async with admin_store_of(installation) as store:
        yield await open_audit(store)
