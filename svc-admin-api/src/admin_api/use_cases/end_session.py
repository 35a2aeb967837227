"""Somebody signs out, here or everywhere."""

from admin_api.session_ports import SessionAccess
from admin_api.use_cases.open_session import session_actor
from gateway_kit.mongo.unit_of_work import Tx


async def end_session(person_id: str, session_id: str, *, is_everywhere: bool, access: SessionAccess) -> None:
    """The session is over, or all of the person; access tokens are refused from the next request on."""

    async def work(tx: Tx) -> None:
        if is_everywhere:
            ended = await access.sessions.end_all(tx, person_id, "logout_everywhere")
        else:
            ended = int(await access.sessions.end(tx, session_id, "logout"))
        if ended:
            action = "session.end_all" if is_everywhere else "session.end"
            await access.tenancy.audit.note(tx, session_actor(person_id), action, session_id)

    await access.tenancy.uow.run(work)
