"""A file that is encrypted in chunks under a passphrase, written and read as a stream.

The file is a header and chunks. The key is derived from the passphrase and the salt in the header (scrypt). Each chunk
is AES-256-GCM; its nonce has its number and whether it is the last one, and the header is bound to it (the construction
STREAM of Hoang, Reyhanitabar, Rogaway and Vizár). So a file that was altered, put in another order, cut off or
continued is refused, at the latest at its end, and nothing of a chunk is read before it was verified.
"""

import os
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway_kit.backup.errors import NoBackup
from gateway_kit.crypto.kms import KEY_BYTES

MAGIC: Final = b"GWBACKUP\x01"
"""The last byte is the version of this form, which decides on key derivation and cipher."""
_SALT_BYTES: Final = 16
_PREFIX_BYTES: Final = 7
_HEADER_BYTES: Final = len(MAGIC) + _SALT_BYTES + _PREFIX_BYTES
_COUNTER_BYTES: Final = 4
_CHUNK_BYTES: Final = 1024 * 1024
_TAG_BYTES: Final = 16
# 128 MiB and about half a second for each guess.
_SCRYPT_COST: Final = {"n": 2**17, "r": 8, "p": 1}
_REFUSED: Final = "the passphrase is another one, or the file was altered or cut off"


class SealedWriter:
    """Encrypts what is written. Only `close` makes the file complete."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        header = MAGIC + os.urandom(_SALT_BYTES + _PREFIX_BYTES)
        target.write(header)
        self._target = target
        self._chunks = _Chunks(header, passphrase)
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        """Append; what is longer than a chunk goes to the target."""
        self._waiting += data
        # The last chunk is known at the end only: one always waits.
        while len(self._waiting) > _CHUNK_BYTES:
            self._target.write(self._chunks.seal(bytes(self._waiting[:_CHUNK_BYTES]), is_last=False))
            del self._waiting[:_CHUNK_BYTES]

    def close(self) -> None:
        """Write the last chunk. The target stays open."""
        self._target.write(self._chunks.seal(bytes(self._waiting), is_last=True))


class SealedReader:
    """Decrypts a file from its beginning to its end."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        """
        Raises:
            NoBackup: the file does not begin as one.
        """
        header = source.read(_HEADER_BYTES)
        if len(header) != _HEADER_BYTES or not header.startswith(MAGIC):
            raise NoBackup("the file is no backup of this form")
        self._source = source
        self._chunks = _Chunks(header, passphrase)
        self._ahead = source.read(_CHUNK_BYTES + _TAG_BYTES)
        self._ready = bytearray()
        self._is_over = False

    def read(self, count: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            NoBackup: they do not decrypt, or there are fewer.
        """
        while len(self._ready) < count:
            if self._is_over:
                raise NoBackup("the backup ends too early")
            self._take_chunk()
        found = bytes(self._ready[:count])
        del self._ready[:count]
        return found

    def finish(self) -> None:
        """
        Raises:
            NoBackup: there is more, or the end is missing.
        """
        while not self._is_over:
            self._take_chunk()
        if self._ready:
            raise NoBackup("the backup goes on behind its end")

    def _take_chunk(self) -> None:
        sealed, self._ahead = self._ahead, self._source.read(_CHUNK_BYTES + _TAG_BYTES)
        self._is_over = not self._ahead
        self._ready += self._chunks.open(sealed, is_last=self._is_over)


class _Chunks:
    """The chunks of one file in their order."""

    def __init__(self, header: bytes, passphrase: str) -> None:
        salt = header[len(MAGIC) :][:_SALT_BYTES]
        key = Scrypt(salt=salt, length=KEY_BYTES, **_SCRYPT_COST).derive(passphrase.encode())
        self._cipher = AESGCM(key)
        self._header = header
        self._number = 0

    def seal(self, plain: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._next_nonce(is_last=is_last), plain, self._header)

    def open(self, sealed: bytes, *, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._next_nonce(is_last=is_last), sealed, self._header)
        except (InvalidTag, ValueError) as exc:
            raise NoBackup(_REFUSED) from exc

    def _next_nonce(self, *, is_last: bool) -> bytes:
        """Never the same twice: the number would not fit into its bytes before it began again."""
        number = self._number.to_bytes(_COUNTER_BYTES)
        self._number += 1
        return self._header[-_PREFIX_BYTES:] + number + bytes([is_last])
