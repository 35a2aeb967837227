"""Sign in with a passkey."""

import secrets
from typing import Any, Final

from admin_api.people.domain.passkey import CEREMONY_LIFETIME, Ceremony, new_ceremony_id
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.open_session import SignedIn, new_session, signed_in, store_session
from admin_api.shared.errors import login_failed
from gateway_kit.mongo.unit_of_work import Tx

CHALLENGE_BYTES: Final = 32


async def begin_sign_in(*, access: SessionAccess) -> tuple[Ceremony, dict[str, Any]]:
    """A fresh challenge, and what the browser shall ask the authenticator."""
    ceremony = Ceremony(
        id=new_ceremony_id(),
        kind="login",
        challenge=secrets.token_bytes(CHALLENGE_BYTES),
        expires_at=access.tenancy.clock.now() + CEREMONY_LIFETIME,
    )
    await access.ceremonies.now.insert(ceremony)
    return ceremony, access.authenticators.login_options(ceremony.challenge)


async def finish_sign_in(ceremony_id: str, credential: dict[str, Any], *, access: SessionAccess) -> SignedIn:
    """Open a session for the owner of the passkey.

    Raises:
        Unauthenticated: unknown or used challenge, unknown passkey, wrong signature: one answer for all.
        Unreadable: the credential names no passkey.
    """
    tenancy = access.tenancy
    claimed = access.authenticators.claimed_id(credential)
    ceremony = await access.ceremonies.take(ceremony_id, tenancy.clock.now())
    passkey = await access.passkeys.get(None, claimed)
    if ceremony is None or ceremony.kind != "login" or passkey is None:
        raise login_failed()
    count = access.authenticators.verify_login(credential, ceremony.challenge, passkey)
    if count is None:
        raise login_failed()
    session, token = new_session(passkey.person_id, passkey.id, tenancy.clock.now(), tenancy.keyring)

    async def work(tx: Tx) -> None:
        # Deleted, or copied and used elsewhere, since we read it.
        used = passkey.changed(sign_count=count, last_used_at=tx.now)
        access.passkeys.replace(tx, passkey, used, otherwise=login_failed())
        await store_session(tx, session, access=access)

    await tenancy.uow.run(work)
    return await signed_in(session, token, access=access)
