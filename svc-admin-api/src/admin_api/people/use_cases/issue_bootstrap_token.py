"""The way in for the first operator."""

import secrets
from datetime import datetime
from typing import Final

from admin_api.people.domain.passkey import BOOTSTRAP_LIFETIME
from admin_api.people.ports import People
from admin_api.people.store.passkeys import BootstrapTokens
from admin_api.shared.domain.roles import INSTALLATION
from gateway_kit.mongo.unit_of_work import Tx

_PURPOSE: Final = "bootstrap"
_TOKEN_BYTES: Final = 32


def bootstrap_hash(token: str, tenancy: People) -> str:
    """How the token is kept."""
    return tenancy.keyring.keyed_hash(_PURPOSE, token)


async def has_operator(tenancy: People, tx: Tx | None = None) -> bool:
    """Whether the installation has an operator already."""

    async def work(tx: Tx) -> bool:
        return await tenancy.members.is_any(tx, INSTALLATION, "global")

    return await (tenancy.uow.run(work) if tx is None else work(tx))


async def issue_bootstrap_token(
    *, tenancy: People, bootstrap: BootstrapTokens, is_replacing: bool = False
) -> tuple[str, datetime] | None:
    """A fresh token and its end; None when there is an operator, or a token that waits and shall not be replaced."""
    if await has_operator(tenancy):
        return None
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    now = tenancy.clock.now()
    until = now + BOOTSTRAP_LIFETIME
    hashed = bootstrap_hash(token, tenancy)
    if not await bootstrap.issue(hashed, now=now, until=until, is_replacing=is_replacing):
        return None
    return token, until
