"""Data keys that a remote key-management service wrapped: unwrapped elsewhere, usable here for a limited time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway_contracts.config import WrappedDek
from gateway_kit.crypto.errors import KeyUnavailable

LIFETIME_S: Final = 24 * 3600.0
"""An unwrapped key stays usable this long while its service does not answer."""
_RETRY_AFTER_S: Final = 30


@dataclass
class RemoteDek:
    """One of them. ``unwrapped_at`` is of the monotonic clock, in seconds."""

    record: WrappedDek
    cipher: AESGCM | None = None
    unwrapped_at: float = 0.0


class RemoteDeks:
    """By configuration key. Synchronous; the keeper fills it."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._deks: dict[str, RemoteDek] = {}
        self.changed: Callable[[], None] = lambda: None
        """Called when there is something to unwrap."""

    def add(self, key: str, record: WrappedDek, cipher: AESGCM | None) -> None:
        """A wrapping became known; a cipher of the same data key that is at hand stays in use."""
        known = self._deks.get(key)
        if cipher is not None:
            self._deks[key] = RemoteDek(record, cipher, self._now())
        elif known is not None:
            known.record = record
        else:
            self._deks[key] = RemoteDek(record)
        self.changed()

    def remove(self, key: str) -> None:
        """Gone, or wrapped locally from now on."""
        self._deks.pop(key, None)

    def cipher(self, key: str) -> AESGCM:
        """
        Raises:
            KeyUnavailable: not unwrapped yet, or its service has been silent for longer than the lifetime.
        """
        if not self.is_usable(key):
            raise KeyUnavailable(
                "the key-management service of this data key does not give it", retry_after_s=_RETRY_AFTER_S
            )
        cipher = self._deks[key].cipher
        assert cipher is not None, "usable keys have a cipher"
        return cipher

    def is_usable(self, key: str) -> bool:
        """Whether it is in memory and not too old; one that is too old is dropped."""
        dek = self._deks.get(key)
        if dek is None or dek.cipher is None:
            return False
        if self._now() - dek.unwrapped_at > LIFETIME_S:
            dek.cipher = None
            return False
        return True

    def records(self) -> dict[str, tuple[WrappedDek, float | None]]:
        """Each wrapping with the age of its cipher in seconds; None: there is none."""
        now = self._now()
        return {
            key: (dek.record, now - dek.unwrapped_at if self.is_usable(key) else None)
            for key, dek in self._deks.items()
        }

    def unwrapped(self, key: str, record: WrappedDek, dek: bytes) -> None:
        """The service gave it; ignored when the wrapping was replaced or destroyed meanwhile."""
        known = self._deks.get(key)
        if known is not None and known.record == record:
            known.cipher, known.unwrapped_at = AESGCM(dek), self._now()

    def refused(self, key: str, record: WrappedDek) -> None:
        """Its owner withdrew the key: what is in memory is not used any longer."""
        known = self._deks.get(key)
        if known is not None and known.record == record:
            known.cipher = None
