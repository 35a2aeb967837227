"""Declarations of collections and indexes: their form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class IndexSpec:
    """One index. ``keys`` are (field, 1 or -1); ``partial`` is a partial filter expression.

    ``expire_after_s`` makes it a TTL index: only garbage collection, never business time.
    """

    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    partial: dict[str, Any] | None = None
    expire_after_s: int | None = None

    @property
    def name(self) -> str:
        """Derived from the keys, so that the job can tell what exists."""
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)


@dataclass(frozen=True)
class CollectionSpec:
    """One collection of one service's database.

    Attributes:
        append_only: the database lets its service insert and read, never change or remove.
        retired: names of indexes of earlier versions, which the topology job removes.
        computed: fields that rows of earlier versions lack, with the expression by which the topology job fills them.
    """

    database: str
    name: str
    indexes: tuple[IndexSpec, ...] = ()
    append_only: bool = False
    retired: tuple[str, ...] = ()
    computed: Mapping[str, Any] = field(default_factory=dict)
