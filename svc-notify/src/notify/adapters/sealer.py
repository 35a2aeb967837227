"""Encryption of fields under the operational key of their organization."""

from typing import Final

from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.keyring import Keyring

_RECIPIENT: Final = "notification recipient"


class KeyringSealer:
    """See the port."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, organization_id: str, collection: str, document_id: str, field: str, text: str) -> EncryptedValue:
        return self._keyring.encrypt(organization_id, collection, document_id, field, text)

    def open(self, value: EncryptedValue, organization_id: str, collection: str, document_id: str, field: str) -> str:
        return self._keyring.decrypt(value, organization_id, collection, document_id, field).decode()

    def search_hash(self, organization_id: str, address: str) -> str:
        return self._keyring.search_hash(organization_id, _RECIPIENT, address)
