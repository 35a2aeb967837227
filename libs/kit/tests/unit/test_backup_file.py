"""A backup is read as it was written, or not at all."""

import contextlib
import io
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any, Final

import pytest
from pymongo.errors import OperationFailure

from gateway_kit.backup import sealed, take
from gateway_kit.backup.errors import BackupError, NoBackup
from gateway_kit.backup.keys import fingerprint
from gateway_kit.backup.parts import Manifest, Part, PartsReader, PartsWriter
from gateway_kit.backup.sealed import SealedReader, SealedWriter

PASSPHRASE: Final = "correct horse battery"
CHUNK: Final = 64
SEALED: Final = CHUNK + 16
HEADER: Final = len(sealed.MAGIC) + 23
CONTENT: Final = bytes(range(256)) * 2
MANIFEST: Final = Manifest("b1", "2026-01-31T08:00:00Z", "0.1.0", "7.0.1", {"SYSTEM_ENCRYPTION_KEY": "f"})


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and costs with which many files are written in no time."""
    monkeypatch.setattr(sealed, "_CHUNK_BYTES", CHUNK)
    monkeypatch.setattr(sealed, "_SCRYPT_COST", {"n": 2, "r": 1, "p": 1})


def written(content: bytes = CONTENT, *, piece: int = 37) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target, PASSPHRASE)
    for start in range(0, len(content), piece):
        writer.write(content[start : start + piece])
    writer.close()
    return target.getvalue()


def read(blob: bytes, count: int = len(CONTENT), passphrase: str = PASSPHRASE) -> bytes:
    reader = SealedReader(io.BytesIO(blob), passphrase)
    found = reader.read(count)
    reader.finish()
    return found


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, len(CONTENT)])
def test_it_is_read_as_it_was_written(length: int) -> None:
    content = CONTENT[:length]
    blob = written(content)

    assert read(blob, length) == content
    # Fewer bytes may be in the ciphertext by chance.
    assert length < 16 or content[:16] not in blob
    assert written(content) != blob, "each file has a key of its own"


def test_another_passphrase_is_refused() -> None:
    with pytest.raises(NoBackup, match="the passphrase is another one"):
        read(written(), passphrase="correct horse batterY")


def test_no_byte_may_differ() -> None:
    blob = written(CONTENT[:150])
    for place in range(len(blob)):
        altered = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(NoBackup):
            read(altered, 150)


def test_a_file_that_was_cut_off_is_refused() -> None:
    blob = written(CONTENT[:150])
    for length in range(len(blob)):
        with pytest.raises(NoBackup):
            read(blob[:length], 150)


def _chunks(blob: bytes) -> list[bytes]:
    return [blob[start : start + SEALED] for start in range(HEADER, len(blob), SEALED)]


CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "two in another order": lambda chunks: [chunks[1], chunks[0], *chunks[2:]],
    "one twice": lambda chunks: [chunks[0], *chunks],
    "one missing": lambda chunks: [chunks[0], *chunks[2:]],
    "the last one missing": lambda chunks: chunks[:-1],
    "the last one twice": lambda chunks: [*chunks, chunks[-1]],
    "one of another file": lambda chunks: [chunks[0], _chunks(written())[1], *chunks[2:]],
    "bytes behind the end": lambda chunks: [*chunks, b"0"],
}


@pytest.mark.parametrize("name", CHANGES)
def test_chunks_stay_in_their_place(name: str) -> None:
    blob = written()
    changed = blob[:HEADER] + b"".join(CHANGES[name](_chunks(blob)))

    with pytest.raises(NoBackup):
        read(changed)


def test_nothing_may_follow_what_was_read() -> None:
    with pytest.raises(NoBackup, match="goes on behind its end"):
        read(written(), len(CONTENT) - 1)


class Records(io.BytesIO):
    """A source without encryption."""

    def finish(self) -> None:
        if super().read(1):
            raise NoBackup("more")


def parts_of(blob: bytes) -> list[tuple[str, bytes]]:
    return [(part.name, b"".join(pieces)) for part, pieces in PartsReader(Records(blob)).parts()]


def records(*parts: tuple[str, list[bytes]]) -> list[bytes]:
    """The records of a writer, one by one."""
    found: list[bytes] = []

    class Sink:
        def write(self, data: bytes) -> None:
            found.append(data)

    writer = PartsWriter(Sink(), MANIFEST)
    for name, pieces in parts:
        writer.begin(Part("collection", name))
        for piece in pieces:
            writer.add(piece)
        writer.end()
    writer.finish()
    return found


def test_parts_come_in_their_order() -> None:
    blob = b"".join(records(("a.x", [b"1", b"22"]), ("a.y", []), ("b.x", [b"3"])))

    assert PartsReader(Records(blob)).manifest == MANIFEST
    assert parts_of(blob) == [("a.x", b"122"), ("a.y", b""), ("b.x", b"3")]


def test_records_that_do_not_fit_are_refused() -> None:
    found = records(("a.x", [b"1", b"2"]), ("a.y", [b"1"]))
    swapped = [[*found[:n], found[n + 1], found[n], *found[n + 2 :]] for n, _ in pairwise(range(len(found)))]
    missing = [[*found[:n], *found[n + 1 :]] for n in range(len(found) - 1)]

    for wrong in [*swapped, *missing, [*found, found[1]]]:
        with pytest.raises(NoBackup):
            parts_of(b"".join(wrong))


def test_another_form_and_an_endless_record_are_refused() -> None:
    with pytest.raises(NoBackup, match="another version"):
        PartsReader(Records(records()[0].replace(b'"format":1', b'"format":2')))
    with pytest.raises(NoBackup, match="too long"):
        PartsReader(Records(b"M" + b"\xff" * 4))


async def test_a_moment_that_the_server_no_longer_keeps_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.asynccontextmanager
    async def nothing(_client: object) -> AsyncIterator[None]:
        yield

    async def one(_client: object) -> list[tuple[str, str]]:
        return [("gw_ipn", "lanes")]

    async def gone(*_arguments: object) -> AsyncIterator[bytes]:
        yield b""
        raise OperationFailure("too old", 239)

    for name, replacement in (("one_moment", nothing), ("collections_in", one), ("read_batches", gone)):
        monkeypatch.setattr(take, name, replacement)
    unused: Any = None

    with pytest.raises(BackupError, match="minSnapshotHistoryWindowInSeconds"):
        await take.take_backup(SealedWriter(io.BytesIO(), PASSPHRASE), MANIFEST, mongo=unused, copies=None)


def test_fingerprints_tell_keys_apart() -> None:
    key, other = bytes(range(32)).hex(), "ab" + bytes(range(5, 36)).hex()
    names = ("SYSTEM_ENCRYPTION_KEY", "SYSTEM_SEARCH_HASH_KEY")
    found = {fingerprint(name, text) for name in names for text in (key[2:] + "f0", other)}

    assert len(found) == 4
    assert all(len(each) == 16 for each in found)
