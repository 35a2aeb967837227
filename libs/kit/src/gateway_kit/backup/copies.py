"""Objects of the document store as they lie there, encrypted: in the broker, or in a bucket (ADR 0087)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol, TypeVar

from gateway_contracts.errors import Transient
from gateway_kit.backup.errors import BackupError
from gateway_kit.s3_bucket import S3Bucket

Answer = TypeVar("Answer")
_PAUSES_S: Final = (1.0, 4.0)
"""Before each further try: one of a million requests may fail."""


class Copies(Protocol):
    """Names, reads and writes objects."""

    def names(self) -> AsyncIterator[str]:
        """Of all objects, one by one."""
        ...

    async def read(self, name: str) -> bytes:
        """The object as it is stored."""
        ...

    async def write(self, name: str, data: bytes) -> None:
        """Store the object under its name, in place of what is there."""
        ...


class BucketCopies:
    """Objects of a bucket, which holds documents alone."""

    def __init__(self, bucket: S3Bucket) -> None:
        self._bucket = bucket

    def names(self) -> AsyncIterator[str]:
        """See the port."""
        return self._bucket.names()

    async def read(self, name: str) -> bytes:
        """See the port.

        Raises:
            BackupError: it is there no more.
            Transient: the server failed three times.
        """
        data = await _tried(lambda: self._bucket.get(name))
        if data is None:
            raise BackupError(f"the document {name} was removed from its bucket while it was read")
        return data

    async def write(self, name: str, data: bytes) -> None:
        """See the port.

        Raises:
            Transient: the server failed three times.
        """
        await _tried(lambda: self._bucket.put(name, data))


async def _tried(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer of the first try that succeeds, or the failure of the last."""
    for pause_s in _PAUSES_S:
        try:
            return await call()
        except Transient:
            await asyncio.sleep(pause_s)
    return await call()
