"""Remove a passkey."""

from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.open_session import session_actor
from admin_api.shared.errors import not_found
from gateway_contracts.errors import Conflict
from gateway_kit.mongo.unit_of_work import Tx


async def remove_passkey(person_id: str, passkey_id: str, *, access: SessionAccess) -> None:
    """It opens nothing any more, and the sessions that it opened are over.

    Raises:
        NotFound: not one of theirs.
        Conflict: their last one, without which they could not come back.
    """

    async def work(tx: Tx) -> None:
        known = {passkey.id: passkey for passkey in await access.passkeys.of_person(person_id, tx)}
        if passkey_id not in known:
            raise not_found("passkey")
        if len(known) == 1:
            raise Conflict("the last passkey cannot be removed: register another one first", code="LAST_PASSKEY")
        access.passkeys.delete(tx, known[passkey_id])
        await access.sessions.end(tx, "passkey_removed", person_id=person_id, passkey_id=passkey_id)
        # The chain also keeps two removals of the last two passkeys apart: the later one runs again.
        await access.tenancy.audit.note(tx, session_actor(person_id), "passkey.remove", passkey_id)

    await access.tenancy.uow.run(work)
