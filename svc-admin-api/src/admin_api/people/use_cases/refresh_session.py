"""A browser comes back for the next access token."""

import hmac
from datetime import datetime
from typing import Final

from admin_api.people.domain.session import RefreshToken, Session, parse_refresh_token
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.open_session import SignedIn, refresh_hash, sealed, session_actor, signed_in, successor
from admin_api.shared.errors import refresh_reused, session_invalid
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import Tx

_CLIENT_PURPOSE: Final = "refresh_client"


async def refresh_session(text: str | None, *, client: str, access: SessionAccess) -> SignedIn:
    """The session with its next refresh token; the presented one is worthless after `REFRESH_GRACE`.

    Tabs of one browser refresh at the same moment: within the grace the same browser (``client``: as it names itself)
    gets the newest token again. Any other use of an older token means two holders: the session ends for both.

    Raises:
        Unauthenticated: no token of ours, the session is over, or the token was used before.
    """
    tenancy = access.tenancy
    token, session = await find_session_of(text, access=access)
    now = tenancy.clock.now()
    known_client = tenancy.keyring.keyed_hash(_CLIENT_PURPOSE, client)
    if not session.is_alive(now):
        raise session_invalid()
    if _is_newest(token, session, tenancy.keyring):
        following = successor(token, tenancy.keyring)
        after = session.refreshed(refresh_hash(following, tenancy.keyring), now, known_client)
        if await access.sessions.refresh(session, after):
            return await signed_in(after, following, access=access)
        # Another request with the same token was faster.
        token, session = await find_session_of(text, access=access)
        if not session.is_alive(now):
            raise session_invalid()
    newest = _newest_for(token, session, now, known_client, tenancy.keyring)
    if newest is None:
        await _end_stolen(session, access)
        raise refresh_reused()
    return await signed_in(session, newest, access=access)


def _is_newest(token: RefreshToken, session: Session, keyring: Keyring) -> bool:
    is_same = hmac.compare_digest(refresh_hash(token, keyring), session.refresh_hash)
    return is_same and token.sequence == session.sequence


def _newest_for(
    token: RefreshToken, session: Session, now: datetime, client: str, keyring: Keyring
) -> RefreshToken | None:
    """The newest token, if the presented one was replaced a moment ago by the same client."""
    steps = session.steps_behind(token.sequence, now, client)
    if steps is None:
        return None
    for _ in range(steps):
        token = successor(token, keyring)
    return token if _is_newest(token, session, keyring) else None


async def find_session_of(text: str | None, *, access: SessionAccess) -> tuple[RefreshToken, Session]:
    """The token that we made, the newest or an older one, and its session, alive or not.

    Raises:
        Unauthenticated: not of our making, or its session is forgotten.
    """
    token = parse_refresh_token(text or "")
    if token is None or not _is_ours(token, access.tenancy.keyring):
        raise session_invalid()
    session = await access.sessions.get(None, token.session_id)
    if session is None:
        raise session_invalid()
    return token, session


def _is_ours(token: RefreshToken, keyring: Keyring) -> bool:
    return hmac.compare_digest(sealed(token, keyring).mac, token.mac)


async def _end_stolen(session: Session, access: SessionAccess) -> None:
    async def work(tx: Tx) -> None:
        if await access.sessions.end(tx, "refresh_reused", _id=session.id):
            actor = session_actor(session.person_id)
            await access.tenancy.audit.note(tx, actor, "session.refresh_reused", session.id)

    await access.tenancy.uow.run(work)
