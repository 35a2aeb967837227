"""Encrypted fields, through the kit's keyring."""

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.provider import AAD_COLLECTION, AAD_FIELD
from gateway_kit.crypto.keyring import Keyring


class KeyringFieldCipher:
    """See the port `FieldCipher`. Absent values stay absent."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(
        self, organization_id: str, collection: str, document_id: str, field: str, text: str | None
    ) -> EncryptedValue | None:
        if text is None:
            return None
        return self._keyring.encrypt(organization_id, collection, document_id, field, text)

    def open(
        self, organization_id: str, collection: str, document_id: str, field: str, value: EncryptedValue | None
    ) -> str | None:
        if value is None:
            return None
        return self._keyring.decrypt(value, organization_id, collection, document_id, field).decode()

    def open_message(self, version: int, blob: bytes, organization_id: str, event_id: str) -> bytes:
        return self._keyring.decrypt_raw(version, blob, organization_id, AAD_COLLECTION, event_id, AAD_FIELD)

    def email_hash(self, organization_id: str, email: str | None) -> str | None:
        return self._keyring.search_hash(organization_id, "email", email) if email else None

    def session_hash(self, session_public_id: str) -> str:
        return self._keyring.keyed_hash("session public id", session_public_id)

    def short_code_hash(self, short_code: str) -> str:
        return self._keyring.keyed_hash("short code", short_code)
