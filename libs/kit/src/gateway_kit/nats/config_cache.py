"""The configuration bucket in memory: every service knows tenants, providers and keys without asking."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KV_DEL, KV_PURGE, KeyValue

from gateway_contracts.base import Contract
from gateway_contracts.config import (
    DomainConfig,
    KmsConfig,
    OrganizationConfig,
    ProviderConfig,
    RotationConfig,
    SiteConfig,
    WrappedDek,
)
from gateway_contracts.topology import CONFIG_BUCKET
from gateway_kit.logging import get_logger

log = get_logger(__name__)

Record = TypeVar("Record", bound=Contract)
OnChange = Callable[[str, Contract | None], None]

_KINDS: Final[dict[str, type[Contract]]] = {
    "org": OrganizationConfig,
    "site": SiteConfig,
    "provider": ProviderConfig,
    "domain": DomainConfig,
    "dek": WrappedDek,
    "kms": KmsConfig,
    "rotation": RotationConfig,
}
# A watch is never trusted alone: this often the bucket's last sequence is compared with what was seen.
AUDIT_INTERVAL_S = 30.0


class ConfigCache:
    """A copy of the bucket, kept by a watch, reloaded after every reconnect and whenever an audit finds a gap."""

    def __init__(self, js: JetStreamContext, on_change: OnChange = lambda key, record: None) -> None:
        self._js = js
        self._on_change = on_change
        self._records: dict[str, Contract] = {}
        self._revision = 0
        self._loaded = asyncio.Event()
        self._reload = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether the whole bucket was read at least once."""
        return self._loaded.is_set()

    async def wait_ready(self) -> None:
        """Until the first full load."""
        await self._loaded.wait()

    def organization(self, identifier: str) -> OrganizationConfig | None:
        return self._alive(f"org.{identifier}", OrganizationConfig)

    def site(self, identifier: str) -> SiteConfig | None:
        return self._alive(f"site.{identifier}", SiteConfig)

    def provider(self, identifier: str) -> ProviderConfig | None:
        return self._alive(f"provider.{identifier}", ProviderConfig)

    def domain(self, name: str) -> DomainConfig | None:
        return self._alive(f"domain.{name}", DomainConfig)

    def domains(self) -> list[DomainConfig]:
        """All known custom domains."""
        return [record for record in self._records.values() if isinstance(record, DomainConfig)]

    def rotations(self) -> list[RotationConfig]:
        """Tenants whose stored values are being encrypted again."""
        return [record for record in self._records.values() if isinstance(record, RotationConfig)]

    def _alive(self, key: str, kind: type[Record]) -> Record | None:
        record = self._records.get(key)
        return None if record is None or getattr(record, "deleted", False) else cast(Record, record)

    async def fetch_provider(self, identifier: str) -> ProviderConfig | None:
        """The provider, with one direct read for an id that the copy does not know (yet)."""
        if (known := self.provider(identifier)) is not None:
            return known
        await self._read(f"provider.{identifier}")
        return self.provider(identifier)

    async def fetch_site(self, identifier: str) -> SiteConfig | None:
        """The site, with one direct read for an id that the copy does not know (yet)."""
        if (known := self.site(identifier)) is not None:
            return known
        await self._read(f"site.{identifier}")
        return self.site(identifier)

    async def _read(self, key: str) -> None:
        bucket = await self._js.key_value(CONFIG_BUCKET)
        try:
            entry = await bucket.get(key)
        except KeyNotFoundError:
            return
        self._apply(key, entry.value, entry.revision)

    async def reconnected(self) -> None:
        """The connection was lost in between: read everything again."""
        self._reload.set()

    async def run(self) -> None:
        """Keep the copy; ends only by cancellation."""
        while True:
            self._reload.clear()
            watching = asyncio.create_task(self._watch())
            disturbed = asyncio.create_task(self._until_disturbed())
            try:
                done, _ = await asyncio.wait({watching, disturbed}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Also when this task itself is cancelled: the watch must end before the connection closes.
                for task in (watching, disturbed):
                    task.cancel()
                await asyncio.gather(watching, disturbed, return_exceptions=True)
            for task in done:
                if (error := task.exception()) is not None:
                    log.warning("config.watch_failed", error=type(error).__name__)
                    await asyncio.sleep(1)

    async def _until_disturbed(self) -> None:
        while not self._reload.is_set():
            try:
                async with asyncio.timeout(AUDIT_INTERVAL_S):
                    await self._reload.wait()
            except TimeoutError:
                info = await self._js.stream_info(f"KV_{CONFIG_BUCKET}")
                if info.state.last_seq > self._revision and self.ready:
                    log.warning("config.gap", seen=self._revision, last=info.state.last_seq)
                    return

    async def _watch(self) -> None:
        bucket = await self._js.key_value(CONFIG_BUCKET)
        watcher = await bucket.watchall()
        seen: set[str] | None = set()
        try:
            while True:
                entry = await watcher._updates.get()
                if not isinstance(entry, KeyValue.Entry):
                    # nats-py's marker: everything that was there when the watch began has been delivered.
                    self._finish_load(seen or set())
                    seen = None
                    continue
                if seen is not None:
                    seen.add(entry.key)
                self._take(entry)
        finally:
            await watcher.stop()  # type: ignore[no-untyped-call]

    def _finish_load(self, seen: set[str]) -> None:
        for key in set(self._records) - seen:
            self._remove(key)
        self._loaded.set()

    def _take(self, entry: KeyValue.Entry) -> None:
        revision = entry.revision or 0
        if entry.operation in (KV_DEL, KV_PURGE):
            self._revision = max(self._revision, revision)
            self._remove(entry.key)
        else:
            self._apply(entry.key, entry.value, revision)

    def _remove(self, key: str) -> None:
        if self._records.pop(key, None) is not None:
            self._on_change(key, None)

    def _apply(self, key: str, value: bytes | None, revision: int | None) -> None:
        self._revision = max(self._revision, revision or 0)
        kind = _KINDS.get(key.split(".", 1)[0])
        if kind is None or not value:
            return
        try:
            record = kind.model_validate(json.loads(value))
        except ValueError:
            log.error("config.unreadable", key=key)
            return
        known: Any = self._records.get(key)
        if known is not None and known.version > record.version:  # type: ignore[attr-defined]
            return
        self._records[key] = record
        self._on_change(key, record)
