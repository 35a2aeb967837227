"""Void the ways in that a backup brought back."""

from typing import Final

from admin_api.people.ports import People
from admin_api.people.store.passkeys import BootstrapTokens
from admin_api.people.store.sessions import Sessions
from gateway_kit.mongo.unit_of_work import Tx

BATCH: Final = 100
"""Sessions or invitations of one database transaction."""


async def end_all_access(*, tenancy: People, sessions: Sessions, bootstrap: BootstrapTokens) -> None:
    """End every session, and void every open invitation and the bootstrap token.

    Which of them were ended or used since the backup is not known. People sign in again with their passkeys, and
    admins renew invitations.
    """

    async def end_sessions(tx: Tx) -> int:
        return await sessions.end(tx, "restored", limit=BATCH)

    async def void_invitations(tx: Tx) -> int:
        invited = await tenancy.members.invited(tx, limit=BATCH)
        for member in invited:
            tenancy.members.replace(tx, member, member.with_void_invitation(tx.now))
        return len(invited)

    for work in (end_sessions, void_invitations):
        while await tenancy.uow.run(work):
            pass
    await bootstrap.void(tenancy.clock.now())
