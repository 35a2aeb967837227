"""Rename a passkey."""

from collections.abc import Mapping

from admin_api.people.domain.passkey import COLLECTION, LABEL, Passkey
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.open_session import session_actor
from admin_api.shared.errors import not_found
from gateway_kit.mongo.unit_of_work import Tx


async def rename_passkey(
    person_id: str, passkey_id: str, changes: Mapping[str, str | None], *, access: SessionAccess
) -> Passkey:
    """Give the passkey the name in ``changes``, or none; without a ``label`` there it stays as it is.

    Raises:
        NotFound: not a passkey of this person.
    """

    async def work(tx: Tx) -> Passkey:
        before = await access.passkeys.get(tx, passkey_id)
        if before is None or before.person_id != person_id:
            raise not_found("passkey")
        if "label" not in changes:
            return before
        label = changes["label"]
        encrypt = access.tenancy.keyring.encrypt_system
        after = before.changed(label=encrypt(COLLECTION, passkey_id, LABEL, label) if label else None)
        access.passkeys.replace(tx, before, after)
        await access.tenancy.audit.note(tx, session_actor(person_id), "passkey.rename", passkey_id)
        return after

    return await access.tenancy.uow.run(work)
