"""The content of a backup in numbers."""

from dataclasses import dataclass, field

from gateway_kit.backup.parts import Content, Manifest, Part, PartsReader
from gateway_kit.mongo.raw_copy import documents_in


@dataclass
class Summary:
    """
    Attributes:
        contents: size and digest by the name of each collection.
        rows: stored objects of all collections.
        documents: rendered documents.
        size: bytes of both, before encryption.
    """

    manifest: Manifest
    contents: dict[str, Content] = field(default_factory=dict)
    rows: int = 0
    documents: int = 0
    size: int = 0

    def add(self, part: Part, data: bytes) -> None:
        """Count a piece of a part; a document has one piece."""
        self.size += len(data)
        if part.kind == "document":
            self.documents += 1
        else:
            self.rows += documents_in(data)


def look_through(reader: PartsReader) -> Summary:
    """Read a backup from its beginning to its end; nothing is kept but the numbers.

    Raises:
        NoBackup: it was altered or cut off.
    """
    summary = Summary(reader.manifest)
    for part, pieces in reader.parts():
        for piece in pieces:
            summary.add(part, piece)
        if part.kind == "collection":
            summary.contents[part.name] = reader.content
    return summary
