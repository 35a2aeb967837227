"""Passkeys, waiting challenges and the bootstrap token."""

from datetime import datetime
from typing import Final

from admin_api.people.domain.passkey import BootstrapToken, Ceremony, Passkey
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.unit_of_work import Tx

_FIRST_OPERATOR: Final = "first-operator"


class Passkeys(GlobalStore[Passkey]):
    """Public keys by the authenticator's id."""

    async def of_person(self, person_id: str, tx: Tx | None = None) -> list[Passkey]:
        """Oldest first."""
        return await self.find(tx, {"person_id": person_id}, sort=(("created_at", 1),))


class Ceremonies(GlobalStore[Ceremony]):
    """Challenges that wait for their answer."""

    async def take(self, ceremony_id: str, now: datetime) -> Ceremony | None:
        """Remove and return it; None for the second who asks, and after its time."""
        ceremony = await self.get(None, ceremony_id)
        if ceremony is None or ceremony.expires_at <= now or not await self.now.delete(ceremony):
            return None
        return ceremony


class BootstrapTokens(GlobalStore[BootstrapToken]):
    """The one token that makes the first operator."""

    async def issue(self, token_hash: str, *, now: datetime, until: datetime, is_replacing: bool = False) -> bool:
        """Whether it is the one that waits now; False when another one waits and must not be replaced."""
        token = BootstrapToken(id=_FIRST_OPERATOR, token_hash=token_hash, created_at=now, expires_at=until)
        waiting = await self.get(None, _FIRST_OPERATOR)
        if waiting is None:
            return await self.now.insert(token)
        if not is_replacing and waiting.expires_at > now:
            return False
        return await self.now.replace(waiting, token, guard=("token_hash",))

    async def void(self, now: datetime) -> None:
        """The one that waits is of no use any more, and another one may be issued."""
        waiting = await self.get(None, _FIRST_OPERATOR)
        if waiting is not None and waiting.expires_at > now:
            await self.now.replace(waiting, waiting.changed(expires_at=now), guard=("token_hash", "spent_at"))

    async def is_open(self, token_hash: str, now: datetime) -> bool:
        """Whether it is the one that waits."""
        token = await self.get(None, _FIRST_OPERATOR)
        return token is not None and token.is_open(token_hash, now)

    async def spend(self, tx: Tx, token_hash: str) -> bool:
        """Whether it was open."""
        token = await self.get(tx, _FIRST_OPERATOR)
        if token is None or not token.is_open(token_hash, tx.now):
            return False
        self.replace(tx, token, token.changed(spent_at=tx.now))
        return True
