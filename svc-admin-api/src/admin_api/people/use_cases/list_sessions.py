"""A person looks where they are signed in."""

from admin_api.people.domain.session import Session
from admin_api.people.ports import SessionAccess


async def list_sessions(person_id: str, *, access: SessionAccess) -> list[Session]:
    """The living ones, newest first."""
    now = access.tenancy.clock.now()
    return [session for session in await access.sessions.of_person(person_id) if session.is_alive(now)]
