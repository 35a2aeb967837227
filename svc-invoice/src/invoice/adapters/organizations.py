"""Tenants' invoicing settings from the configuration bucket."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.config import OrganizationConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.logging import get_logger
from gateway_kit.nats.config_cache import ConfigCache
from invoice.ports import OrganizationSettings

log = get_logger(__name__)

COLLECTION: Final = "organizations"


class ConfiguredOrganizations:
    """Opens encrypted settings (such as the bank account) at (``organizations``, id, ``invoicing.<name>``)."""

    def __init__(self, config: ConfigCache, keyring: Keyring) -> None:
        self._config = config
        self._keyring = keyring

    def settings(self, organization_id: str) -> OrganizationSettings | None:
        record = self._config.organization(organization_id)
        if record is None:
            return None
        invoicing = {key: self._plain(record, key, value) for key, value in record.invoicing.items()}
        return OrganizationSettings(record.id, record.name, record.country, invoicing)

    def _plain(self, record: OrganizationConfig, key: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if isinstance(value.get("plaintext"), str):
            return value["plaintext"]
        if isinstance(value.get("c"), str) and "v" in value:
            return self._open(record.id, key, EncryptedValue.model_validate(value))
        return dict(value)

    def _open(self, organization_id: str, key: str, value: EncryptedValue) -> str | None:
        """A setting that this service cannot read is left off the document, not guessed."""
        field = f"invoicing.{key}"
        try:
            if value.p == "system":
                return self._keyring.decrypt_system(value, COLLECTION, organization_id, field).decode()
            return self._keyring.decrypt(value, organization_id, COLLECTION, organization_id, field).decode()
        except DecryptionFailed:
            log.warning("settings.unreadable", organization_id=organization_id, field=field)
            return None
