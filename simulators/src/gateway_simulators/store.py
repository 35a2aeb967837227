"""A simulator's objects: in memory, written through to SQLite where a directory is given."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

# What grows with every payment is cut, oldest first, so that a long load test does not fill the memory.
_KEPT_MAX: Final[dict[str, int]] = {"event": 50_000, "delivery": 50_000, "answer": 50_000}


class Store:
    """JSON objects by kind and id, in the order of their creation.

    Changes inside one ``transaction`` reach the disk together, so that a killed simulator never remembers half a
    payment.

    Args:
        directory: None keeps everything in memory only.
        name: of the file in it; simulators may share a directory.
    """

    def __init__(self, directory: Path | None, name: str) -> None:
        self._objects: dict[str, dict[str, Json]] = {}
        self._database: sqlite3.Connection | None = None
        if directory is not None:
            self._database = _open(directory, name)
            for kind, key, body in self._database.execute("SELECT kind, id, body FROM objects ORDER BY position"):
                self._objects.setdefault(kind, {})[key] = json.loads(body)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Groups writes. They are kept even when an error answer follows: a declined card leaves its traces."""
        if self._database is None or self._database.in_transaction:
            yield
            return
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("COMMIT")

    def put(self, kind: str, key: str, body: Json) -> Json:
        """Adds or replaces; an object keeps its place in the order."""
        objects = self._objects.setdefault(kind, {})
        objects[key] = body
        if self._database is not None:
            self._database.execute(
                "INSERT INTO objects (kind, id, body) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, key, json.dumps(body)),
            )
        if len(objects) > _KEPT_MAX.get(kind, len(objects)):
            self.remove(kind, next(iter(objects)))
        return body

    def get(self, kind: str, key: str) -> Json | None:
        """The object, None if there is none."""
        return self._objects.get(kind, {}).get(key)

    def remove(self, kind: str, key: str) -> None:
        """Forgets the object, if there is one."""
        if self._objects.get(kind, {}).pop(key, None) is not None and self._database is not None:
            self._database.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, key))

    def newest_first(self, kind: str) -> Iterator[Json]:
        """All of one kind."""
        return reversed(tuple(self._objects.get(kind, {}).values()))

    def clear(self) -> None:
        """Forgets everything."""
        self._objects.clear()
        if self._database is not None:
            self._database.execute("DELETE FROM objects")

    def close(self) -> None:
        """Closes the file."""
        if self._database is not None:
            self._database.close()


def _open(directory: Path, name: str) -> sqlite3.Connection:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / f"{name}.sqlite3"
    # It holds webhook secrets.
    path.touch(mode=0o600)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS objects (position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, "
        "id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id))"
    )
    return database
