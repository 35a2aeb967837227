"""The data keys of one process: loaded from the configuration bucket, unwrapped, kept in memory."""

import base64
import binascii
import hashlib
import hmac
import os
import unicodedata
from typing import Final

from cachetools import LRUCache
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway_contracts.config import WrappedDek
from gateway_contracts.encrypted import EncryptedValue, Purpose
from gateway_kit.crypto.additional_data import length_prefixed
from gateway_kit.crypto.errors import DecryptionFailed, KeyUnavailable
from gateway_kit.crypto.fields import FieldPlace, decrypt_field, encrypt_field
from gateway_kit.crypto.kms import KEY_BYTES, LOCAL, DekPlace, LocalKms, Scope, derive_key, parse_system_key
from gateway_kit.crypto.remote_deks import RemoteDeks

_Ring = tuple[Scope, str, Purpose]

CIPHERS_MAX: Final = 4_096
"""Unwrapped keys kept ready; a colder one is unwrapped again when it is needed."""
SEARCH_KEYS_MAX: Final = 4_096


def dek_key(record: WrappedDek) -> str:
    """The key of a wrapped data key in the configuration bucket."""
    if record.scope == "system":
        return f"dek.system.{record.version}"
    return f"dek.org.{record.organization_id}.{record.purpose}.{record.version}"


class Keyring:
    """Encrypts with the newest active key of a tenant, decrypts with any. Synchronous; no secret in its repr.

    Keys that a remote service wrapped are unwrapped by a `KeyKeeper` beside it (``remote``); until then, and when that
    service did not answer for too long, they are unavailable.
    """

    def __init__(self, kms: LocalKms, search_root: bytes) -> None:
        self._kms = kms
        self.remote = RemoteDeks()
        self._search_root = search_root
        self._rings: dict[_Ring, dict[int, WrappedDek]] = {}
        self._by_key: dict[str, WrappedDek] = {}
        self._ciphers: LRUCache[str, AESGCM] = LRUCache(CIPHERS_MAX)
        self._search_keys: LRUCache[str, bytes] = LRUCache(SEARCH_KEYS_MAX)

    @classmethod
    def from_secrets(cls, system_encryption_key: str, system_search_hash_key: str) -> "Keyring":
        """A keyring without data keys.

        Raises:
            WeakSystemKey: one of the keys is missing, malformed or guessable.
        """
        return cls(LocalKms(system_encryption_key), parse_system_key("SYSTEM_SEARCH_HASH_KEY", system_search_hash_key))

    def __repr__(self) -> str:
        return f"Keyring({len(self._by_key)} data keys)"

    # --- data keys ---------------------------------------------------------------------------------------------------

    def create(self, scope: Scope, organization_id: str, purpose: Purpose, version: int = 1) -> WrappedDek:
        """A new random data key, wrapped. It is not loaded: store and publish it first."""
        place = DekPlace(scope, organization_id, purpose, version)
        wrapped = self._kms.wrap(os.urandom(KEY_BYTES), place)
        return WrappedDek(
            scope=scope,
            organization_id=organization_id,
            purpose=purpose,
            version=version,
            kms=self._kms.name,
            wrapped=base64.b64encode(wrapped).decode(),
        )

    def load(self, record: WrappedDek) -> None:
        """Take a data key into use; replaces an earlier wrapping of the same key.

        One that a remote service wrapped is noted for the keeper; a cipher at hand stays in use, it is the same key.

        Raises:
            DecryptionFailed: it does not unwrap with this system's keys.
        """
        key = dek_key(record)
        if self._by_key.get(key) == record:
            return
        if record.kms == LOCAL:
            self._ciphers[key] = self._unwrap(record)
            self.remote.remove(key)
        else:
            self.remote.add(key, record, self._ciphers.pop(key, None))
        self._by_key[key] = record
        self._rings.setdefault((record.scope, record.organization_id, record.purpose), {})[record.version] = record

    def forget(self, key: str) -> None:
        """Drop the data key of that configuration key; what it encrypted is unreadable from now on."""
        record = self._by_key.pop(key, None)
        self._ciphers.pop(key, None)
        self.remote.remove(key)
        if record is None:
            return
        ring = (record.scope, record.organization_id, record.purpose)
        versions = self._rings[ring]
        del versions[record.version]
        if not versions:
            del self._rings[ring]

    @property
    def known(self) -> tuple[str, ...]:
        """The configuration keys of all data keys."""
        return tuple(self._by_key)

    def current_version(self, scope: Scope, organization_id: str, purpose: Purpose) -> int:
        """Version of the key that new values get now; 0 when nothing can be encrypted."""
        versions = self._rings.get((scope, organization_id, purpose), {})
        return max((number for number, item in versions.items() if item.active and self.is_usable(item)), default=0)

    def is_usable(self, record: WrappedDek) -> bool:
        """Whether its service has given it; the local one always does."""
        return record.kms == LOCAL or self.remote.is_usable(dek_key(record))

    def renew(self, value: EncryptedValue, place: FieldPlace) -> EncryptedValue:
        """The same value under the newest key of its purpose.

        Raises:
            DecryptionFailed: changed, or from another place.
            KeyUnavailable: the old or the new key is not in memory.
        """
        return self._encrypt_value(place, value.p, self._decrypt_value(value, place))

    def has_keys(self, organization_id: str, purpose: Purpose = "operational") -> bool:
        """Whether something can be encrypted for this organization."""
        return any(item.active for item in self._rings.get(("organization", organization_id, purpose), {}).values())

    # --- fields of organizations -------------------------------------------------------------------------------------

    def encrypt(
        self,
        organization_id: str,
        collection: str,
        document_id: str,
        field: str,
        plaintext: bytes | str,
        *,
        purpose: Purpose = "operational",
    ) -> EncryptedValue:
        """
        Raises:
            KeyUnavailable: the organization has no active key for this purpose.
        """
        place = FieldPlace("organization", organization_id, collection, document_id, field)
        return self._encrypt_value(place, purpose, plaintext)

    def decrypt(
        self, value: EncryptedValue, organization_id: str, collection: str, document_id: str, field: str
    ) -> bytes:
        """
        Raises:
            DecryptionFailed: changed, or from another place.
            KeyUnavailable: its key is not in memory.
        """
        return self._decrypt_value(value, FieldPlace("organization", organization_id, collection, document_id, field))

    def encrypt_raw(
        self, organization_id: str, collection: str, document_id: str, field: str, plaintext: bytes
    ) -> tuple[int, bytes]:
        """Version of the operational key, and nonce, ciphertext and tag as bytes: for bodies that travel as they are.

        Raises:
            KeyUnavailable: the organization has no active key.
        """
        place = FieldPlace("organization", organization_id, collection, document_id, field)
        return self._encrypt_bytes(place, "operational", plaintext)

    def decrypt_raw(
        self, version: int, blob: bytes, organization_id: str, collection: str, document_id: str, field: str
    ) -> bytes:
        """
        Raises:
            DecryptionFailed: changed, or from another place.
            KeyUnavailable: its key is not in memory.
        """
        place = FieldPlace("organization", organization_id, collection, document_id, field)
        return decrypt_field(self._cipher(place, "operational", version), version, place, blob)

    def search_hash(self, organization_id: str, field: str, value: str) -> str:
        """Hex HMAC of the normalized value (trimmed, NFKC, case folded): equal for equal values of one organization."""
        normalized = unicodedata.normalize("NFKC", value).strip().casefold()
        return self._mac(f"search {organization_id}", length_prefixed(field, normalized))

    # --- fields of the system ----------------------------------------------------------------------------------------

    def encrypt_system(self, collection: str, document_id: str, field: str, plaintext: bytes | str) -> EncryptedValue:
        """
        Raises:
            KeyUnavailable: there is no system data key yet.
        """
        return self._encrypt_value(FieldPlace("system", "", collection, document_id, field), "system", plaintext)

    def decrypt_system(self, value: EncryptedValue, collection: str, document_id: str, field: str) -> bytes:
        """
        Raises:
            DecryptionFailed: changed, or from another place.
            KeyUnavailable: its key is not in memory.
        """
        return self._decrypt_value(value, FieldPlace("system", "", collection, document_id, field))

    def keyed_hash(self, purpose: str, text: str) -> str:
        """Hex HMAC of a random secret such as an API key; without the system's hash key guesses cannot be tested."""
        return self._mac(f"token {purpose}", text.encode())

    # --- inside ------------------------------------------------------------------------------------------------------

    def _encrypt_value(self, place: FieldPlace, purpose: Purpose, plaintext: bytes | str) -> EncryptedValue:
        data = plaintext.encode() if isinstance(plaintext, str) else plaintext
        version, blob = self._encrypt_bytes(place, purpose, data)
        return EncryptedValue(v=version, p=purpose, c=base64.b64encode(blob).decode())

    def _encrypt_bytes(self, place: FieldPlace, purpose: Purpose, plaintext: bytes) -> tuple[int, bytes]:
        version = self.current_version(place.scope, place.organization_id, purpose)
        if not version:
            raise KeyUnavailable(f"no usable {purpose} data key for {place.organization_id or 'the system'}")
        return version, encrypt_field(self._cipher(place, purpose, version), version, place, plaintext)

    def _decrypt_value(self, value: EncryptedValue, place: FieldPlace) -> bytes:
        if (value.p == "system") != (place.scope == "system"):
            raise DecryptionFailed(f"the field {place.field} of {place.collection} belongs to another scope")
        try:
            blob = base64.b64decode(value.c, validate=True)
        except binascii.Error as exc:
            raise DecryptionFailed(f"the field {place.field} of {place.collection} is not base64") from exc
        return decrypt_field(self._cipher(place, value.p, value.v), value.v, place, blob)

    def _cipher(self, place: FieldPlace, purpose: Purpose, version: int) -> AESGCM:
        record = self._rings.get((place.scope, place.organization_id, purpose), {}).get(version)
        if record is None:
            raise KeyUnavailable(
                f"the {purpose} data key {version} of {place.organization_id or 'the system'} is not available"
            )
        key = dek_key(record)
        if record.kms != LOCAL:
            return self.remote.cipher(key)
        cipher = self._ciphers.get(key)
        if cipher is None:
            cipher = self._ciphers[key] = self._unwrap(record)
        return cipher

    def _unwrap(self, record: WrappedDek) -> AESGCM:
        place = DekPlace(record.scope, record.organization_id, record.purpose, record.version)
        return AESGCM(self._kms.unwrap(base64.b64decode(record.wrapped), place))

    def _mac(self, purpose: str, message: bytes) -> str:
        key = self._search_keys.get(purpose)
        if key is None:
            key = self._search_keys[purpose] = derive_key(self._search_root, f"gateway {purpose} v1")
        return hmac.new(key, message, hashlib.sha256).hexdigest()
