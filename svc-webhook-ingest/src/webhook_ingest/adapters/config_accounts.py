"""Accounts from the configuration bucket's copy in memory."""

import time
from collections.abc import Callable
from typing import Final

from cachetools import LRUCache

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import GatewayError
from gateway_kit.crypto.config_secrets import provider_secrets
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.nats.config_cache import ConfigCache
from gateway_providers.errors import UnknownProviderType
from gateway_providers.events import NO_SENDER, Sender, Webhooks
from webhook_ingest.adapters.direct_reads import DirectReads
from webhook_ingest.errors import NotReady, ProviderUnknown
from webhook_ingest.ports import Account

FormatOf = Callable[[str], Webhooks]
"""How a provider type's webhooks are read; raises UnknownProviderType for one that sends none."""

ACCOUNTS_MAX: Final = 4_096
"""Accounts whose decrypted secrets are kept ready."""


class ConfigAccounts:
    """Finds accounts; reads the bucket directly for an id that the copy does not know, once."""

    def __init__(
        self,
        config: ConfigCache,
        keyring: Keyring,
        format_of: FormatOf,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._keyring = keyring
        self._format_of = format_of
        self._direct = DirectReads(config, monotonic=monotonic)
        self._ready: LRUCache[tuple[str, int], Account] = LRUCache(ACCOUNTS_MAX)

    async def find(self, provider_type: str, provider_id: str, sender: Sender = NO_SENDER) -> Account:
        """See the port."""
        if not self._config.ready:
            raise NotReady("the configuration is not loaded yet", retry_after_s=2)
        record = self._config.provider(provider_id) or await self._direct.read(provider_id, sender)
        if record.type != provider_type:
            raise ProviderUnknown("no such provider")
        account = self._ready.get((record.id, record.version))
        return account or self._prepare(record)

    def _prepare(self, record: ProviderConfig) -> Account:
        try:
            webhooks = self._format_of(record.type)
        except UnknownProviderType as exc:
            raise ProviderUnknown("this provider sends no webhooks") from exc
        try:
            secrets = provider_secrets(self._keyring, record, webhooks.secret_name)
        except DecryptionFailed as exc:
            # Ours to repair, not the provider's: it shall come back.
            raise GatewayError("the provider's secrets do not decrypt", code=exc.code) from exc
        secrets = secrets or webhooks.published_keys(livemode=record.livemode)
        account = Account(record.id, record.organization_id, record.type, record.livemode, webhooks, secrets)
        self._ready[record.id, record.version] = account
        return account
