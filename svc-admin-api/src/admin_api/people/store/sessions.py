"""Sign-ins of people."""

from typing import Any, Final

from admin_api.people.domain.session import EndReason, Session
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.unit_of_work import Tx

_LISTED_MAX: Final = 200


class Sessions(GlobalStore[Session]):
    """Every change is guarded; an ended session stays until its time is over, so that reuse is still seen."""

    async def of_person(self, person_id: str) -> list[Session]:
        """Those that were not ended, newest first; their time may be over."""
        where = {"person_id": person_id, "ended_at": None}
        return await self.find(None, where, sort=(("_id", -1),), limit=_LISTED_MAX)

    async def refresh(self, before: Session, after: Session) -> bool:
        """Whether it was still alive and at the sequence of ``before``.

        Without a transaction: fifty tabs at once would abort one another's and wait.
        """
        return before.ended_at is None and await self.now.replace(before, after, guard=("sequence", "ended_at"))

    async def end(self, tx: Tx, reason: EndReason, *, limit: int = 0, **which: str) -> int:
        """End the living ones with these fields, at most ``limit`` unless it is 0; how many there were."""
        living = await self._living(tx, which, limit)
        for session in living:
            self.replace(tx, session, session.changed(ended_at=tx.now, end_reason=reason))
        return len(living)

    async def close_to(self, tx: Tx, person_id: str, organization_id: str) -> None:
        """All living ones of a person open nothing of that organization any more."""
        for session in await self._living(tx, {"person_id": person_id}):
            if organization_id not in session.closed_to:
                self.replace(tx, session, session.changed(closed_to=(*session.closed_to, organization_id)))

    async def _living(self, tx: Tx, which: dict[str, Any], limit: int = 0) -> list[Session]:
        return await self.find(tx, {**which, "ended_at": None}, limit=limit)
