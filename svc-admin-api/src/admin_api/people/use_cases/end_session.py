"""Sign out, here or everywhere."""

from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.open_session import session_actor
from admin_api.shared.errors import not_found
from gateway_kit.mongo.unit_of_work import Tx


async def end_session(person_id: str, session_id: str, *, is_everywhere: bool, access: SessionAccess) -> None:
    """The session is over, or all of the person; access tokens are refused from the next request on."""

    async def work(tx: Tx) -> None:
        if is_everywhere:
            ended = await access.sessions.end(tx, "logout_everywhere", person_id=person_id)
        else:
            ended = await access.sessions.end(tx, "logout", _id=session_id)
        if ended:
            action = "session.end_all" if is_everywhere else "session.end"
            await access.tenancy.audit.note(tx, session_actor(person_id), action, session_id)

    await access.tenancy.uow.run(work)


async def end_own_session(person_id: str, session_id: str, *, access: SessionAccess) -> None:
    """One of the person's sessions is over, wherever it lives.

    Raises:
        NotFound: not a living session of this person.
    """
    session = await access.sessions.get(None, session_id)
    if session is None or session.person_id != person_id or not session.is_alive(access.tenancy.clock.now()):
        raise not_found("session")

    async def work(tx: Tx) -> None:
        if await access.sessions.end(tx, "ended_by_person", _id=session_id):
            await access.tenancy.audit.note(tx, session_actor(person_id), "session.end", session_id)

    await access.tenancy.uow.run(work)
