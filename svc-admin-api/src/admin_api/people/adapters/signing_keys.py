"""The keys that sign access tokens. They are derived from the system's encryption key: a stored name is no secret."""

import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from admin_api.people.domain.session import SigningKey
from gateway_kit.mongo.global_store import GlobalStore

_KEY_NAME_BYTES: Final = 16
_REREAD_AFTER_S: Final = 30.0
_REREAD_PAUSE_S: Final = 1.0


class SigningKeys:
    """Signing keys by name.

    Args:
        derive: the key of a name.
        monotonic: seconds from any start.
    """

    def __init__(
        self,
        stored: GlobalStore[SigningKey],
        derive: Callable[[str], bytes],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stored = stored
        self._derive = derive
        self._monotonic = monotonic
        self._names: list[str] = []
        self._read_at = float("-inf")

    async def current(self, now: datetime) -> tuple[str, bytes]:
        """Name and key to sign with; the first one is made here."""
        if self._monotonic() - self._read_at > _REREAD_AFTER_S:
            await self._read()
        if not self._names:
            await self.rotate(now)
        return self._names[0], self._derive(self._names[0])

    async def find(self, name: str) -> bytes | None:
        """The key of that name, if we ever signed with it. A name from elsewhere costs a look now and then."""
        if name not in self._names and self._monotonic() - self._read_at > _REREAD_PAUSE_S:
            await self._read()
        return self._derive(name) if name in self._names else None

    async def rotate(self, now: datetime) -> str:
        """Sign with a new key from now on (other processes: within half a minute); tokens of the old one run out."""
        name = secrets.token_hex(_KEY_NAME_BYTES)
        await self._stored.now.insert(SigningKey(id=name, created_at=now))
        await self._read()
        return name

    async def _read(self) -> None:
        newest_first = (("created_at", -1), ("_id", -1))
        self._names = [key.id for key in await self._stored.find(None, {}, sort=newest_first)]
        self._read_at = self._monotonic()
