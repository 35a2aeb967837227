"""The objects of the document store as they lie there, encrypted: for backups."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from gateway_contracts.topology import DOCUMENTS_BUCKET

DEADLINE_S: Final = 60
"""For one object."""
_TRIES: Final = 3
_STREAM: Final = f"OBJ_{DOCUMENTS_BUCKET}"
_NAMES: Final = f"$O.{DOCUMENTS_BUCKET}.M.>"


class DocumentCopies:
    """Names, reads and writes objects; for the operator's user."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def names(self) -> AsyncIterator[str]:
        """Of all objects, the oldest first, one by one: there may be millions."""
        sequence = 1
        while True:
            try:
                found = await self._js.get_msg(_STREAM, seq=sequence, subject=_NAMES, next=True)
            except NotFoundError:
                return
            info = json.loads(found.data or b"{}")
            if not info.get("deleted"):
                yield str(info["name"])
            sequence = (found.seq or sequence) + 1

    async def read(self, name: str) -> bytes:
        """The object as it is stored; the store's digest of it is verified.

        Raises:
            TimeoutError: it was replaced or removed again and again while it was read.
        """
        store = await self._js.object_store(DOCUMENTS_BUCKET)
        for _ in range(_TRIES - 1):
            # An object that is replaced meanwhile has no further pieces, which the client waits for.
            try:
                async with asyncio.timeout(DEADLINE_S):
                    return (await store.get(name)).data or b""
            except TimeoutError:
                continue
        async with asyncio.timeout(DEADLINE_S):
            return (await store.get(name)).data or b""

    async def write(self, name: str, data: bytes) -> None:
        """Store the object under its name."""
        store = await self._js.object_store(DOCUMENTS_BUCKET)
        async with asyncio.timeout(DEADLINE_S):
            await store.put(name, data)
