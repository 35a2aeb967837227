"""Reads of accounts that the copy of the configuration does not know: strangers can invent ids, and each costs one."""

import secrets
import time
from collections.abc import Callable
from typing import Final

import nats.errors
from cachetools import TTLCache
from nats.js.errors import NotFoundError

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Transient
from gateway_contracts.ids import is_object_id
from gateway_kit.allowance import Allowance, Lane
from gateway_kit.limits.buckets import Buckets, Policy
from gateway_kit.nats.config_cache import ConfigCache
from gateway_providers.events import Sender
from webhook_ingest.errors import ProviderUnknown

UNKNOWN_MAX: Final = 10_000
# An id that a direct read did not find is not asked for again this soon; a new provider arrives by the watch anyway.
UNKNOWN_S: Final = 5.0
AT_ONCE: Final = 32
AT_ONCE_PER_SENDER: Final = 4
OF_SENDER: Final = Policy("unknown-of-sender", 20, 2.0)
"""Of one address; a second of waiting is longer than a new provider needs to arrive by the watch."""


class DirectReads:
    """One read for an id that is not known, within limits per address and in all."""

    def __init__(self, config: ConfigCache, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._unknown: TTLCache[str, None] = TTLCache(UNKNOWN_MAX, UNKNOWN_S, timer=monotonic)
        self._running = Allowance(total=AT_ONCE)
        self._buckets = Buckets((OF_SENDER,), secret=secrets.token_bytes(32), monotonic=monotonic)

    async def read(self, provider_id: str, sender: Sender) -> ProviderConfig:
        """
        Raises:
            ProviderUnknown: there is none of that id.
            Transient: too many are being read, or the broker does not answer.
        """
        if not is_object_id(provider_id) or provider_id in self._unknown:
            raise ProviderUnknown("no such provider")
        lane = Lane(sender.lane, AT_ONCE_PER_SENDER)
        if not self._buckets.take(OF_SENDER, sender.lane).is_allowed or self._running.take(1, lane) is not None:
            raise Transient("too many unknown providers", code="OVERLOADED")
        try:
            record = await self._config.fetch_provider(provider_id)
        except NotFoundError:
            record = None
        except nats.errors.Error as exc:
            raise Transient("the configuration cannot be read", code="BROKER_UNAVAILABLE") from exc
        finally:
            self._running.give_back(1, lane)
        if record is None:
            self._unknown[provider_id] = None
            raise ProviderUnknown("no such provider")
        return record
