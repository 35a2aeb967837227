"""Secrets inside configuration records: where they are bound to, how to read and write them.

They are encrypted under the system key. A provider's secret lives at (``providers``, provider id, ``secrets.<name>``),
a site's notification secret at (``sites``, site id, ``ipn_secrets.<test|live>``). Some invoicing settings are encrypted
under the organization's records key at (``organizations``, organization id, ``invoicing.<name>``).
"""

from collections.abc import Set
from typing import Any

from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.keyring import Keyring

_PROVIDERS = "providers"
_SITES = "sites"
_ORGANIZATIONS = "organizations"


def seal_provider_secret(keyring: Keyring, provider_id: str, name: str, secret: str) -> EncryptedValue:
    """Encrypt one credential of a provider."""
    return keyring.encrypt_system(_PROVIDERS, provider_id, f"secrets.{name}", secret)


def provider_secrets(keyring: Keyring, provider: ProviderConfig, name: str) -> tuple[str, ...]:
    """The values of a provider's credential, the current one first; empty if it has none of that name.

    Raises:
        DecryptionFailed, KeyUnavailable: see `Keyring.decrypt_system`.
    """
    values = provider.secrets.get(name, ())
    return tuple(keyring.decrypt_system(value, _PROVIDERS, provider.id, f"secrets.{name}").decode() for value in values)


def provider_settings(keyring: Keyring, provider: ProviderConfig, *, personal: Set[str]) -> dict[str, Any]:
    """The settings of a provider that may be shown, decrypted where they are personal data.

    Args:
        personal: names of the settings that are personal data.

    Raises:
        DecryptionFailed, KeyUnavailable: see `Keyring.decrypt_system`.
    """
    opened = {name: provider_secrets(keyring, provider, name) for name in personal & set(provider.secrets)}
    return {**provider.public, **{name: values[0] for name, values in opened.items() if values}}


def provider_credentials(keyring: Keyring, provider: ProviderConfig, *, personal: Set[str]) -> dict[str, str]:
    """The current value of each credential of a provider.

    Args:
        personal: names of the encrypted values that are settings, not credentials.

    Raises:
        DecryptionFailed, KeyUnavailable: see `Keyring.decrypt_system`.
    """
    names = set(provider.secrets) - personal
    opened = {name: provider_secrets(keyring, provider, name) for name in sorted(names)}
    return {name: values[0] for name, values in opened.items() if values}


def seal_ipn_secret(keyring: Keyring, site_id: str, *, livemode: bool, secret: str) -> EncryptedValue:
    """Encrypt a site's notification secret of one mode."""
    return keyring.encrypt_system(_SITES, site_id, f"ipn_secrets.{_mode(livemode)}", secret)


def ipn_secrets(keyring: Keyring, site: SiteConfig, *, livemode: bool) -> tuple[str, ...]:
    """A site's notification secrets of one mode, the current one first, then those still accepted.

    Raises:
        DecryptionFailed, KeyUnavailable: see `Keyring.decrypt_system`.
    """
    mode = _mode(livemode)
    values = site.ipn_secrets.get(mode, ())
    return tuple(keyring.decrypt_system(value, _SITES, site.id, f"ipn_secrets.{mode}").decode() for value in values)


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"


def seal_invoicing_value(
    keyring: Keyring, organization_id: str, name: str, text: str, *, livemode: bool = True
) -> dict[str, object]:
    """Encrypt one invoicing setting (``bankIBAN``, ``companyEmail`` …) under the organization's records key."""
    place = f"{_invoicing(livemode)}.{name}"
    sealed = keyring.encrypt(organization_id, _ORGANIZATIONS, organization_id, place, text, purpose="records")
    return {"encrypted": sealed.wire()}


def invoicing_value(
    keyring: Keyring, organization: OrganizationConfig, name: str, *, livemode: bool = True
) -> str | None:
    """An encrypted invoicing setting of that mode in clear; None if it is not set.

    Raises:
        DecryptionFailed, KeyUnavailable: see `Keyring.decrypt`.
    """
    is_live = livemode or name not in organization.invoicing_test
    stored = organization.invoicing_of(livemode=livemode).get(name)
    if not isinstance(stored, dict) or "encrypted" not in stored:
        return None
    value = EncryptedValue.model_validate(stored["encrypted"])
    place = f"{_invoicing(is_live)}.{name}"
    return keyring.decrypt(value, organization.id, _ORGANIZATIONS, organization.id, place).decode()


def _invoicing(livemode: bool) -> str:
    return "invoicing" if livemode else "invoicing_test"
