"""The content of a backup: a manifest, then collections and documents, each with its count and digest behind it.

A record is a letter, a length of four bytes and so many bytes. Long parts are several records, so that neither writer
nor reader holds more than one of them.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Protocol

from gateway_kit.backup.errors import NoBackup

FORMAT: Final = 1
RECORD_BYTES_MAX: Final = 64 * 1024 * 1024
"""More than a batch of the database (16 MiB and one document) or a document of the store."""
_LENGTH_BYTES: Final = 4

Kind = Literal["collection", "document"]


@dataclass(frozen=True)
class Manifest:
    """The first record of a backup.

    Attributes:
        id: names it in the audit log.
        moment: all databases are as they were then: what was acknowledged before is in it. ISO 8601, UTC.
        version: of the command line that wrote it.
        mongodb: the version of the server.
        keys: fingerprints of the two keys of the installation by the names of their variables.
    """

    id: str
    moment: str
    version: str
    mongodb: str
    keys: dict[str, str]
    format: int = FORMAT


@dataclass(frozen=True)
class Part:
    """A collection (``database.collection``) or a document (its name in the document store)."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Content:
    """Bytes of a part, and SHA-256 over all of them."""

    size: int
    sha256: str


class Sink(Protocol):
    """Where the records go."""

    def write(self, data: bytes) -> None:
        """Append."""
        ...


class Source(Protocol):
    """Where the records come from."""

    def read(self, count: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            NoBackup: there are fewer, or they are not genuine.
        """
        ...

    def finish(self) -> None:
        """
        Raises:
            NoBackup: this is not the end.
        """
        ...


class Digest:
    """Size and digest of a part while it passes."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take a piece."""
        self._sha256.update(data)
        self._size += len(data)

    def content(self) -> Content:
        """Of all pieces so far."""
        return Content(self._size, self._sha256.hexdigest())


class PartsWriter:
    """Writes manifest, parts and end, in this order."""

    def __init__(self, sink: Sink, manifest: Manifest) -> None:
        self._sink = sink
        self._parts = 0
        self._record(b"M", _json(asdict(manifest)))

    def begin(self, part: Part) -> None:
        """A part follows."""
        self._digest = Digest()
        self._parts += 1
        self._record(b"P", _json(asdict(part)))

    def add(self, data: bytes) -> None:
        """A piece of the part that was begun."""
        self._digest.add(data)
        self._record(b"D", data)

    def end(self) -> Content:
        """Finish the part."""
        content = self._digest.content()
        self._record(b"C", _json(asdict(content)))
        return content

    def finish(self) -> None:
        """Nothing follows."""
        self._record(b"E", _json({"parts": self._parts}))

    def _record(self, letter: bytes, data: bytes) -> None:
        self._sink.write(letter + len(data).to_bytes(_LENGTH_BYTES) + data)


class PartsReader:
    """Reads what `PartsWriter` wrote.

    Attributes:
        manifest: the first record.
        content: of the part that was read last.
    """

    content: Content

    def __init__(self, source: Source) -> None:
        """
        Raises:
            NoBackup: the beginning cannot be read.
        """
        self._source = source
        found = self._object(b"M", self._record())
        if found.get("format") != FORMAT:
            raise NoBackup("another version of the gateway wrote the content of this backup")
        self.manifest = Manifest(**found)

    def parts(self) -> Iterator[tuple[Part, Iterator[bytes]]]:
        """Each part with its pieces, which must be taken before the next part.

        Raises:
            NoBackup: a record is not what belongs there, or a part is not what was written.
        """
        count = 0
        while (record := self._record())[0] == b"P":
            count += 1
            yield Part(**self._object(b"P", record)), self._pieces()
        if self._object(b"E", record) != {"parts": count}:
            raise NoBackup("parts of the backup are missing")
        self._source.finish()

    def _pieces(self) -> Iterator[bytes]:
        digest = Digest()
        while (record := self._record())[0] == b"D":
            digest.add(record[1])
            yield record[1]
        self.content = digest.content()
        if Content(**self._object(b"C", record)) != self.content:
            raise NoBackup("a part of the backup is not what was written")

    def _record(self) -> tuple[bytes, bytes]:
        letter = self._source.read(1)
        length = int.from_bytes(self._source.read(_LENGTH_BYTES))
        if length > RECORD_BYTES_MAX:
            raise NoBackup("a record of the backup is too long")
        return letter, self._source.read(length)

    def _object(self, letter: bytes, record: tuple[bytes, bytes]) -> dict[str, Any]:
        if record[0] != letter:
            raise NoBackup("a record of the backup is out of its order")
        found: dict[str, Any] = json.loads(record[1])
        return found


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
