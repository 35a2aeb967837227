"""Encryption of single fields, bound to their place."""

import os
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway_kit.crypto.additional_data import length_prefixed
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.kms import NONCE_BYTES


@dataclass(frozen=True)
class FieldPlace:
    """Where a value lives. ``collection`` is an event's type for values inside events."""

    scope: Literal["system", "organization"]
    organization_id: str
    collection: str
    document_id: str
    field: str

    def additional_data(self, dek_version: int) -> bytes:
        """Associated data of the ciphertext."""
        return length_prefixed(
            "v1", self.scope, self.organization_id, self.collection, self.document_id, self.field, str(dek_version)
        )


def encrypt_field(cipher: AESGCM, dek_version: int, place: FieldPlace, plaintext: bytes) -> bytes:
    """Nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, place.additional_data(dek_version))


def decrypt_field(cipher: AESGCM, dek_version: int, place: FieldPlace, blob: bytes) -> bytes:
    """
    Raises:
        DecryptionFailed: changed bytes, another key, or a value that was copied from elsewhere.
    """
    try:
        return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], place.additional_data(dek_version))
    except (InvalidTag, ValueError) as exc:
        raise DecryptionFailed(f"the field {place.field} of {place.collection} does not decrypt") from exc
