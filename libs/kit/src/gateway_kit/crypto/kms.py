"""Key-management services: they wrap data keys and never see data."""

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.additional_data import length_prefixed
from gateway_kit.crypto.errors import DecryptionFailed, WeakSystemKey

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
# 32 random bytes practically never have so few different values; typed or repeated patterns do.
_DISTINCT_BYTES_MIN: Final = 16
LOCAL: Final = "local"
"""The name of the key-management service that needs no other."""


Scope = Literal["system", "organization"]


@dataclass(frozen=True)
class DekPlace:
    """Which data key it is; a wrapped key does not unwrap in another place."""

    scope: Scope
    organization_id: str
    purpose: Purpose
    version: int

    def additional_data(self) -> bytes:
        """Associated data of the wrapping."""
        return length_prefixed("v1", "dek", self.scope, self.organization_id, self.purpose, str(self.version))

    def context(self) -> dict[str, str]:
        """The same as names and values, for services whose binding has this form."""
        return {
            "gatewayScope": self.scope,
            "gatewayOrganization": self.organization_id or "system",
            "gatewayPurpose": self.purpose,
            "gatewayVersion": str(self.version),
        }


class RemoteKms(Protocol):
    """A key-management service behind a network: wraps and unwraps data keys, bound to their place."""

    async def wrap(self, dek: bytes, place: DekPlace) -> bytes:
        """
        Raises:
            KmsRefused, KmsUnreachable: see there.
        """
        ...

    async def unwrap(self, wrapped: bytes, place: DekPlace) -> bytes:
        """
        Raises:
            KmsRefused: also when the bytes were not wrapped by this key for this place.
            KmsUnreachable: see there.
        """
        ...


class LocalKms:
    """The key-encryption key is derived from the system's encryption key; nothing else is needed to run."""

    def __init__(self, system_encryption_key: str) -> None:
        """
        Raises:
            WeakSystemKey: the key is missing, malformed or guessable.
        """
        root = parse_system_key("SYSTEM_ENCRYPTION_KEY", system_encryption_key)
        self._kek = AESGCM(derive_key(root, "gateway local kms kek v1"))

    @property
    def name(self) -> str:
        return LOCAL

    def __repr__(self) -> str:
        return "LocalKms()"

    def wrap(self, dek: bytes, place: DekPlace) -> bytes:
        """Nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._kek.encrypt(nonce, dek, place.additional_data())

    def unwrap(self, wrapped: bytes, place: DekPlace) -> bytes:
        """
        Raises:
            DecryptionFailed: another system key, another place, or changed bytes.
        """
        try:
            return self._kek.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], place.additional_data())
        except (InvalidTag, ValueError) as exc:
            raise DecryptionFailed(
                "a data key does not unwrap: SYSTEM_ENCRYPTION_KEY differs from the one that wrapped it"
            ) from exc


def derive_key(root: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256); knowing one derived key tells nothing about another."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(root)


def parse_system_key(name: str, text: str) -> bytes:
    """The 32 bytes of a system key given as 64 hex digits.

    Raises:
        WeakSystemKey: missing, not 64 hex digits, or a value that can be guessed.
    """
    hint = "generate one with: openssl rand -hex 32"
    if not text:
        raise WeakSystemKey(f"{name} is missing; {hint}")
    try:
        key = bytes.fromhex(text)
    except ValueError as exc:
        raise WeakSystemKey(f"{name} must be 64 hex digits; {hint}") from exc
    if len(key) != KEY_BYTES or len(text) != 2 * KEY_BYTES:
        raise WeakSystemKey(f"{name} must be 64 hex digits, not {len(text)}; {hint}")
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    if len(set(key)) < _DISTINCT_BYTES_MIN or len(steps) == 1:
        raise WeakSystemKey(f"{name} is a default or a pattern, not a random key; {hint}")
    return key
