"""Tenants' invoicing settings from the configuration bucket."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.config import OrganizationConfig
from gateway_kit.crypto.config_secrets import invoicing_value
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.logging import get_logger
from gateway_kit.nats.config_cache import ConfigCache
from invoice.ports import OrganizationSettings

log = get_logger(__name__)

_PREFIXES: Final = {"invoicePrefix": "invoiceNumberLayout", "creditNotePrefix": "creditNoteNumberLayout"}
_FOOTER: Final = "documentFooter"


class ConfiguredOrganizations:
    """Settings as they are published, the encrypted ones opened."""

    def __init__(self, config: ConfigCache, keyring: Keyring) -> None:
        self._config = config
        self._keyring = keyring

    def settings(
        self, organization_id: str, *, livemode: bool, site_id: str | None = None
    ) -> OrganizationSettings | None:
        """See the port."""
        # What was paid gets its document also after the organization was closed, with the settings it had last.
        record = self._config.last_organization(organization_id)
        if record is None:
            return None
        invoicing = opened_settings(self._keyring, record, livemode=livemode)
        site = None if site_id is None else self._config.last_site(site_id)
        if site is None or site.organization_id != organization_id:
            return OrganizationSettings(record.id, record.name, record.country, invoicing)
        return OrganizationSettings(record.id, record.name, record.country, with_site(invoicing, site.settings))

    def has_site(self, organization_id: str, site_id: str) -> bool:
        """See the port."""
        site = self._config.site(site_id)
        return site is not None and site.organization_id == organization_id


def with_site(invoicing: Mapping[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with what the site says instead: prefixes of numbers, and the footer. Series stay those of the
    organization."""
    merged = dict(invoicing)
    for name, layout in _PREFIXES.items():
        if isinstance(site.get(name), str):
            given = merged.get(layout)
            merged[layout] = {**(given if isinstance(given, Mapping) else {}), "prefix": site[name]}
    return merged | ({"footer": site[_FOOTER]} if site.get(_FOOTER) else {})


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
