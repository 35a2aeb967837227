"""Writes outside of transactions: one atomic operation each, for what many do at once and nothing else depends on."""

from collections.abc import Sequence
from typing import Any, Generic

from gateway_kit.mongo.writer import E, Writer


class WritesNow(Generic[E]):
    """Each answers whether it took effect, and is refused while work of a transaction runs.

    A change here increases no version. ``guard`` names the stored fields that must still be as they were read; the id
    and the tenant are always in the condition.
    """

    def __init__(self, write: Writer[E]) -> None:
        self._write = write

    async def insert(self, entity: E) -> bool:
        """Store a new object; False: its id or another unique key exists."""
        return await self._write.insert_now(entity)

    async def insert_each(self, entities: Sequence[E]) -> list[bool]:
        """Store new objects with one write; of each, whether it was new (see `insert`)."""
        return await self._write.insert_each_now(entities)

    async def replace(self, before: E, after: E, *, guard: Sequence[str]) -> bool:
        """Store the fields that changed; False: it is gone, or another in what ``guard`` names."""
        return await self._write.replace_now(before, after, guard)

    async def delete(self, before: E, *, guard: Sequence[str] = ()) -> bool:
        """Delete the object; False: it is gone, or another in what ``guard`` names. Of several callers one deletes."""
        return await self._write.delete_now(before, guard)

    async def fill(self, field: str, value: Any, *, where: dict[str, Any]) -> bool:
        """Set a field that one such object of any tenant lacks, without reading the object; False: none lacks it."""
        return await self._write.fill_now(field, value, where)
