"""Encryption of fields under the operational key of their organization, or the system key of the installation."""

from typing import Final

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.tenancy import OF_INSTALLATION
from gateway_kit.crypto.keyring import Keyring

_RECIPIENT: Final = "notification recipient"


class KeyringSealer:
    """See the port."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, organization_id: str, collection: str, document_id: str, field: str, text: str) -> EncryptedValue:
        if organization_id == OF_INSTALLATION:
            return self._keyring.encrypt_system(collection, document_id, field, text)
        return self._keyring.encrypt(organization_id, collection, document_id, field, text)

    def open(self, value: EncryptedValue, organization_id: str, collection: str, document_id: str, field: str) -> str:
        if organization_id == OF_INSTALLATION:
            return self._keyring.decrypt_system(value, collection, document_id, field).decode()
        return self._keyring.decrypt(value, organization_id, collection, document_id, field).decode()

    def search_hash(self, organization_id: str, address: str) -> str:
        return self._keyring.search_hash(organization_id, _RECIPIENT, address)
