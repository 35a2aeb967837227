"""Settings of this service."""

from typing import TYPE_CHECKING, Any

from pydantic import create_model

from gateway_kit.settings import HttpSettings
from gateway_providers.registry import PROVIDERS

_SCRIPTS = {name: f"{name}_js_url" for name, provider in PROVIDERS.items() if provider.card_fields}

if TYPE_CHECKING:
    _ProviderSettings = HttpSettings
else:
    _fields: dict[str, Any] = {field: (str, PROVIDERS[name].card_fields.script_url) for name, field in _SCRIPTS.items()}
    _ProviderSettings = create_model("_ProviderSettings", __base__=HttpSettings, **_fields)


class Settings(_ProviderSettings):
    """The common variables, and ``STRIPE_JS_URL`` and so on: the script of a provider's card fields, or the simulator's
    drop-in for it."""

    # A stream holds a connection and a little memory; beyond this, pages fall back to asking now and then.
    event_streams_max: int = 2000

    @property
    def script_urls(self) -> dict[str, str]:
        """The scripts of card fields, by type of provider."""
        return {name: getattr(self, field) for name, field in _SCRIPTS.items()}
