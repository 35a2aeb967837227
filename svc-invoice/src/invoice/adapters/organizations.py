"""Tenants' invoicing settings from the configuration bucket."""

from collections.abc import Mapping
from typing import Any

from gateway_contracts.config import OrganizationConfig
from gateway_kit.crypto.config_secrets import invoicing_value
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.logging import get_logger
from gateway_kit.nats.config_cache import ConfigCache
from invoice.ports import OrganizationSettings

log = get_logger(__name__)


class ConfiguredOrganizations:
    """Settings as they are published, the encrypted ones opened."""

    def __init__(self, config: ConfigCache, keyring: Keyring) -> None:
        self._config = config
        self._keyring = keyring

    def settings(self, organization_id: str, *, livemode: bool) -> OrganizationSettings | None:
        # What was paid gets its document also after the organization was closed, with the settings it had last.
        record = self._config.last_organization(organization_id)
        if record is None:
            return None
        invoicing = opened_settings(self._keyring, record, livemode=livemode)
        return OrganizationSettings(record.id, record.name, record.country, invoicing)


def opened_settings(keyring: Keyring, record: OrganizationConfig, *, livemode: bool) -> dict[str, Any]:
    """The invoicing settings of that mode; one that does not decrypt is left off the document, not guessed.

    Raises:
        KeyUnavailable: the organization's key is not in memory yet.
    """
    settings = record.invoicing_of(livemode=livemode)
    return {key: _opened(keyring, record, key, value, livemode=livemode) for key, value in settings.items()}


def _opened(keyring: Keyring, record: OrganizationConfig, key: str, value: Any, *, livemode: bool) -> Any:
    if not isinstance(value, Mapping) or "encrypted" not in value:
        return value
    try:
        return invoicing_value(keyring, record, key, livemode=livemode)
    except DecryptionFailed:
        log.warning("settings.unreadable", organization_id=record.id, field=key)
        return None
