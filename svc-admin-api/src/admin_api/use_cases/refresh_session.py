"""A browser comes back for the next access token."""

import hmac

from admin_api.domain.session import RefreshToken, Session, new_refresh_token, parse_refresh_token
from admin_api.errors import refresh_reused, session_invalid
from admin_api.session_ports import SessionAccess
from admin_api.use_cases.open_session import SignedIn, refresh_hash, sealed, session_actor, signed_in
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import Tx


async def refresh_session(text: str | None, *, access: SessionAccess) -> SignedIn:
    """The session with its next refresh token; the presented one is worthless from now on.

    A token that was used before is in two hands: the session ends for both.

    Raises:
        Unauthenticated: no token of ours, the session is over, or the token was used before.
    """
    tenancy = access.tenancy
    token, session = await find_session_of(text, access=access)
    now = tenancy.clock.now()
    if not session.is_alive(now):
        raise session_invalid()
    following = sealed(new_refresh_token(session.id, session.sequence + 1), tenancy.keyring)
    after = session.refreshed(refresh_hash(following, tenancy.keyring), now)
    is_newest = token.sequence == session.sequence and hmac.compare_digest(
        refresh_hash(token, tenancy.keyring), session.refresh_hash
    )

    async def work(tx: Tx) -> bool:
        return await access.sessions.refresh(tx, session, after)

    # Of two who present the newest at once, one was late: that is a reuse as well.
    if not is_newest or not await tenancy.uow.run(work):
        await _end_stolen(session, access)
        raise refresh_reused()
    return await signed_in(after, following, access=access)


async def find_session_of(text: str | None, *, access: SessionAccess) -> tuple[RefreshToken, Session]:
    """The token that we made, the newest or an older one, and its session, alive or not.

    Raises:
        Unauthenticated: not of our making, or its session is forgotten.
    """
    token = parse_refresh_token(text or "")
    if token is None or not _is_ours(token, access.tenancy.keyring):
        raise session_invalid()
    session = await access.sessions.find(token.session_id)
    if session is None:
        raise session_invalid()
    return token, session


def _is_ours(token: RefreshToken, keyring: Keyring) -> bool:
    return hmac.compare_digest(sealed(token, keyring).mac, token.mac)


async def _end_stolen(session: Session, access: SessionAccess) -> None:
    async def work(tx: Tx) -> None:
        if await access.sessions.end(tx, session.id, "refresh_reused"):
            actor = session_actor(session.person_id)
            await access.tenancy.audit.note(tx, actor, "session.refresh_reused", session.id)

    await access.tenancy.uow.run(work)
