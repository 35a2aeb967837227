"""Accounts from the configuration bucket's copy in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import nats.errors
from nats.js.errors import NotFoundError

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import GatewayError, Transient
from gateway_contracts.ids import is_object_id
from gateway_kit.crypto.config_secrets import provider_secrets
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.nats.config_cache import ConfigCache
from gateway_providers.errors import UnknownProviderType
from gateway_providers.events import Webhooks
from webhook_ingest.errors import NotReady, ProviderUnknown
from webhook_ingest.ports import Account

FormatOf = Callable[[str], Webhooks]
"""How a provider type's webhooks are read; raises UnknownProviderType for one that sends none."""

ACCOUNTS_MAX: Final = 4_096
"""Accounts whose decrypted secrets are kept ready."""
UNKNOWN_MAX: Final = 10_000
# An id that a direct read did not find is not asked for again this soon; a new provider arrives by the watch anyway.
UNKNOWN_S: Final = 5.0
# Direct reads at the same time: strangers can invent ids, and each costs a request to the broker.
DIRECT_READS_MAX: Final = 32


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
        self._monotonic = monotonic
        self._ready: OrderedDict[tuple[str, int], Account] = OrderedDict()
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._direct_reads = 0

    async def find(self, provider_type: str, provider_id: str) -> Account:
        """See the port."""
        if not self._config.ready:
            raise NotReady("the configuration is not loaded yet", retry_after_s=2)
        record = self._config.provider(provider_id) or await self._read(provider_id)
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
        if len(self._ready) > ACCOUNTS_MAX:
            self._ready.popitem(last=False)
        return account

    async def _read(self, provider_id: str) -> ProviderConfig:
        if not is_object_id(provider_id) or self._unknown.get(provider_id, 0.0) > self._monotonic():
            raise ProviderUnknown("no such provider")
        if self._direct_reads >= DIRECT_READS_MAX:
            raise Transient("too many unknown providers at once", code="OVERLOADED")
        self._direct_reads += 1
        try:
            record = await self._config.fetch_provider(provider_id)
        except NotFoundError:
            record = None
        except nats.errors.Error as exc:
            raise Transient("the configuration cannot be read", code="BROKER_UNAVAILABLE") from exc
        finally:
            self._direct_reads -= 1
        if record is None:
            self._unknown[provider_id] = self._monotonic() + UNKNOWN_S
            self._unknown.move_to_end(provider_id)
            if len(self._unknown) > UNKNOWN_MAX:
                self._unknown.popitem(last=False)
            raise ProviderUnknown("no such provider")
        return record
